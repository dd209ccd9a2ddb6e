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
import { decide } from "../../domain/decide.ts";
import type { NewEvent, TaskEventOf } from "../../domain/event.ts";
import { isOver, type Task, type TaskPlace } from "../../domain/task.ts";
import { keys } from "../../kv/keys.ts";
import type { Snapshot, WorktreeUpkeep } from "../../process/git/worktrees.ts";
import { type EngineContext, isOurs } from "../context.ts";

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
    const { head } = await store.writer.append({
      task: task.id,
      by: worker.name,
      priority: "command",
      decide: (head, { now }) => decide({ type: "tidy", events, seq: task.seq }, head, now),
    });
    return head;
  }

  function isDue(task: Task, before: string): boolean {
    return isOver(task.status) && task.completed_at !== null && task.completed_at < before;
  }

  async function sweepWorktrees(before: string): Promise<void> {
    const range = { prefix: keys.standingEntries(), start: keys.standing(lastStanding + 1) };
    const page = await store.kv.page(range, { limit: lookedAt });
    let removed = 0;
    for (const { key } of page) {
      if (removed >= removedAtMost) return;
      lastStanding = key[2] as number;
      const task = await store.writer.head(lastStanding);
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
    await noteGoing(task.id);
    const head = await write(task, [{ type: "worktree.removed", data: { path, branch, reason, commit } }]);
    await finishRemoval(head, place);
    await noteGoing(null);
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

  /** Keeps a note of the task whose worktree is about to go. */
  async function noteGoing(id: number | null): Promise<void> {
    const key = keys.removing(worker.id);
    const change = id === null ? { sets: [], deletes: [key] } : { sets: [{ key, value: id }], deletes: [] };
    await store.kv.commit({ checks: [], ...change });
  }

  /** What a crash interrupted, also when this worker had another id then. */
  async function goOn(): Promise<void> {
    const range = store.shared ? { prefix: keys.retention(worker.id) } : { prefix: keys.retentions() };
    for (const { key, value: id } of await store.kv.page<unknown>(range, { limit: lookedAt })) {
      // Beside how far a worker has come.
      if (key[2] !== keys.removing(worker.id)[2] || typeof id !== "number") continue;
      const task = await store.writer.head(id);
      if (task?.place && !task.place.present && isOver(task.status)) await finishRemoval(task, task.place);
      await store.kv.commit({ checks: [], sets: [], deletes: [key] });
    }
  }

  async function sweepByTime(before: string): Promise<void> {
    const key = keys.retention(worker.id);
    const { value: from } = await store.kv.get<[string, number]>(key);
    const range = {
      prefix: keys.finishedByTime(),
      ...(from && { start: keys.finishedAt(from[0], from[1] + 1) }),
    };
    for (const { key: entry } of await store.kv.page(range, { limit: removedAtMost })) {
      const [, , at, id] = entry as [string, string, string, number];
      if (at >= before) return;
      const task = await store.writer.head(id);
      if (task && isDue(task, before)) await removeSaved(task);
      await store.kv.commit({ checks: [], sets: [{ key, value: [at, id] }], deletes: [] });
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
