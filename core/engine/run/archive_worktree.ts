// The end of a task that does not stay: its work is saved under a ref, worktree and branch are removed, and only then the
// task retries, fails or is cancelled. Every step is an event, and each can be repeated after a crash.

import { messageOf } from "../../domain/error.ts";
import type { NewEvent } from "../../domain/event.ts";
import { branchPrefix } from "../../domain/slug.ts";
import { isOver, type Task, type TaskPlace } from "../../domain/task.ts";
import { handleCommand } from "../handle_command.ts";
import type { EngineContext } from "../context.ts";
import { giveWork } from "../exchange/give_work.ts";
import { cleanUp } from "./clean_up.ts";

/**
 * Archives what the last run of task `id` left: its work goes under a ref, its worktree and branch are removed, and the task is
 * settled as failed, cancelled or ready to retry. What cannot be saved is kept, and the log says so. The repository's cleanup
 * comes first; when `signal` aborts meanwhile, all waits for another time.
 * @returns false when there was nothing to archive
 * @throws `DomainError("fenced")` when another run of the task began meanwhile
 */
export async function archiveWorktree(
  context: EngineContext,
  id: number,
  { signal }: { signal: AbortSignal },
): Promise<boolean> {
  const { store, worker } = context;
  const task = await store.log.head(id);
  if (!task || task.run || isOver(task.status) || !(task.ending || task.cancel_requested)) return false;
  const by = `${worker.name}/${task.epoch}`;
  const holder = task.place?.worker;
  const write = (events: NewEvent[]) =>
    handleCommand(context, id, { type: "archive_worktree", holder, events }, { by, until: "written" });
  if (task.place?.present) {
    if (!await cleanUp(context, task, task.place, { write, signal })) return true;
    const reason = task.cancel_requested ? "cancelled" : task.ending?.outcome ?? "ended";
    await saveAndRemove(context, task, task.place, { run: task.ending?.run ?? task.epoch, reason, write });
  } else if (task.epoch > 0) await removeHalfMade(context, task);
  await handleCommand(context, id, { type: "settle" }, { by, until: "written" });
  return true;
}

/** A run that was cut short may have begun a worktree that no event knows. What cannot be removed holds nobody up. */
async function removeHalfMade({ worktrees, warn }: EngineContext, { id, repo }: Task): Promise<void> {
  try {
    await worktrees.sweep(repo, { task: id, prefix: branchPrefix(id) });
  } catch (error) {
    warn(`Cannot remove what may be left half-made of task ${id}`, error);
  }
}

/** Saves what a place holds under a ref of `run`, then removes it. What cannot be saved is kept, and the log says so. */
export async function saveAndRemove(
  context: EngineContext,
  task: Task,
  place: TaskPlace,
  { run, reason, write }: { run: number; reason: string; write: (events: NewEvent[]) => Promise<unknown> },
): Promise<void> {
  const { worktrees, warn } = context;
  const { path, branch } = place;
  try {
    if (task.aside) await worktrees.bringBack(place, task.aside, { task: task.id });
    const snapshot = await worktrees.snapshot(place, { task: task.id, run });
    const { ref, commit } = snapshot;
    await write([
      { type: "worktree.snapshotted", data: { ...snapshot, run } },
      { type: "work.saved", data: { name: `run-${run}`, ref, commit } },
    ]);
    // Nothing goes before the others can have it: what could not be given stays until it could.
    if (!await giveWork(context, task, place, { content: commit, write })) {
      throw new Error("The exchange does not have it yet; it goes once that has");
    }
    await worktrees.remove(place);
    await write([{ type: "worktree.removed", data: { path, branch, reason } }]);
  } catch (error) {
    // What could not be saved is not removed, and the log says so.
    warn(`Cannot put away the worktree of task ${task.id}`, error, { task: task.id, run });
    await write([{ type: "worktree.kept", data: { path, branch, reason: messageOf(error) } }]);
  }
}
