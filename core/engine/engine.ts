// The engine put together. Each part is made after those it uses, so that no two know each other.

import { Deliveries } from "./deliver/deliveries.ts";
import { drainWords } from "../view/waiting.ts";
import type { SettingsView } from "../view/settings_view.ts";
import type { WorktreeUpkeep } from "../process/git/worktrees.ts";
import type { Watcher } from "../process/watcher.ts";
import type { EngineContext } from "./context.ts";
import { aboutWorker } from "./dispatch/about_worker.ts";
import { liveBoard } from "./dispatch/board.ts";
import type { EndSurvivors } from "./dispatch/close_lost_run.ts";
import { diskHog } from "./dispatch/disk_hog.ts";
import { type DiskWatch, diskWatch } from "./dispatch/disk_watch.ts";
import { dispatchPause } from "./dispatch/dispatch_pause.ts";
import { Drains } from "./dispatch/drains.ts";
import { leases } from "./dispatch/leases.ts";
import { LiveRuns } from "./dispatch/live_runs.ts";
import { Recovery } from "./dispatch/recover.ts";
import { repositoryPauses } from "./dispatch/repository_pause.ts";
import { type Scheduler, scheduler as makeScheduler } from "./dispatch/scheduler.ts";
import { Slots } from "./dispatch/slots.ts";
import { WakeUp } from "./dispatch/wake_up.ts";
import { WorkPlaces } from "./exchange/work_places.ts";
import { hearCommits } from "./hear_commits.ts";
import { MergeQueue } from "./land/merge_queue.ts";
import { Lifecycle } from "./lifecycle.ts";
import { type Note, notesOf } from "./notes.ts";
import { Schedules } from "./schedule/schedules.ts";
import { AddedRepositories } from "./service/added_repositories.ts";
import { changedSince } from "./service/changes.ts";
import { commands as makeCommands } from "./service/commands.ts";
import type { Surroundings } from "./service/condition.ts";
import { counters as makeCounters } from "./service/counters.ts";
import { Feeds } from "./service/feeds.ts";
import type { PullRequests } from "./service/outgoing.ts";
import { queries as makeQueries } from "./service/queries.ts";
import type { RepositoriesParts } from "./service/repositories.ts";
import type { Service } from "./service/service.ts";
import { workerNames } from "./service/workers.ts";
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
  /** How the service is set up but for its repositories. */
  setUp: Omit<SettingsView, "repositories">;
  pullRequests: PullRequests;
  /** Told of each beat; null: nobody watches over this process. */
  watcher: Watcher | null;
  /** Of this process, for the log. */
  pid: number;
  /** Compares the repositories with the log and, with `retentionDays`, tidies up after finished tasks. */
  upkeep?: { worktrees: WorktreeUpkeep; retentionDays: number | null };
}

/** An engine on the parts of `context`; it writes nothing before `start`. */
export function engine(context: EngineContext, options: EngineOptions): Engine {
  const { store } = context;
  const { endSurvivors, watcher, surroundings } = options;
  const stopped = new AbortController();
  const dispatch = dispatchParts(context, {
    ...{ endSurvivors, watcher, version: () => surroundings().version },
    onCondition: () => feeds.conditionChanged(),
  });
  const { board, pause, drains, scheduler, wakeUp, mergeQueue, note } = dispatch;
  const queries = makeQueries(context, {
    board,
    scheduler,
    slots: dispatch.slots,
    known: () => dispatch.lease.known,
    workerName: workerNames(context, dispatch),
    pauseReason: () => drains.isDraining ? drainWords : pause.current()?.reason ?? scheduler.obstacle(),
  });
  const feeds: Feeds = new Feeds({
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
  const commands = makeCommands(context, { agent: () => surroundings().agent });
  const schedules = new Schedules(context, { commands });
  const deliveries = new Deliveries(context, dispatch);
  const recovery = new Recovery(context, { board, endSurvivors });
  const added = new AddedRepositories(context, {
    board,
    port: options.repositories.added,
    onChange: () => scheduler.retry(),
  });
  const lifecycle = new Lifecycle(context, {
    ...dispatch,
    added,
    review,
    retention,
    recovery,
    schedules,
    deliveries,
    async startedAs() {
      // Looked for first: what is known of it is asked below.
      await context.agent().catch(() => {});
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
    commands,
    schedules,
    deliveries,
    queries,
    feeds,
    counters,
    surroundings,
    configured: options.repositories,
    added,
    setUp: options.setUp,
    pullRequests: options.pullRequests,
    notices: () => [...recovery.notices, ...review?.notices ?? []],
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
function dispatchParts(
  context: EngineContext,
  { endSurvivors, watcher, version, onCondition }: Pick<EngineOptions, "endSurvivors" | "watcher"> & {
    version: () => string;
    /** What people are told of the whole service is another thing now. */
    onCondition(): void;
  },
) {
  const board = liveBoard(context.store, context);
  const note = notesOf(context);
  const wakeUp = new WakeUp();
  const runs = new LiveRuns();
  const onChange = () => {
    wakeUp.wake();
    onCondition();
  };
  const pause = dispatchPause(context, onChange);
  const repositories = repositoryPauses(context, { note, onChange });
  const drains = new Drains(context, onChange);
  const slots = new Slots(context, onChange);
  const disk = watchedDisk(context, { note, onChange, runs });
  // They know each other: the beat tells what the scheduler does, and the scheduler asks whether there is a lease.
  const about = () => aboutWorker(context, { version: version(), pause, disk, drains, slots, runs, scheduler });
  const lease = leases(context, {
    board,
    endSurvivors,
    drains,
    slots,
    stopRuns: () => runs.abandon({ atOnce: false }),
    killRuns: () => runs.abandon({ atOnce: true }),
    watcher,
    about,
    onGone: () => void mergeQueue.adoptLost(),
  });
  const places = new WorkPlaces(context, () => lease.hasLooked ? lease.known : null, wakeUp.wake);
  const mergeQueue: MergeQueue = new MergeQueue(context, { places, onFree: wakeUp.wake });
  const scheduler: Scheduler = makeScheduler(context, {
    ...{ board, pause, repositories, disk, drains, slots, lease, runs, mergeQueue, wakeUp },
    onObstacle: onCondition,
  });
  return { board, note, wakeUp, pause, repositories, disk, drains, slots, about, lease, places, mergeQueue, scheduler };
}

/** Less than a commit or two take. */
const nothingLeftBytes = 1024 * 1024;

/** A disk whose shortage is reported, noted in the log and seen by the scheduler. */
function watchedDisk(
  { clock, store, freeBytes, folderBytes, reserve, warn }: EngineContext,
  { note, onChange, runs }: { note: Note; onChange: () => void; runs: LiveRuns },
): DiskWatch {
  const stopHog = diskHog({ runs: () => runs.all(), folderBytes });
  void reserve?.keep();
  return diskWatch({
    clock,
    presence: store.presence,
    freeBytes,
    async onTense(freeBytes) {
      await stopHog(freeBytes);
      if (freeBytes < nothingLeftBytes) await reserve?.release();
    },
    onChange(shortage) {
      const text = shortage ?? "The disk is as it should be again";
      warn(text, null);
      void note("disk", text).catch((error) => warn(`Cannot record: ${text}`, error));
      if (shortage === null) void reserve?.keep();
      onChange();
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
