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

/** What another instance made can be read here: nothing works on it. */
export function refuseImported({ id, imported }: Task): void {
  if (imported === undefined) return;
  throw new DomainError("conflict", `Task ${id} was imported and can only be read: fork it to go on from there`);
}
