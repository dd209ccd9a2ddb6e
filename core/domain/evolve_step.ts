// The fold of what happens within a run: the repository's own commands, what its agent says, and what changes nothing.

import { withOutside, withSchedules } from "./automation.ts";
import type { BackgroundTask, StepSubject, TaskEvent, TaskEventOf } from "./event.ts";
import { changeByReview, type ReviewEvent } from "./evolve_review.ts";
import { excerpt, step } from "./excerpt.ts";
import { changedTodos } from "./todos.ts";
import { backgroundWords, type OpenRun, type StepFact, type Task } from "./task.ts";
import { addUsage } from "./usage.ts";

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
    case "sandbox.applied":
    case "git_folder.restored":
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
  if (!/\.(started|finished)$/.test(type)) return {};
  // What was integrated before lost a race: this is about another result.
  return { landing: landing && { ...landing, step, ...(step !== null && { integrated: null }) } };
}

type StepType =
  | "files.included"
  | "sandbox.applied"
  | "git_folder.restored"
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
        // Another session begins with an empty list.
        todos: event.data.session_id === task.session_id ? task.todos : [],
        next: { kind: "resume", because: "interrupted", seq: null },
        run: task.run && { ...task.run, asked: true, model: event.data.model },
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
    case "todos.changed":
      return { todos: changedTodos(task.todos, event.data) };
    case "background.changed":
      return {
        run: task.run && { ...task.run, background: event.data.tasks },
        last_step: backgroundStep(event.data) ?? task.last_step,
      };
    case "plan.proposed":
      return { plan: excerpt(event.data.plan, event.seq), last_step: "Proposed a plan" };
    case "run.silent":
      return { run: task.run && { ...task.run, silent_since: event.data.since } };
    case "repository.added":
      return { repositories: [...withoutRepository(task, event.data), event.data] };
    case "repository.removed":
      return { repositories: withoutRepository(task, event.data) };
    case "run.silence_ended":
      return { run: task.run && speaking(task.run) };
    case "schedule.created":
    case "schedule.changed":
    case "schedule.fired":
    case "schedule.held":
    case "schedule.skipped":
    case "schedule.deleted":
      return { automation: withSchedules(task.automation, event) };
    case "webhook.created":
    case "webhook.changed":
    case "webhook.ended":
    case "webhook.deleted":
    case "github.connected":
    case "github.disconnected":
      return { automation: withOutside(task.automation, event) };
    // Facts that change nothing of a task.
    case "output.notice":
    case "output.stderr":
    case "output.raw":
    case "raw_log.removed":
    case "service.started":
    case "service.stopped":
    case "service.paused":
    case "service.resumed":
    case "service.draining":
    case "service.slots_changed":
    case "service.noticed":
    case "token.created":
    case "token.revoked":
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
  | "todos.changed"
  | "background.changed"
  | "plan.proposed"
  | "run.silent"
  | "run.silence_ended"
  | "output.notice"
  | "output.stderr"
  | "output.raw"
  | "raw_log.removed"
  | "service.started"
  | "service.stopped"
  | "service.paused"
  | "service.resumed"
  | "service.draining"
  | "service.slots_changed"
  | "service.noticed"
  | "token.created"
  | "token.revoked"
  | "repository.added"
  | "repository.removed";

type AutomationType =
  | `schedule.${"created" | "changed" | "fired" | "held" | "skipped" | "deleted"}`
  | `webhook.${"created" | "changed" | "ended" | "deleted"}`
  | `github.${"connected" | "disconnected"}`;

/** What happens within a run, and after it. */
type WithinEvent = Extract<TaskEvent, { type: StepType | AgentType | AutomationType }> | ReviewEvent;

function withoutRepository({ repositories = [] }: Task, { worker, name }: { worker: string; name: string }) {
  return repositories.filter((one) => one.worker !== worker || one.name !== name);
}

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

function speaking({ silent_since: _, ...run }: OpenRun): OpenRun {
  return run;
}

/** What a person should know of the background; null: nothing works there. */
function backgroundStep({ tasks, waiting }: { tasks: BackgroundTask[]; waiting: boolean }): string | null {
  if (tasks.length === 0) return null;
  return step(`${waiting ? "Waits for background work" : "In the background"}: ${backgroundWords(tasks)}`);
}
