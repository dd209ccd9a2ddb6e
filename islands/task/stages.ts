// The stages of a task's life at one moment: created, claimed, worktree, running, finished, each with its time. Pure.

import type { TaskEvent, TaskEventOf } from "../../core/domain/event.ts";
import { isOver } from "../../core/domain/task.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { stateOf, type Tone } from "../../core/view/task_state.ts";

export interface Stage {
  name: string;
  at: string | null;
  detail: string | null;
  phase: "past" | "now" | "next";
  tone: Tone;
  /** When `now` counts the time since `at`. */
  ticking: boolean;
}

const stageTypes = new Set([
  "task.created",
  "run.claimed",
  "worktree.added",
  "worktree.removed",
  "run.started",
  "agent.ready",
  "setup.started",
  "setup.finished",
  "check.started",
  "check.finished",
  "run.finished",
]);

/** The known events that tell stages, in order and each once. */
export function stageEvents(known: TaskEvent[], more: Iterable<TaskEvent>): TaskEvent[] {
  const added = [...more].filter((event) => stageTypes.has(event.type) && !isOfLanding(event));
  if (added.length === 0) return known;
  const bySeq = new Map([...known, ...added].map((event) => [event.seq, event]));
  return [...bySeq.values()].sort((a, b) => a.seq - b.seq);
}

/** Whether setup or check is of a landing, which comes after the stages of a run. */
function isOfLanding({ data }: TaskEvent): boolean {
  return "of" in data && data.of === "landing";
}

/**
 * What has happened, in the order in which it happened, then what is and what is to come.
 * @param events what `stageEvents` gave; those after `task.seq` are not looked at
 */
export function stagesOf(task: TaskView, { events, now }: { events: TaskEvent[]; now: number }): Stage[] {
  const run = lastRun(task, events);
  const state = stateOf(task, now);
  const past = pastStages(task, run);

  if (task.status === "pending") {
    const waits = { ...current(state.word, null), detail: task.waiting, tone: state.tone };
    const ended = task.runs > 0 && run.finished ? [stage(`Run ${task.runs} ended`, run.finished.at)] : [];
    return [stage("Created", task.created_at), ...ended, waits, ...next("Claimed", "Worktree", "Running", "Finished")];
  }
  if (task.status === "in_progress") {
    const ended = run.finished?.at ?? greenSince(run.check);
    if (ended) return [...past, current("Finishing", ended), ...next("Finished")];
    const setup = openStep(run.setup);
    if (setup) return [...past, { ...current("Setup", setup), ticking: true }, ...next("Running", "Finished")];
    if (isPreparing(task, run)) {
      const since = run.setup.ended ?? run.worktree ?? run.claimed;
      return [...past, current("Preparing", since?.at ?? null), ...next("Running", "Finished")];
    }
    const check = openStep(run.check);
    if (check) return [...past, { ...current("Check", check), ticking: true }, ...next("Finished")];
    const began = run.started?.at ?? task.run_started_at;
    // Its start is what is shown as running.
    const before = past.filter(({ name }) => name !== "Ran");
    return [...before, { ...current("Running", began), ticking: true }, ...next("Finished")];
  }
  if (isOver(task.status)) {
    // A completed task goes on being completed while its work is judged.
    const [name, detail] = task.status === "completed" && task.review !== null
      ? ["Completed", state.word.toLowerCase()]
      : [state.word, null];
    return [...past, { ...stage(name, task.completed_at), detail, phase: "now", tone: state.tone }];
  }
  const waits = { ...current(state.word, run.finished?.at ?? null), tone: state.tone };
  return [...past, waits, ...next("Running", "Finished")];
}

/** Whether its agent is still to be started; what a later step tells stands for a start that is not among the known events. */
function isPreparing({ last_step }: TaskView, { started }: LastRun): boolean {
  return started === null && (last_step === null || last_step.startsWith("Setup: "));
}

/** What is known of the last run; events of an earlier one say nothing about it, but for the worktree that it goes on in. */
interface LastRun {
  claimed: TaskEventOf<"run.claimed"> | null;
  worktree: TaskEventOf<"worktree.added"> | null;
  /** Whether it goes on in the worktree of an earlier run. */
  goesOn: boolean;
  started: TaskEventOf<"run.started"> | null;
  finished: TaskEventOf<"run.finished"> | null;
  setup: StepEvents;
  check: StepEvents;
}

interface StepEvents {
  began: TaskEvent | null;
  ended: TaskEventOf<"setup.finished" | "check.finished"> | null;
}

function lastRun(task: TaskView, events: TaskEvent[]): LastRun {
  const known = events.filter(({ seq }) => seq <= task.seq);
  const last = <T extends TaskEvent["type"]>(type: T): TaskEventOf<T> | null =>
    known.findLast((event): event is TaskEventOf<T> => event.type === type && event.run === task.runs) ?? null;
  const place = known.findLast(({ type }) => type === "worktree.added" || type === "worktree.removed");
  const worktree = last("worktree.added");
  return {
    claimed: last("run.claimed"),
    worktree,
    // Once it was removed, only the run that made it has had it.
    goesOn: worktree === null && place?.type === "worktree.added",
    started: last("run.started"),
    finished: last("run.finished"),
    setup: { began: last("setup.started"), ended: last("setup.finished") },
    check: { began: last("check.started"), ended: last("check.finished") },
  };
}

function pastStages(task: TaskView, { claimed, worktree, goesOn, started, check }: LastRun): Stage[] {
  const stages = [stage("Created", task.created_at)];
  // Without a time: from when it was made to this claim is the time of earlier runs and of the queue.
  if (goesOn) stages.push({ ...stage("Worktree", null), detail: "kept" });
  if (task.runs > 0) {
    const why = claimed?.data.why;
    const attempt = task.attempts > 1 ? `attempt ${task.attempts}` : null;
    const rank = why ? `rank ${why.rank} of ${why.count}` : null;
    const detail = [rank, attempt].filter(Boolean).join(", ") || null;
    stages.push({ ...stage("Claimed", claimed?.at ?? task.run_started_at), detail });
  }
  if (worktree) stages.push(stage("Worktree", worktree.at));
  if (started) stages.push(stage("Ran", started.at));
  if (greenSince(check)) stages.push(stage("Checked", check.began?.at ?? null));
  return stages;
}

/** When a check ended that is the last one and passed. */
function greenSince(check: StepEvents): string | null {
  return check.ended?.data.outcome === "passed" && !openStep(check) ? check.ended.at : null;
}

/** When a command of the repository began that has not ended. */
function openStep({ began, ended }: StepEvents): string | null {
  return began && (!ended || ended.seq < began.seq) ? began.at : null;
}

function stage(name: string, at: string | null): Stage {
  return { name, at, detail: null, phase: "past", tone: "done", ticking: false };
}

function next(...names: string[]): Stage[] {
  return names.map((name) => ({ ...stage(name, null), phase: "next", tone: "wait" }));
}

function current(name: string, at: string | null): Stage {
  return { ...stage(name, at), phase: "now", tone: "run" };
}
