// What the merge queue goes by: what is to land, and what is to be put away once it has landed or was discarded. Pure.

import { isOver, type Task } from "./task.ts";

/** Kept small: it is the value of an index. */
export interface LandingEntry {
  id: number;
  repo: string;
  priority: number;
  /** The worker that has its worktree. */
  holder: string;
  /** Of its `landing.requested`; null: its worktree is to be put away. */
  landing: number | null;
}

/** Null: nothing is to be done with the task. */
export function landingEntry({ id, repo, priority, place, landing, review, status }: Task): LandingEntry | null {
  if (status !== "completed" || !place?.present) return null;
  const isToGo = (review === "landed" || review === "discarded") && !place.kept;
  if (landing === null && !isToGo) return null;
  return { id, repo, priority, holder: place.worker, landing: landing?.seq ?? null };
}

/** Whether nothing happens to a task by itself any more: it is over and not to land, or it goes on elsewhere. */
export function isAtEnd(task: Task): boolean {
  return task.imported !== undefined || (isOver(task.status) && landingEntry(task) === null);
}
