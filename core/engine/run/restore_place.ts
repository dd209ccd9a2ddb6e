// A task that goes on in its worktree finds it as it left it, also when a person removed the folder meanwhile: its branch is
// put back at the same path, for the session knows no other. Where nothing is left to put back, a follow-up is refused.

import { DomainError } from "../../domain/error.ts";
import { refuseImported } from "../../domain/refusal.ts";
import { isOver, type Task, type TaskPlace } from "../../domain/task.ts";
import { type EngineContext, isOurs } from "../context.ts";

/** Before a follow-up to a task that is over: throws `DomainError("conflict")` when its worktree is gone for good. */
export async function requirePlace(context: EngineContext, task: Task | null): Promise<void> {
  if (task) refuseImported(task);
  const place = task?.place;
  // What is on another worker's disk, that one knows.
  if (!task || !isOver(task.status) || !place || !isOurs(context, place.worker)) return;
  const lack = await context.worktrees.whyNotRestorable(place, { commit: task.snapshot?.commit ?? null });
  if (lack === null) return;
  throw new DomainError("conflict", `Cannot send a message to task ${task.id}: ${lack}; retry it instead`);
}

/** Where a task goes on. */
export interface PlaceToGoOnIn {
  place: TaskPlace;
  /** It was put back at this commit. */
  restored: { commit: string; kept: string[] } | null;
  /** Where it was when the log last spoke of it, if it is elsewhere now. */
  movedFrom: string | null;
}

/**
 * The place of a task that goes on, whole or put back; null when it must begin anew. Throws `DomainError("invalid")` when a
 * follow-up has nothing to follow.
 */
export async function placeToGoOnIn(
  context: EngineContext,
  { id, place, next, snapshot }: Task,
): Promise<PlaceToGoOnIn | null> {
  const { worktrees, worker } = context;
  if (next.kind !== "resume" || !place || !isOurs(context, place.worker)) return null;
  if (place.present && await worktrees.isWhole(place)) {
    const path = await worktrees.pathOf(place);
    if (path === place.path) return { place, restored: null, movedFrom: null };
    return { place: { ...place, path, worker: worker.id }, restored: null, movedFrom: place.path };
  }
  try {
    const restored = await worktrees.restore(place, { task: id, commit: snapshot?.commit ?? null });
    return { place: { ...place, present: true, worker: worker.id }, restored, movedFrom: null };
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "conflict")) throw error;
    if (next.because !== "message") return null;
    throw new DomainError("invalid", `Cannot go on with task ${id}: ${error.message}`, { cause: error });
  }
}
