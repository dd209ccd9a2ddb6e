// What finished tasks leave behind is removed once their end is long past: a completed task's worktree and branch, when
// others have its commits and nothing in it is uncommitted; the refs that saved the work of runs and its points; raw
// logs. Never an event, and never a branch that nobody merged. Runs only when `CODER_RETENTION_DAYS` is set.
//
// Each removal is an event, written first: from then on a message to the task is refused instead of meeting a worktree that
// is going. After a crash between event and removal the next sweep removes it: a worktree by the note it kept of it, the rest
// because it remembers how far it came only after a removal. Removing twice is the same as once.
//
// A sweep costs what it removes: worktrees are found by the index of those that still stand, refs and logs by the ends of
// tasks in order, from where the last sweep stopped.

import { messageOf } from "../../domain/error.ts";
import type { NewEvent, TaskEventOf } from "../../domain/event.ts";
import { isExchanged } from "../../domain/holding.ts";
import { isOver, type Task, type TaskPlace } from "../../domain/task.ts";
import type { EventLog } from "../../kv/event_log.ts";
import { logTimesPath } from "../../process/log_times.ts";
import type { Snapshot, WorktreeUpkeep } from "../../process/git/worktrees.ts";
import { type EngineContext, isOurs } from "../context.ts";
import { giveResting, isToGive } from "../exchange/give_work.ts";
import { handleCommand } from "../handle_command.ts";
import { cleanUp } from "../run/clean_up.ts";
import { isSavedBy } from "./worktree_findings.ts";

const dayMs = 24 * 3_600_000;
/** Tasks per sweep. */
const lookedAt = 100;
const removedAtMost = 20;

export class Retention {
  readonly #context: EngineContext;
  readonly #upkeep: WorktreeUpkeep;
  readonly #days: number;
  readonly #signal: AbortSignal;
  readonly #reason: string;
  /** The last standing worktree that was looked at; those that stay must not keep others from their turn. */
  #lastStanding = 0;

  /** @param options `days` after its end what a task left behind is due; `signal` aborts when the service stops */
  constructor(
    context: EngineContext,
    { upkeep, days, signal }: { upkeep: WorktreeUpkeep; days: number; signal: AbortSignal },
  ) {
    this.#context = context;
    this.#upkeep = upkeep;
    this.#days = days;
    this.#signal = signal;
    this.#reason = `finished more than ${days} days ago`;
  }

