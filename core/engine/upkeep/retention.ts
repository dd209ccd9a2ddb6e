// What finished tasks leave behind is removed once their end is long past: a completed task's worktree and branch, when
// others have its commits and nothing in it is uncommitted; the refs that saved the work of runs; raw logs. Never an event,
// and never a branch that nobody merged. Runs only when `CODER_RETENTION_DAYS` is set.
//
// Each removal is an event, written first: from then on a message to the task is refused instead of meeting a worktree that
// is going. After a crash between event and removal the next sweep removes it: a worktree by the note it kept of it, the rest
// because it remembers how far it came only after a removal. Removing twice is the same as once.
//
// A sweep costs what it removes: worktrees are found by the index of those that still stand, refs and logs by the ends of
// tasks in order, from where the last sweep stopped.

import { messageOf } from "../../domain/error.ts";
import type { NewEvent, TaskEventOf } from "../../domain/event.ts";
import { isOver, type Task, type TaskPlace } from "../../domain/task.ts";
import type { Snapshot, WorktreeUpkeep } from "../../process/git/worktrees.ts";
import { type EngineContext, isOurs } from "../context.ts";
import { handleCommand } from "../handle_command.ts";

export interface Retention {
  /** Removes a bounded number of what is due. Never throws. */
  sweep(): Promise<void>;
}

const dayMs = 24 * 3_600_000;
/** Tasks per sweep. */
const lookedAt = 100;
const removedAtMost = 20;

export function retention(
  context: EngineContext,
  { upkeep, days }: { upkeep: WorktreeUpkeep; days: number },
): Retention {
  const { store, clock, settings, worker, warn } = context;
  const reason = `finished more than ${days} days ago`;
  /** The last standing worktree that was looked at; those that stay must not keep others from their turn. */
  let lastStanding = 0;

  async function write(task: Task, events: NewEvent[]): Promise<Task> {
    const command = { type: "record_retention", events, seq: task.seq } as const;
    return (await handleCommand(context, task.id, command, { by: worker.name })).head;
  }

  function isDue(task: Task, before: string): boolean {
    return isOver(task.status) && task.completed_at !== null && task.completed_at < before;
  }

  async function sweepWorktrees(before: string): Promise<void> {
    const page = await store.index.standing({ after: lastStanding, limit: lookedAt });
    let removed = 0;
    for (const id of page) {
      if (removed >= removedAtMost) return;
      lastStanding = id;
      const task = await store.log.head(id);
      if (task?.status === "completed" && isDue(task, before) && await removeWorktree(task)) removed++;
    }
    if (page.length < lookedAt) lastStanding = 0;
  }

  async function removeWorktree(task: Task): Promise<boolean> {
    const place = task.place;
    if (!place?.present || !isOurs(context, place.worker) || !settings.repos.includes(place.repo)) return false;
    const commit = await upkeep.mergedCommit(place);
    if (commit === null) return false;
    const { path, branch } = place;
    await store.notes.keepRemoval(worker.id, task.id);
    const head = await write(task, [{ type: "worktree.removed", data: { path, branch, reason, commit } }]);
    await finishRemoval(head, place);
    await store.notes.keepRemoval(worker.id, null);
    return true;
  }

  async function finishRemoval(task: Task, place: TaskPlace): Promise<void> {
    const { path, branch } = place;
    try {
      await upkeep.removeMerged(place);
    } catch (error) {
      await write(task, [{ type: "worktree.kept", data: { path, branch, reason: messageOf(error) } }]);
      throw error;
    }
  }

  /** What a crash interrupted, also when this worker had another id then. */
  async function goOn(): Promise<void> {
    for (const removal of await store.notes.removals(store.shared ? worker.id : null)) {
      const task = await store.log.head(removal.task);
      if (task?.place && !task.place.present && isOver(task.status)) await finishRemoval(task, task.place);
      await store.notes.keepRemoval(removal.worker, null);
    }
  }

  async function sweepByTime(before: string): Promise<void> {
    const from = await store.notes.retention(worker.id);
    for (const end of await store.index.endedAfter(from, { limit: removedAtMost })) {
      if (end.at >= before) return;
      const task = await store.log.head(end.task);
      if (task && isDue(task, before)) await removeSaved(task);
      await store.notes.keepRetention(worker.id, end);
    }
  }

  /** Snapshots and the raw log. */
  async function removeSaved(task: Task): Promise<void> {
    const snapshots = settings.repos.includes(task.repo) ? await standingSnapshots(task) : [];
    const log = `${settings.logs}/task-${task.id}.log`;
    const bytes = (await Deno.stat(log).catch(() => null))?.size ?? null;
    const events: NewEvent[] = snapshots.map((snapshot) => ({
      type: "snapshot.removed",
      data: { ...snapshot, reason },
    }));
    if (bytes !== null) events.push({ type: "raw_log.removed", data: { bytes, reason } });
    if (events.length === 0) return;
    await write(task, events);
    for (const snapshot of snapshots) await upkeep.removeSnapshot(task.repo, snapshot);
    if (bytes !== null) await Deno.remove(log);
  }

  /** The task's snapshots, by its own log, that are still in the repository. */
  async function standingSnapshots(task: Task): Promise<Snapshot[]> {
    const found: Snapshot[] = [];
    const decoder = new TextDecoder();
    // A chunk is whole lines.
    for await (const chunk of store.log.lines(task.id, { after: 0 })) {
      for (const line of decoder.decode(chunk).split("\n")) {
        // Most lines are output; only the few that may be it are parsed.
        if (!line.includes('"worktree.snapshotted"')) continue;
        const event = JSON.parse(line) as TaskEventOf<"worktree.snapshotted">;
        if (event.type !== "worktree.snapshotted") continue;
        const { ref, commit } = event.data;
        if (await upkeep.hasSnapshot(task.repo, { ref, commit })) found.push({ ref, commit });
      }
    }
    return found;
  }

  return {
    async sweep() {
      const before = new Date(clock.now() - days * dayMs).toISOString();
      for (const part of [goOn, sweepWorktrees, sweepByTime]) {
        await part(before).catch((error) => warn("Cannot tidy up after finished tasks", error));
      }
    },
  };
}
