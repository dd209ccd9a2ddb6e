// The fold: what each event changes of its task.
//
// The browser folds with the same `evolve`, so nothing here may touch a clock, I/O or a library.

import { isAsked } from "./caller.ts";
import { type TaskEvent, type TaskEventOf, versionOf } from "./event.ts";
import { sentWith } from "./evolve_review.ts";
import { changeByStep } from "./evolve_step.ts";
import { excerpt } from "./excerpt.ts";
import { isOver, type Status, type Task } from "./task.ts";
import { addUsage, largerUsage, lessSure } from "./usage.ts";

/** The task after `event`. Pure and total: an unknown type or a newer version changes `seq` and `updated_at` only. */
export function evolve(task: Task, event: TaskEvent): Task {
  return evolveAll(task, [event]);
}

/** The task after all `events`, as `evolve` one by one, with one copy of the task for all of them. */
export function evolveAll(task: Task, events: Iterable<TaskEvent>): Task {
  const after = { ...task };
  for (const event of events) {
    const { status } = after;
    if (event.v <= versionOf(event.type)) Object.assign(after, changeOf(after, event));
    if (after.status === "pending" && status !== "pending") after.queued_at = event.at;
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
      return { ...spec, id: event.task, prompt: excerpt(prompt, event.seq), created_at: event.at, queued_at: event.at };
    }
    case "task.edited": {
      const { prompt, ...changes } = event.data;
      return {
        ...changes,
        ...(prompt !== undefined && { prompt: excerpt(prompt, event.seq) }),
        // Only an approval makes a plan binding, not a change of mode.
        ...(changes.mode !== undefined && changes.mode !== task.mode && { plan: null }),
        // Where it stood among the others says nothing of where it stands among these.
        ...(changes.priority !== undefined && changes.priority !== task.priority && { order: null }),
      };
    }
    case "task.moved":
      return { order: event.data.order };
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
        // Nobody reviews here what another instance made.
        review: event.data.review && task.imported === undefined ? "open" : null,
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
  | "task.moved"
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
      const { branch, path, base, base_commit, worker, worker_name, restored, port, from } = event.data;
      const goesOn = restored !== undefined || from !== undefined;
      const target = event.data.target ?? (goesOn ? task.place?.target : undefined);
      return {
        place: {
          ...{ repo: task.repo, branch, path, base, base_commit, worker, present: true, ready: false },
          ...(target !== undefined && { target }),
          ...(worker_name !== undefined && { worker_name }),
        },
        snapshot: null,
        ...(port !== undefined && { port }),
        // What was set aside belongs to the worktree that is there again, not to a new one.
        aside: goesOn ? task.aside : null,
        ...(!goesOn && { committed: null, exchanged: null }),
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
      queued_at: task.queued_at,
      due_at: task.due_at,
      ...(event.data.ready_at !== undefined && { ready_at: event.data.ready_at }),
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
  // A rebase is the agent's own work.
  const merge = data.resolve.method === "rebase" ? null : data.resolve;
  return { merge, solved: isAsked(by) ? 0 : solved + 1 };
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
