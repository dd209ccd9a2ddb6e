// The engine put together. Each part is made after those it uses, so that no two know each other.

import type { WorktreeUpkeep } from "../process/git/worktrees.ts";
import type { EngineContext } from "./context.ts";
import { liveBoard } from "./dispatch/board.ts";
import type { EndSurvivors } from "./dispatch/close_lost_run.ts";
import { type DiskWatch, diskWatch } from "./dispatch/disk_watch.ts";
import { dispatchPause } from "./dispatch/dispatch_pause.ts";
import { leases } from "./dispatch/leases.ts";
import { LiveRuns } from "./dispatch/live_runs.ts";
import { repositoryPauses } from "./dispatch/repository_pause.ts";
import { scheduler as makeScheduler } from "./dispatch/scheduler.ts";
import { WakeUp } from "./dispatch/wake_up.ts";
import { hearCommits } from "./hear_commits.ts";
import { MergeQueue } from "./land/merge_queue.ts";
import { Lifecycle } from "./lifecycle.ts";
import { type Note, notesOf } from "./notes.ts";
import { changedSince } from "./service/changes.ts";
import { commands as makeCommands } from "./service/commands.ts";
import type { Surroundings } from "./service/condition.ts";
import { counters as makeCounters } from "./service/counters.ts";
import { Feeds } from "./service/feeds.ts";
import type { PullRequests } from "./service/outgoing.ts";
import { queries as makeQueries } from "./service/queries.ts";
import type { RepositoriesParts } from "./service/repositories.ts";
import type { Service } from "./service/service.ts";
import { taskService } from "./service/task_service.ts";
import { Retention } from "./upkeep/retention.ts";
import { WorktreeReview } from "./upkeep/worktree_review.ts";

export interface Engine {
  service: Service;
  /** Recovers what an earlier process left, then schedules until `stop`. */
  start(): Promise<void>;
  /** The safety net: reads the queue anew and looks. `Deno.cron` calls it each minute. */
  tick(): Promise<void>;
  /** Soft stop: no new claims, agents ended, tasks put back. Resolves when all is written. */
  stop(): Promise<void>;
}

export interface EngineOptions {
  endSurvivors: EndSurvivors;
  surroundings: () => Surroundings;
  /** How the configured repositories are looked at for those who ask. */
  repositories: RepositoriesParts;
  pullRequests: PullRequests;
  /** Of this process, for the log. */
  pid: number;
  /** Compares the repositories with the log and, with `retentionDays`, tidies up after finished tasks. */
  upkeep?: { worktrees: WorktreeUpkeep; retentionDays: number | null };
}

/** An engine on the parts of `context`; it writes nothing before `start`. */
export function engine(context: EngineContext, options: EngineOptions): Engine {
  const { store } = context;
  const { endSurvivors, surroundings } = options;
  const stopped = new AbortController();
  const dispatch = dispatchParts(context, { endSurvivors });
  const { board, pause, scheduler, wakeUp, mergeQueue, note } = dispatch;
  const queries = makeQueries(context, {
    board,
    scheduler,
    pauseReason: () => pause.current()?.reason ?? scheduler.obstacle(),
  });
  const feeds = new Feeds({
    store,
    head: (id) => store.log.head(id),
    require: queries.require,
    summary: queries.summary,
    dependants: (id) => board.dependants(id),
    changedSince: (versionstamp) => changedSince(versionstamp, { store, board, queries }),
  });
  const unsubscribe = hearCommits(store.tail, { board, queries, feeds, mergeQueue, wake: wakeUp.wake });
  const counters = makeCounters(store.tail);
  const { review, retention } = upkeepParts(context, { ...options, board, note, signal: stopped.signal });
  const lifecycle = new Lifecycle(context, {
    ...dispatch,
    review,
    retention,
    endSurvivors,
    startedAs() {
      const { version, agent } = surroundings();
      return { version, agent: agent.name, pid: options.pid };
    },
    stopped,
    close() {
      unsubscribe();
      counters.close();
    },
  });
  const service = taskService(context, {
    ...dispatch,
    commands: makeCommands(context, { agent: () => surroundings().agent }),
    queries,
    feeds,
    counters,
    surroundings,
    configured: options.repositories,
    pullRequests: options.pullRequests,
    reviewNotices: () => review?.notices ?? [],
    isStopping: () => lifecycle.isStopping,
  });
  return {
    service,
    start: () => lifecycle.start(),
    tick: () => lifecycle.tick(),
    stop: () => lifecycle.stop(),
  };
}

/** What decides when a task runs here. */
function dispatchParts(context: EngineContext, { endSurvivors }: Pick<EngineOptions, "endSurvivors">) {
  const board = liveBoard(context.store);
  const note = notesOf(context);
  const wakeUp = new WakeUp();
  const runs = new LiveRuns();
  const pause = dispatchPause(context, wakeUp.wake);
  const repositories = repositoryPauses(context, { note, onChange: wakeUp.wake });
  const disk = watchedDisk(context, { note, wakeUp });
  const lease = leases(context, {
    board,
    endSurvivors,
    stopRuns: () => runs.abandon({ atOnce: false }),
    killRuns: () => runs.abandon({ atOnce: true }),
  });
  const mergeQueue = new MergeQueue(context, { onFree: wakeUp.wake });
  const scheduler = makeScheduler(context, { board, pause, repositories, disk, lease, runs, mergeQueue, wakeUp });
  return { board, note, wakeUp, pause, repositories, disk, lease, mergeQueue, scheduler };
}

/** A disk whose shortage is reported, noted in the log and seen by the scheduler. */
function watchedDisk(
  { clock, store, freeBytes, warn }: EngineContext,
  { note, wakeUp }: { note: Note; wakeUp: WakeUp },
): DiskWatch {
  return diskWatch({
    clock,
    presence: store.presence,
    freeBytes,
    onChange(shortage) {
      const text = shortage ?? "The disk is as it should be again";
      warn(text, null);
      void note("disk", text).catch((error) => warn(`Cannot record: ${text}`, error));
      wakeUp.wake();
    },
  });
}

function upkeepParts(
  context: EngineContext,
  { upkeep, board, note, signal }:
    & Pick<EngineOptions, "upkeep">
    & Omit<ConstructorParameters<typeof WorktreeReview>[1], "upkeep">,
) {
  if (!upkeep) return { review: null, retention: null };
  const { worktrees, retentionDays } = upkeep;
  return {
    review: new WorktreeReview(context, { board, upkeep: worktrees, note, signal }),
    retention: retentionDays === null
      ? null
      : new Retention(context, { upkeep: worktrees, days: retentionDays, signal }),
  };
}