  /** Removes a bounded number of what is due. Never throws. */
  async sweep(): Promise<void> {
    const { clock, warn } = this.#context;
    const before = new Date(clock.now() - this.#days * dayMs).toISOString();
    const parts = [() => this.#goOn(), () => this.#sweepWorktrees(before), () => this.#sweepByTime(before)];
    for (const part of parts) await part().catch((error) => warn("Cannot tidy up after finished tasks", error));
  }

  /** What a crash interrupted, also when this worker had another id then. */
  async #goOn(): Promise<void> {
    const { store, worker } = this.#context;
    for (const removal of await store.notes.removals(store.shared ? worker.id : null)) {
      const task = await store.log.head(removal.task);
      if (task?.place && !task.place.present && isOver(task.status)) await this.#finishRemoval(task, task.place);
      await store.notes.keepRemoval(removal.worker, null);
    }
  }

  async #sweepWorktrees(before: string): Promise<void> {
    const { store } = this.#context;
    const page = await store.index.standing({ after: this.#lastStanding, limit: lookedAt });
    let removed = 0;
    for (const id of page) {
      if (removed >= removedAtMost) return;
      this.#lastStanding = id;
      const task = await this.#givenHead(id, before);
      if (task !== "not_given" && task?.status === "completed" && await this.#removeWorktree(task)) removed++;
    }
    if (page.length < lookedAt) this.#lastStanding = 0;
  }

  async #removeWorktree(task: Task): Promise<boolean> {
    const { store, settings, worker } = this.#context;
    const place = task.place;
    if (!place?.present || !isOurs(this.#context, place.worker) || !settings.repos.includes(place.repo)) return false;
    if (await this.#upkeep.mergedCommit(place) === null) return false;
    const cleaned = await this.#cleanUp(task, place);
    // Again: a cleanup may have left something that is nowhere else.
    const commit = cleaned && await this.#upkeep.mergedCommit(place);
    if (!cleaned || !commit) return false;
    const { path, branch } = place;
    await store.notes.keepRemoval(worker.id, task.id);
    const data = { path, branch, reason: this.#reason, commit };
    const gone = await this.#record(cleaned, [{ type: "worktree.removed", data }]);
    await this.#finishRemoval(gone, place);
    await store.notes.keepRemoval(worker.id, null);
    // Its saved work went in its time; what its cleanup had changed in the git folder is saved only now.
    if (cleaned.seq > task.seq) await this.#removeSaved(gone);
    return true;
  }

  /** The task after its repository's cleanup; null when that was cut short. */
  async #cleanUp(task: Task, place: TaskPlace): Promise<Task | null> {
    let latest = task;
    const write = async (events: NewEvent[]) => void (latest = await this.#record(latest, events));
    return await cleanUp(this.#context, task, place, { write, signal: this.#signal }) ? latest : null;
  }

  async #finishRemoval(task: Task, place: TaskPlace): Promise<void> {
    const { path, branch } = place;
    try {
      await this.#upkeep.removeMerged(place);
    } catch (error) {
      await this.#record(task, [{ type: "worktree.kept", data: { path, branch, reason: messageOf(error) } }]);
      throw error;
    }
  }

  async #sweepByTime(before: string): Promise<void> {
    const { store, worker } = this.#context;
    const from = await store.notes.retention(worker.id);
    for (const end of await store.index.endedAfter(from, { limit: removedAtMost })) {
      if (end.at >= before) return;
      const task = await this.#givenHead(end.task, before);
      if (task === "not_given") return;
      if (task) await this.#removeSaved(task);
      await store.notes.keepRetention(worker.id, end);
    }
  }

  /** A task that is due and whose work the exchange has, where there is one: nothing goes before the others can have it. */
  async #givenHead(id: number, before: string): Promise<Task | "not_given" | null> {
    const { store } = this.#context;
    const task = await store.log.head(id);
    if (!task || !isDue(task, before)) return null;
    const isElsewhere = !task.place || !isOurs(this.#context, task.place.worker);
    if (isElsewhere || !isToGive(this.#context, task) || isExchanged(task)) return task;
    // That it does not go is tried, and told, elsewhere.
    const isGiven = await giveResting(this.#context, task, { tells: false });
    return isGiven ? await store.log.head(id) : "not_given";
  }

  /** Snapshots and the raw log. */
  async #removeSaved(task: Task): Promise<void> {
    const { settings } = this.#context;
    const reason = this.#reason;
    const snapshots = settings.repos.includes(task.repo) ? await this.#standingSnapshots(task) : [];
    const log = `${settings.logs}/task-${task.id}.log`;
    const bytes = (await Deno.stat(log).catch(() => null))?.size ?? null;
    const events: NewEvent[] = snapshots.map((snapshot) => ({
      type: "snapshot.removed",
      data: { ...snapshot, reason },
    }));
    if (bytes !== null) events.push({ type: "raw_log.removed", data: { bytes, reason } });
    if (events.length === 0) return;
    await this.#record(task, events);
    for (const snapshot of snapshots) await this.#upkeep.removeSnapshot(task.repo, snapshot);
    if (bytes === null) return;
    // Before the log, by which the next sweep finds what this one left.
    await Deno.remove(logTimesPath(log)).catch(() => {});
    await Deno.remove(log);
  }

  /** The task's snapshots, by its own log, and its points, by their names, that are still in the repository. */
  async #standingSnapshots(task: Task): Promise<Snapshot[]> {
    const standing = (await this.#upkeep.points(task.repo, task.id)).filter(({ ref }) => isSavedBy(ref, task));
    for await (const snapshot of snapshotsIn(this.#context.store.log, task.id)) {
      if (await this.#upkeep.hasSnapshot(task.repo, snapshot)) standing.push(snapshot);
    }
    return standing;
  }

  async #record(task: Task, events: NewEvent[]): Promise<Task> {
    const command = { type: "record_retention", events, seq: task.seq } as const;
    return (await handleCommand(this.#context, task.id, command, { by: this.#context.worker.name })).head;
  }
}

function isDue(task: Task, before: string): boolean {
  return isOver(task.status) && task.completed_at !== null && task.completed_at < before;
}

/** Every snapshot that the history of a task tells of, and what its runs had changed in the git folder. */
async function* snapshotsIn(log: EventLog, task: number): AsyncGenerator<Snapshot> {
  const decoder = new TextDecoder();
  // A chunk is whole lines.
  for await (const chunk of log.lines(task, { after: 0 })) {
    for (const line of decoder.decode(chunk).split("\n")) {
      // Most lines are output; only the few that may be it are parsed.
      if (!/"(?:worktree\.snapshotted|git_folder\.restored)"/.test(line)) continue;
      const event = JSON.parse(line) as TaskEventOf<"worktree.snapshotted" | "git_folder.restored">;
      if (event.type !== "worktree.snapshotted" && event.type !== "git_folder.restored") continue;
      const { ref, commit } = event.data;
      if (ref !== null && commit !== null) yield { ref, commit };
    }
  }
}
