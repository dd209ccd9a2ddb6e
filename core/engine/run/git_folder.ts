// What a run, a cleanup or a landing's check changes in the git folder that all worktrees of its repository share, besides
// history, is put back after it, and the log says so.

import { DomainError, isFenced } from "../../domain/error.ts";
import type { EventData, NewEvent, StepSubject } from "../../domain/event.ts";
import type { FolderChanges, FolderWork, Place } from "../../process/git/worktrees.ts";
import type { EngineContext } from "../context.ts";
import { handleCommand } from "../handle_command.ts";
import type { RunScope } from "./run_scope.ts";

/** Into the log of a run, or of its task where that is over. */
export async function recordRestored({ context, task, log }: RunScope, events: NewEvent[]): Promise<void> {
  await log.record(...events).catch(async (error) => {
    if (!isFenced(error)) throw error;
    await recordAfterwards(context, task.id, events);
  });
}

interface GuardOptions extends FolderWork, StepSubject {
  /** Into the log of the task. */
  write(events: NewEvent[]): Promise<unknown>;
}

/** Looks before anything works in a place; what it returns compares, when nothing of that is alive, and never rejects. */
export async function guardGitFolder(
  context: EngineContext,
  place: Place,
  { of, write, ...work }: GuardOptions,
): Promise<() => Promise<void>> {
  const { worktrees, warn } = context;
  const file = guardFile(context, work);
  const guard = await worktrees.guardFolder(place, { file });
  return async () => {
    try {
      const found = await worktrees.restoreFolder(place, guard, work);
      if (found.count > 0) await write([restored({ ...found, ...(of && { of }) })]);
    } catch (error) {
      // Whoever has the run now did not see the folder as it was before.
      if (!isFenced(error)) warn(cannotCompare(work), error, aboutOf(work));
    }
    // Only now: a service that is killed before finds what was undone once more, and tells it.
    await forgetGuard(context, work);
  };
}

/**
 * For work whose service was killed: what it had changed is put back. Null: nothing was noted before it, or nothing changed. What
 * was noted stays until `forgetGuard`, so that it is not lost before the log has what was found.
 */
export async function restoreAfterLoss(
  context: EngineContext,
  place: Place,
  work: FolderWork,
): Promise<FolderChanges | null> {
  const file = guardFile(context, work);
  if (file === undefined) return null;
  try {
    const found = await context.worktrees.restoreFolder(place, { file }, work);
    return found.count > 0 ? found : null;
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "not_found")) {
      context.warn(cannotCompare(work), error, aboutOf(work));
    }
    return null;
  }
}

/** Removes what was noted of the git folder before some work: it is compared, or will never be. */
export async function forgetGuard(context: EngineContext, work: FolderWork): Promise<void> {
  const file = guardFile(context, work);
  if (file !== undefined) await Deno.remove(file).catch(() => {/* it is gone */});
}

/**
 * After a kill, when its runs are closed and before anything works: what a cleanup or a landing's check had changed is put back.
 * Nothing stays but of runs that are open; what is noted of older ones may hide a person's changes since. Never rejects.
 */
export async function sweepGuards(context: EngineContext): Promise<void> {
  const { settings: { guards }, store, warn } = context;
  if (guards === undefined) return;
  try {
    for (const { name } of await Array.fromAsync(Deno.readDir(guards))) {
      const work = workOf(name);
      if (work === null) continue;
      const head = await store.log.head(work.task);
      if (work.during === undefined && head?.run?.epoch === work.run) continue;
      const found = work.during && head?.place ? await restoreAfterLoss(context, head.place, work) : null;
      if (found) await recordAfterwards(context, work.task, [restored(found)]);
      await Deno.remove(`${guards}/${name}`);
    }
  } catch (error) {
    warn(`Cannot tidy up ${guards}`, error);
  }
}

/** Writes what was found when the work itself is over in the log; nothing when the next run of the task is open. */
export async function recordAfterwards(context: EngineContext, task: number, events: NewEvent[]): Promise<void> {
  const options = { by: context.worker.name, until: "written" } as const;
  await handleCommand(context, task, { type: "archive_worktree", events }, options).catch((error) => {
    if (!isFenced(error)) throw error;
  });
}

function restored(data: EventData["git_folder.restored"]): NewEvent {
  return { type: "git_folder.restored", data };
}

function guardFile({ settings }: EngineContext, { task, run, during }: FolderWork): string | undefined {
  const name = during === undefined ? `${run}` : `${run}-${during}`;
  return settings.guards && `${settings.guards}/task-${task}-run-${name}.json`;
}

/** Whose file it is; also one that was being written. */
function workOf(name: string): FolderWork | null {
  const [, task, run, during] = /^task-(\d+)-run-(\d+)(?:-([a-z]+-\d+))?\.json(?:\.new)?$/.exec(name) ?? [];
  return task === undefined ? null : { task: Number(task), run: Number(run), during };
}

function cannotCompare({ task }: FolderWork): string {
  return `Cannot compare the git folder of task ${task} with how it was`;
}

function aboutOf({ task, run }: FolderWork) {
  return { task, run };
}
