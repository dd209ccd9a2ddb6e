// The stages of a task's life at one moment: created, claimed, worktree, running, finished, each with its time. Pure.

import type { TaskEvent, TaskEventOf } from "../../core/domain/event.ts";
import { isOver } from "../../core/domain/task.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { stateOf, type Tone } from "../state/task_state.ts";

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

/** @param events what `stageEvents` gave; those after `task.seq` are not looked at */
export function stagesOf(task: TaskView, { events, now }: { events: TaskEvent[]; now: number }): Stage[] {
  const last = <T extends TaskEvent["type"]>(type: T, run?: number): TaskEventOf<T> | null => {
    for (let index = events.length - 1; index >= 0; index--) {
      const event = events[index];
      if (!event || event.seq > task.seq || event.type !== type) continue;
      if (run === undefined || event.run === run) return event as TaskEventOf<T>;
    }
    return null;
  };
  const claimed = last("run.claimed");
  const worktree = last("worktree.added");
  const started = claimed ? last("run.started", claimed.run) : last("run.started");
  const finished = claimed ? last("run.finished", claimed.run) : last("run.finished");
  const state = stateOf(task, now);
  /** When a command of the open run began that has not ended. */
  const openStep = (name: "setup" | "check"): string | null => {
    if (task.status !== "in_progress" || !claimed) return null;
    const began = last(`${name}.started`, claimed.run);
    const ended = last(`${name}.finished`, claimed.run);
    return began && (!ended || ended.seq < began.seq) ? began.at : null;
  };
  const past = (name: string, at: string | null, detail: string | null = null): Stage => {
    return { name, at, detail, phase: "past", tone: "done", ticking: false };
  };
  const next = (name: string): Stage => {
    return { name, at: null, detail: null, phase: "next", tone: "wait", ticking: false };
  };
  const ran = task.runs > 0;
  const stages: Stage[] = [past("Created", task.created_at)];

  if (task.status === "pending") {
    if (ran && finished) stages.push(past(`Run ${task.runs} ended`, finished.at));
    stages.push({ name: state.word, at: null, detail: task.waiting, phase: "now", tone: state.tone, ticking: false });
    return [...stages, next("Claimed"), next("Worktree"), next("Running"), next("Finished")];
  }
  if (ran) {
    const why = claimed?.data.why;
    const attempt = task.attempts > 1 ? `attempt ${task.attempts}` : null;
    const rank = why ? `rank ${why.rank} of ${why.count}` : null;
    stages.push(
      past("Claimed", claimed?.at ?? task.run_started_at, [rank, attempt].filter(Boolean).join(", ") || null),
    );
  }
  if (task.status === "in_progress" && !task.branch) {
    return [...stages, current("Preparing", claimed?.at ?? null), next("Running"), next("Finished")];
  }
  if (ran) stages.push(past("Worktree", worktree?.at ?? null));
  const setup = openStep("setup");
  if (setup) return [...stages, { ...current("Setup", setup), ticking: true }, next("Running"), next("Finished")];
  if (task.status === "in_progress") {
    const began = started?.at ?? task.run_started_at;
    const check = openStep("check");
    if (check) return [...stages, past("Ran", began), { ...current("Check", check), ticking: true }, next("Finished")];
    if (finished) return [...stages, past("Ran", began), current("Finishing", finished.at)];
    return [...stages, { ...current("Running", began), ticking: true }, next("Finished")];
  }
  if (ran && started) stages.push(past("Ran", started.at));
  const checked = claimed ? last("check.finished", claimed.run) : null;
  if (checked?.data.outcome === "passed") stages.push(past("Checked", checked.at));
  if (isOver(task.status)) {
    // A completed task goes on being completed while its work is judged.
    const [name, detail] = task.status === "completed" && task.review !== null
      ? ["Completed", state.word.toLowerCase()]
      : [state.word, null];
    return [...stages, { ...past(name, task.completed_at, detail), phase: "now", tone: state.tone }];
  }
  return [
    ...stages,
    { ...current(state.word, finished?.at ?? null), tone: state.tone },
    next("Running"),
    next("Finished"),
  ];
}

function current(name: string, at: string | null): Stage {
  return { name, at, detail: null, phase: "now", tone: "run", ticking: false };
}
