// The fold: what each event changes of its task.
//
// The browser folds with the same `evolve`, so nothing here may touch a clock, I/O or a library.

import { type BackgroundTask, type StepSubject, type TaskEvent, type TaskEventOf, versionOf } from "./event.ts";
import { changeByReview, sentWith } from "./evolve_review.ts";
import { excerpt, step } from "./excerpt.ts";
import {
  addUsage,
  backgroundWords,
  isOver,
  largerUsage,
  lessSure,
  type OpenRun,
  type Status,
  type StepFact,
  type Task,
} from "./task.ts";

/** The task after `event`. Pure and total: an unknown type or a newer version changes `seq` and `updated_at` only. */
export function evolve(task: Task, event: TaskEvent): Task {
  return evolveAll(task, [event]);
}

/** The task after all `events`, as `evolve` one by one, with one copy of the task for all of them. */
export function evolveAll(task: Task, events: Iterable<TaskEvent>): Task {
  const after = { ...task };
  for (const event of events) {
    if (event.v <= versionOf(event.type)) Object.assign(after, changeOf(after, event));
    after.seq = event.seq;
    after.updated_at = event.at;
  }
  return after;
}

/** What a person, the rules and a task's end change. */
function changeOf(task: Task, event: TaskEvent): Partial<Task> {
  switch (event.type) {
    case "task.created": {
      const { prompt, ...spec } = event.data;
      return { ...spec, id: event.task, prompt: excerpt(prompt, event.seq), created_at: event.at };
    }
    case "task.edited": {
      const { prompt, ...changes } = event.data;
      return {
        ...changes,
        ...(prompt !== undefined && { prompt: excerpt(prompt, event.seq) }),
        // Only an approval makes a plan binding, not a change of mode.
        ...(changes.mode !== undefined && changes.mode !== task.mode && { plan: null }),
      };
    }
    case "task.cancel_requested":
      return { cancel_requested: true };
    case "plan.approved":
      return {
        status: "pending",
        mode: "execute",
        next: { kind: "resume", because: "approved", seq: event.seq },
      };
    case "plan.rejected":
      return {
        status: "pending",
        next: { kind: "resume", because: "rejected", seq: event.seq },
        ...sentWith(task, { ids: event.data.comments, seq: event.seq }),
      };
    case "message.added":
      return {
        messages: [...task.messages, event.seq],
        ...(isOver(task.status) && continued(task)),
        ...sentWith(task, { ids: event.data.comments, seq: event.seq }),
        ...goesOnWith(task, event),
      };
    case "message.sent":
      return { messages: task.messages.filter((seq) => seq !== event.data.message) };
    case "task.retry_scheduled":
      return {
        status: "pending",
        ending: null,
        cancel_requested: false,
        attempts: event.data.attempt - 1,
        interruptions: 0,
        due_at: event.data.due_at,
        completed_at: null,
        next: { kind: "fresh" },
        session_id: null,
        output: null,
        review: null,
        merge: null,
        ...(event.data.attempt === 1 ? anew(task) : { plan: task.mode === "execute" ? task.plan : null }),
      };
    case "task.completed":
      return {
        ...over("completed", event),
        output: excerpt(event.data.output, event.seq),
        error: null,
        review: event.data.review ? "open" : null,
        // Its landing, in the same commit, says so anew.
        lands_itself: false,
      };
    case "task.failed":
      // A long error is whole in `run.finished` only, and the head already points there.
      return {
        ...over("failed", event),
        error: task.error && !task.error.whole ? task.error : excerpt(event.data.error, event.seq),
      };
    case "task.cancelled":
      return over("cancelled", event);
    default:
      return changeByRun(task, event);
  }
}

type LifeType =
  | "task.created"
  | "task.edited"
  | "task.cancel_requested"
  | "plan.approved"
  | "plan.rejected"
  | "message.added"
  | "message.sent"
  | "task.retry_scheduled"
  | "task.completed"
  | "task.failed"
  | "task.cancelled";

/** What becomes of the run and its place. */
function changeByRun(task: Task, event: Exclude<TaskEvent, { type: LifeType }>): Partial<Task> {
  switch (event.type) {
    case "run.claimed":
      return claimed(task, event);
    case "worktree.added": {
      const { branch, path, base, base_commit, worker, restored, port } = event.data;
      const target = event.data.target ?? (restored === undefined ? undefined : task.place?.target);
      return {
        place: {
          ...{ repo: task.repo, branch, path, base, base_commit, worker, present: true, ready: false },
          ...(target !== undefined && { target }),
        },
        snapshot: null,
        ...(port !== undefined && { port }),
        // What was set aside belongs to the worktree that is there again, not to a new one.
        aside: restored === undefined ? null : task.aside,
      };
    }
    case "worktree.moved":
      return { place: task.place && { ...task.place, path: event.data.path, worker: event.data.worker } };
    case "run.started":
      return {
        session_id: event.data.session_id,
        session_total: event.data.session_id === task.session_id ? task.session_total : null,
        agent: event.data.agent,
        run: task.run && { ...task.run, pid: event.data.pid, started_at: event.at },
      };
    case "work.strayed":
      return { strayed: event.data.found };
    case "run.finished":
      return finished(task, event);
    case "worktree.snapshotted":
      return {
        snapshot: { ref: event.data.ref, commit: event.data.commit, run: event.data.run },
      };
    case "worktree.removed": {
      const { commit } = event.data;
      return {
        place: task.place && { ...task.place, present: false },
        ...(commit !== undefined && { snapshot: { ref: commit, commit, run: task.epoch } }),
      };
    }
    case "worktree.kept": {
      if (task.place?.path !== event.data.path) return {};
      const isToGo = task.review === "landed" || task.review === "discarded";
      return { place: { ...task.place, present: true, ...(isToGo && { kept: true }) } };
    }
    case "snapshot.removed":
      return task.snapshot?.ref === event.data.ref ? { snapshot: null } : {};
    default:
      return changeByStep(task, event);
  }
}

