// The fold of what happens within a run: the repository's own commands, what its agent says, and what changes nothing.

import type { BackgroundTask, StepSubject, TaskEvent, TaskEventOf } from "./event.ts";
import { changeByReview, type ReviewEvent } from "./evolve_review.ts";
import { excerpt, step } from "./excerpt.ts";
import { addUsage, backgroundWords, type OpenRun, type StepFact, type Task } from "./task.ts";

/** What the repository's own commands do, and what their run tells its agent. */
export function changeByStep(task: Task, event: WithinEvent): Partial<Task> {
  if ((event.data as StepSubject | null)?.of === "landing") return landingStep(task, event.type);
  switch (event.type) {
    case "ports.reserved":
      return { port: event.data.first };
    case "setup.started":
      return { run: task.run && { ...task.run, step: "setup" }, last_step: step(`Setup: ${event.data.command}`) };
    case "setup.finished":
      return {
        run: task.run && { ...task.run, step: null },
        place: task.place && { ...task.place, ready: event.data.outcome === "passed" && !event.data.left },
        last_setup: stepFact(task, event),
      };
    case "check.started":
      return {
        run: task.run && { ...task.run, step: "check" },
        last_step: step(`Check: ${event.data.command}`),
        aside: event.data.aside ?? null,
      };
    case "check.finished":
      return {
        run: task.run && { ...task.run, step: null },
        last_check: { ...stepFact(task, event), commit: event.data.commit },
        aside: null,
      };
    case "followup.sent":
      return { last_step: event.data.because === "uncommitted" ? "Asked to commit" : "Told that the check failed" };
    case "files.included":
    case "setup.output":
    case "check.output":
    case "cleanup.started":
    case "cleanup.output":
    case "cleanup.finished":
      return {};
    default:
      return changeByAgent(task, event);
  }
}

/** A command that works on the result of a landing: nothing of the task's runs. */
function landingStep({ landing }: Task, type: string): Partial<Task> {
  const step = type === "setup.started" ? "setup" : type === "check.started" ? "check" : null;
  if (type.endsWith(".output")) return {};
  // What was integrated before lost a race: this is about another result.
  return { landing: landing && { ...landing, step, ...(step !== null && { integrated: null }) } };
}

type StepType =
  | "files.included"
  | "ports.reserved"
  | `${"setup" | "check" | "cleanup"}.${"started" | "output" | "finished"}`
  | "followup.sent";

function stepFact(task: Task, { seq, at, run, data }: TaskEventOf<"setup.finished" | "check.finished">): StepFact {
  return { seq, at, run: run ?? task.epoch, outcome: data.outcome, duration_ms: data.duration_ms };
}

/** What the agent says, and what changes nothing. */
function changeByAgent(
  task: Task,
  event: Exclude<WithinEvent, { type: StepType }>,
): Partial<Task> {
  switch (event.type) {
    case "agent.ready":
      // From here on the session exists, so an interrupted run can go on in it.
      return {
        session_id: event.data.session_id,
        next: { kind: "resume", because: "interrupted", seq: null },
        run: task.run && { ...task.run, asked: true },
      };
    case "output.text":
      return { ...spoken(task), last_step: step(event.data.text) || task.last_step };
    case "output.tool_use":
      return { ...spoken(task), last_step: step(`${event.data.name} ${event.data.summary}`) };
    case "output.thinking":
    case "output.tool_result":
      return spoken(task);
    case "usage.counted":
      return { usage: addUsage(task.usage, event.data), run: counted(task.run, event.data.estimated_cost_usd) };
    case "background.changed":
      return {
        run: task.run && { ...task.run, background: event.data.tasks },
        last_step: backgroundStep(event.data) ?? task.last_step,
      };
    case "plan.proposed":
      return { plan: excerpt(event.data.plan, event.seq), last_step: "Proposed a plan" };
    // Facts that change nothing of a task.
    case "output.notice":
    case "output.stderr":
    case "output.raw":
    case "raw_log.removed":
    case "service.started":
    case "service.stopped":
    case "service.paused":
    case "service.resumed":
    case "service.noticed":
      return {};
    default:
      return changeByReview(task, event);
  }
}

type AgentType =
  | "agent.ready"
  | "output.text"
  | "output.tool_use"
  | "output.thinking"
  | "output.tool_result"
  | "usage.counted"
  | "background.changed"
  | "plan.proposed"
  | "output.notice"
  | "output.stderr"
  | "output.raw"
  | "raw_log.removed"
  | "service.started"
  | "service.stopped"
  | "service.paused"
  | "service.resumed"
  | "service.noticed";

/** What happens within a run, and after it. */
type WithinEvent = Extract<TaskEvent, { type: StepType | AgentType }> | ReviewEvent;

function counted(run: OpenRun | null, usd: number | undefined): OpenRun | null {
  if (!run) return null;
  const before = run.estimated_cost_usd;
  return {
    ...run,
    counted: run.counted + 1,
    estimated_cost_usd: usd === undefined || before === null ? null : before + usd,
  };
}

function spoken(task: Task): Partial<Task> {
  if (!task.run || task.run.spoke) return {};
  return { run: { ...task.run, spoke: true }, interruptions: 0 };
}

/** What a person should know of the background; null: nothing works there. */
function backgroundStep({ tasks, waiting }: { tasks: BackgroundTask[]; waiting: boolean }): string | null {
  if (tasks.length === 0) return null;
  return step(`${waiting ? "Waits for background work" : "In the background"}: ${backgroundWords(tasks)}`);
}
