// The words for what the rules refuse.

import { DomainError } from "./error.ts";
import type { Status, Task } from "./task.ts";

export const inWords: Record<Status, string> = {
  pending: "pending",
  in_progress: "in progress",
  awaiting_approval: "awaiting approval",
  completed: "completed",
  failed: "failed",
  cancelled: "cancelled",
};

/** `Cannot edit task 12: it is completed; only a pending task can be edited`. */
export function refuse(action: string, task: Task, hint?: string): never {
  const state = task.cancel_requested ? "being cancelled" : inWords[task.status];
  throw new DomainError("conflict", `Cannot ${action} task ${task.id}: it is ${state}${hint ? `; ${hint}` : ""}`);
}
