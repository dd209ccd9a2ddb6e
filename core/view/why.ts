// Why a task is not running, or why it was started when it was: the recorded decision in words. Pure.

import type { ClaimReason } from "../domain/event.ts";
import type { Status, Task } from "../domain/task.ts";
import { planWaits, waitedSentence } from "./waiting.ts";

export interface WhyClaim extends ClaimReason {
  run: number;
  attempt: number;
  worker: string;
  at: string;
}

export interface Dependency {
  id: number;
  status: Status;
  completed_at: string | null;
}

/** `GET /api/tasks/{id}/why`. */
export interface Why {
  task: number;
  /** The event after which this is the answer. */
  seq: number;
  at: string;
  status: Status;
  /** One sentence. */
  reason: string;
  /** The decision that started its last run, or null when it never ran. */
  claim: WhyClaim | null;
  /** What it depends on, as it stood at that moment. */
  dependencies: Dependency[];
}

/** `waiting` is what the board says of a task that waits now; null for a moment of the past. */
export function whyOf(task: Task, { claim, dependencies, waiting }: {
  claim: WhyClaim | null;
  dependencies: Dependency[];
  waiting: string | null;
}): Why {
  const reason = sentence(task, { claim, dependencies, waiting });
  return { task: task.id, seq: task.seq, at: task.updated_at, status: task.status, reason, claim, dependencies };
}

function sentence(task: Task, { claim, dependencies, waiting }: {
  claim: WhyClaim | null;
  dependencies: Dependency[];
  waiting: string | null;
}): string {
  switch (task.status) {
    case "in_progress":
      if (!task.run) return "Its run is over; its worktree is being put away";
      return claim ? startedBecause(task, claim, dependencies) : "It is running";
    case "pending":
      return waiting ?? waitedSentence(task, dependencies);
    case "awaiting_approval":
      return task.cancel_requested ? "It is being cancelled" : planWaits;
    case "completed":
      return "It is completed";
    case "failed":
      return `It failed${task.outcome ? ` (${task.outcome.replace("_", " ")})` : ""}${
        task.error ? `: ${task.error.text}` : ""
      }`;
    case "cancelled":
      return "It was cancelled";
  }
}

function startedBecause(task: Task, claim: WhyClaim, dependencies: Dependency[]): string {
  const rank = claim.count === 1
    ? "it was the only task that could start"
    : `it was number ${claim.rank} of ${claim.count} tasks that could start`;
  const slots = `${claim.free_slots} ${claim.free_slots === 1 ? "slot was" : "slots were"} free`;
  const last = dependencies.filter(({ completed_at }) => completed_at !== null && completed_at <= claim.at)
    .sort((a, b) => a.completed_at! < b.completed_at! ? 1 : -1)[0];
  const after = last && last.completed_at! > task.created_at ? `; it had waited for #${last.id}` : "";
  return `Started because ${rank} and ${slots}${after}`;
}
