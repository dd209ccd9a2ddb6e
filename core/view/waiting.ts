// What a task waits for, in words: each sentence stands here once, for the API, the board and the pages. Pure.

import { labelsText } from "../domain/labels.ts";
import { type Blocker, isBlockedByFailure, type Obstacle } from "../domain/plan.ts";
import { dueInMs } from "../domain/retry.ts";
import type { DependencyStatus, Task } from "../domain/task.ts";

export const planWaits = "Its plan waits for approval";

/** Why a worker that drains starts nothing. */
export const drainWords = "this worker finishes what it runs and claims nothing more until it is resumed";

/**
 * What a pending task waits for now, in one sentence.
 * @param obstacle why it cannot start here; null when it can
 * @param pause why nothing at all is started; null when things are
 * @param position 1 = the next to start; null when it could not start now
 * @param slots how many runs there may be at once, and how many more there may be now
 * @param others whether another living worker could run it, in time
 */
export function waitingSentence({ obstacle, pause, position, slots, others }: {
  obstacle: Obstacle | null;
  pause: string | null;
  position: number | null;
  slots: { free: number; total: number };
  others: boolean;
}): string {
  if (obstacle) return obstacleSentence(obstacle, { others });
  if (slots.total === 0) {
    return others
      ? "Waits for another worker: this one is a door without agents"
      : "No living worker runs agents: this one is a door without any";
  }
  if (pause) return `Dispatch is paused: ${pause}`;
  if (slots.free > 0) return "Starting";
  const busy = busyWords(slots.total);
  return position === 1 ? `Next; ${busy.toLowerCase()}` : busy;
}

/** What all that could start wait for. */
export function busyWords(slots: number): string {
  if (slots === 1) return "The only slot is busy";
  return slots === 2 ? "Both slots are busy" : `All ${slots} slots are busy`;
}

function endWords(status: string): string {
  return status === "failed" ? "failed" : `is ${status}`;
}

/** One sentence for an obstacle, with dependencies by their number. `others`: as for `waitingSentence`. */
export function obstacleSentence(obstacle: Obstacle, { others = false }: { others?: boolean } = {}): string {
  switch (obstacle.kind) {
    case "cancelling":
      return "Being cancelled";
    case "dependencies": {
      const failed = obstacle.blocked_by.filter((one) => isBlockedByFailure([one]));
      if (failed.length > 0) {
        return `After ${failed.map(({ id, status }) => `#${id}, which ${endWords(status)}`).join("; ")}`;
      }
      return `After ${obstacle.blocked_by.map(({ id, status }) => `#${id}${landingWords(status)}`).join(", ")}`;
    }
    case "due":
      return nextAttemptAt(obstacle.due_at);
    case "repository":
      return others
        ? `Waits for a worker with the repository ${obstacle.repo}`
        : `No worker here has the repository ${obstacle.repo}`;
    case "labels": {
      const wanted = labelsText(obstacle.labels);
      return others ? `Waits for a worker with ${wanted}` : `No living worker has ${wanted}`;
    }
    case "paused_repository":
      return `Repository ${obstacle.repo} is paused: ${obstacle.reason}`;
    case "elsewhere": {
      const { worker, name, base, isGone } = obstacle;
      const what = base === undefined ? "its work" : `the work of #${base}`;
      return `Waits for ${name ?? `worker ${worker.slice(0, 8)}`}, which has ${what}${isGone ? " and is away" : ""}`;
    }
  }
}

/** A dependency that lands by itself is met once it has landed. */
function landingWords(status: DependencyStatus): string {
  if (status === "landing") return ", which is landing";
  return status === "in_review" ? ", which waits for its review" : "";
}

/** What held back a pending task at a moment of the past, as far as its own facts tell. */
export function waitedSentence(task: Task, dependencies: Blocker[]): string {
  if (task.cancel_requested) return "It was being cancelled";
  const open = dependencies.filter(({ status }) => status !== "completed");
  if (open.length > 0) {
    return `After ${open.map(({ id, status }) => `#${id} (${status.replace("_", " ")})`).join(", ")}`;
  }
  if (task.due_at !== null && dueInMs(task.due_at, Date.parse(task.updated_at)) > 0) return nextAttemptAt(task.due_at);
  return "It could start and waited for a free slot";
}

/** What a card of a pending task says beside its icon: shorter than the sentence, and current to the second. */
export type WaitingWord = { kind: "blocked" | "after" | "due" | "queued"; word: string };

/** @param words a time to come in words, from milliseconds */
export function waitingWord(
  task: { blocked_by: Blocker[]; due_at: string | null; queue_position: number | null },
  { now, words }: { now: number; words: (ms: number) => string },
): WaitingWord {
  if (isBlockedByFailure(task.blocked_by)) return { kind: "blocked", word: "Blocked" };
  if (task.blocked_by.length > 0) return { kind: "after", word: afterWords(task.blocked_by) };
  const due = dueInMs(task.due_at, now);
  // Rounded up, so that the last second reads as one.
  if (due > 0) return { kind: "due", word: `Next attempt in ${words(due + 999)}` };
  return { kind: "queued", word: task.queue_position === 1 ? "Next" : "Queued" };
}

function afterWords(blocked_by: Blocker[]): string {
  return `After ${blocked_by.map(({ id }) => `#${id}`).join(", ")}`;
}

function nextAttemptAt(due_at: string): string {
  return `Next attempt at ${due_at}`;
}