type RunType =
  | "run.claimed"
  | "worktree.added"
  | "worktree.moved"
  | "run.started"
  | "work.strayed"
  | "run.finished"
  | "worktree.snapshotted"
  | "worktree.removed"
  | "worktree.kept"
  | "snapshot.removed";

/** What the repository's own commands do, and what their run tells its agent. */
function changeByStep(task: Task, event: Exclude<TaskEvent, { type: LifeType | RunType }>): Partial<Task> {
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
  event: Exclude<TaskEvent, { type: LifeType | RunType | StepType }>,
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

function claimed(task: Task, event: TaskEventOf<"run.claimed">): Partial<Task> {
  return {
    status: "in_progress",
    epoch: event.data.epoch,
    attempts: event.data.attempt,
    due_at: null,
    error: null,
    claimed_seq: event.seq,
    completed_at: null,
    usage_before: task.usage,
    started_at: task.started_at ?? event.at,
    last_step: null,
    strayed: [],
    last_check: null,
    run: {
      epoch: event.data.epoch,
      worker: event.data.worker,
      mark: event.data.mark,
      attempt: event.data.attempt,
      claimed_at: event.at,
      started_at: null,
      pid: null,
      step: null,
      spoke: false,
      background: [],
      asked: false,
      counted: 0,
      estimated_cost_usd: 0,
    },
  };
}

function finished(task: Task, event: Extract<TaskEvent, { type: "run.finished" }>): Partial<Task> {
  const { outcome, then, uncounted, usage, cost_usd, error, lines_added, lines_removed } = event.data;
  const { cost_basis = "reported", session_total } = event.data;
  // An attempt is a fresh start. One that was interrupted before its session existed did not take place.
  const interrupted = outcome === "lost" || outcome === "shutdown" || outcome === "paused";
  const shared: Partial<Task> = {
    run: null,
    outcome,
    // The agent's own account misses a turn that was cut short; what was counted misses output. The larger is nearer.
    usage: usage ? largerUsage(task.usage, addUsage(task.usage_before, usage)) : task.usage,
    cost_usd: task.cost_usd + cost_usd,
    cost_basis: lessSure(task.cost_basis, cost_basis),
    session_total: session_total ?? task.session_total,
    error: error === null ? null : excerpt(error, event.seq),
    lines_added: lines_added ?? task.lines_added,
    lines_removed: lines_removed ?? task.lines_removed,
    attempts: interrupted && task.next.kind === "fresh" ? Math.max(0, task.attempts - 1) : task.attempts,
    interruptions: outcome === "lost" && !uncounted ? task.interruptions + 1 : task.interruptions,
  };
  switch (then) {
    case "complete":
      // `task.completed` is in the same commit; until it is folded the task is still being worked on.
      return shared;
    case "approve":
      return { ...shared, status: "awaiting_approval" };
    case "resume":
      return {
        ...shared,
        status: "pending",
        next: outcome === "succeeded" ? { kind: "resume", because: "message", seq: null } : task.next,
      };
    case "settle":
      return { ...shared, ending: { outcome, run: event.run ?? task.epoch } };
  }
}

/** A finished life: what every terminal event and every return to the queue has in common. */
function over(status: Status, event: TaskEvent): Partial<Task> {
  return { status, ending: null, cancel_requested: false, due_at: null, completed_at: event.at };
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

/** A task that was over goes on: where its work is saved, or from the start when there was none yet. */
function continued(task: Task): Partial<Task> {
  // One that a retry is to make anew, from a base that is not resolved yet, is none to go on in.
  const hasPlace = Boolean(task.place?.base_commit) && (task.place!.present || task.snapshot !== null);
  const ended = task.status === "completed" ? undefined : endedWords(task);
  return {
    status: "pending",
    completed_at: null,
    review: null,
    next: hasPlace
      ? { kind: "resume", because: "message", seq: null, ...(ended !== undefined && { ended }) }
      : { kind: "fresh" },
    // What never had a place begins its attempts.
    ...(!hasPlace && { attempts: 0 }),
  };
}

/** What is to be merged first; how often in a row that was nobody's wish. */
function goesOnWith({ solved }: Task, { by, data }: TaskEventOf<"message.added">): Partial<Task> {
  if (!data.resolve) return { solved: 0 };
  const isAsked = by === "api" || by === "ui";
  // A rebase is the agent's own work.
  const merge = data.resolve.method === "rebase" ? null : data.resolve;
  return { merge, solved: isAsked ? 0 : solved + 1 };
}

/** `cancelled`, or how it failed: `timed_out: Time limit of 60 s reached`. */
function endedWords({ status, outcome, error }: Task): string {
  const how = status === "cancelled" ? "cancelled" : outcome ?? status;
  return status === "cancelled" || error === null ? how : `${how}: ${error.text}`;
}

/** A person asked for a new life: nothing of the old one holds, the approval of its plan neither. */
function anew(task: Task): Partial<Task> {
  return {
    error: null,
    plan: null,
    mode: task.plan ? "plan" : task.mode,
    place: task.place && { ...task.place, base_commit: "" },
  };
}

/** What a person should know of the background; null: nothing works there. */
function backgroundStep({ tasks, waiting }: { tasks: BackgroundTask[]; waiting: boolean }): string | null {
  if (tasks.length === 0) return null;
  return step(`${waiting ? "Waits for background work" : "In the background"}: ${backgroundWords(tasks)}`);
}
