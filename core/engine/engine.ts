// The engine put together: start, the service that the routes use, tick, stop.

import { DomainError } from "../domain/error.ts";
import { isOver } from "../domain/task.ts";
import type { TaskView } from "../view/task_view.ts";
import type { Published } from "../kv/event_record.ts";
import { chunkBytes } from "../kv/event_log.ts";
import type { WorktreeUpkeep } from "../process/git/worktrees.ts";
import { liveBoard } from "./dispatch/board.ts";
import type { EndSurvivors } from "./dispatch/close_lost_run.ts";
import { commands } from "./service/commands.ts";
import type { EngineContext } from "./context.ts";
import { counters } from "./service/counters.ts";
import { diskWatch } from "./dispatch/disk_watch.ts";
import { dispatchPause } from "./dispatch/dispatch_pause.ts";
import { noteFact } from "./handle_command.ts";
import { exportTask, readWhy } from "./service/history.ts";
import { leases } from "./dispatch/leases.ts";
import { queries } from "./service/queries.ts";
import { recover } from "./dispatch/recover.ts";
import { repositoryPauses } from "./dispatch/repository_pause.ts";
import { requirePlace } from "./run/restore_place.ts";
import { Retention } from "./upkeep/retention.ts";
import { LiveRuns } from "./dispatch/live_runs.ts";
import { scheduler as makeScheduler } from "./dispatch/scheduler.ts";
import { WakeUp } from "./dispatch/wake_up.ts";
import type { Health, News, Service } from "./service/service.ts";
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

/** The parts of `Health` that the engine cannot know. */
export type Surroundings = Pick<Health, "version" | "agent" | "git" | "repos" | "root" | "containment" | "token">;

/** Commits looked back for a page that reconnects; beyond that it reloads. */
const lookBack = 5_000;

export function engine(context: EngineContext, { endSurvivors, surroundings, upkeep }: {
  endSurvivors: EndSurvivors;
  surroundings: () => Surroundings;
  /** Compares the repositories with the log and, with `retentionDays`, tidies up after finished tasks. */
  upkeep?: { worktrees: WorktreeUpkeep; retentionDays: number | null };
}): Engine {
  const { store, worker, settings, warn } = context;
  const board = liveBoard(store);
  const wakeUp = new WakeUp();
  const runs = new LiveRuns();
  const pause = dispatchPause(context, wakeUp.wake);
  const repositories = repositoryPauses(context, { note, onChange: wakeUp.wake });
  const disk = diskWatch({
    clock: context.clock,
    presence: store.presence,
    freeBytes: context.freeBytes,
    onChange(shortage) {
      const text = shortage ?? "The disk is as it should be again";
      warn(text, null);
      void note("disk", text).catch((error) => warn(`Cannot record: ${text}`, error));
      wakeUp.wake();
    },
  });
  const lease = leases(context, {
    board,
    endSurvivors,
    stopRuns: () => runs.abandon({ atOnce: false }),
    killRuns: () => runs.abandon({ atOnce: true }),
  });
  const scheduler = makeScheduler(context, { board, pause, repositories, disk, lease, runs, wakeUp });
  const command = commands(context, { agent: () => surroundings().agent });
  const counter = counters(store.tail);
  const stopped = new AbortController();
  const background: Promise<void>[] = [];
  let reviewing: Promise<void> | undefined;
  const obstacle = () => pause.current()?.reason ?? scheduler.obstacle();
  const query = queries(context, { board, scheduler, pauseReason: obstacle });
  const subscribers = new Set<(news: News) => void>();
  const review = upkeep &&
    new WorktreeReview(context, { board, upkeep: upkeep.worktrees, note, signal: stopped.signal });
  const tidying = upkeep && upkeep.retentionDays !== null &&
    new Retention(context, { upkeep: upkeep.worktrees, days: upkeep.retentionDays });
  let stopping = false;

  function brokenWords(): string[] {
    return [...repositories.current()].map(([repo, reason]) => `Repository ${repo} is paused: ${reason}`);
  }

  /** A fact about the service itself, in the log of task 0. */
  async function note(kind: string, text: string): Promise<void> {
    await noteFact(context, { type: "service.noticed", data: { worker: worker.id, kind, text } }, { by: worker.name });
  }

  const unsubscribe = store.tail.subscribe(({ versionstamp, events, heads }) => {
    let changed = false;
    for (const head of heads) changed = board.apply(head) || changed;
    query.heard(heads);
    if (changed) wakeUp.wake();
    if (subscribers.size === 0) return;
    const news = { versionstamp, events, changed: heads.filter(({ id }) => id > 0).map(query.summary) };
    for (const callback of subscribers) callback(news);
    if (changed) void tellDependants(heads.map(({ id }) => id), versionstamp);
  });

  /** Tasks that wait for a changed one look different, too, although nothing was written about them. */
  async function tellDependants(ids: number[], versionstamp: string): Promise<void> {
    const waiting = [...new Set(ids.flatMap((id) => board.dependants(id)))].slice(0, 100);
    const changed: TaskView[] = [];
    for (const id of waiting) {
      const head = await store.writer.head(id).catch(() => null);
      if (head) changed.push(query.summary(head));
    }
    if (changed.length > 0) { for (const callback of subscribers) callback({ versionstamp, events: [], changed }); }
  }

  const follow: Service["follow"] = async function* (id, { after, signal, live }) {
    using waiter = store.tail.waiter(id, signal);
    let sent = after;
    const take = live && ((page: Published[]) => {
      if (page[0]!.event.seq !== sent + 1 || !live(page)) return false;
      sent = page.at(-1)!.event.seq;
      return true;
    });
    while (!signal.aborted) {
      const page = await catchUp(id, sent);
      if (page.length > 0) {
        sent = page.at(-1)!.event.seq;
        yield page;
        continue;
      }
      if (await isOverAfter(id, sent)) return;
      await waiter.changed(sent, take);
    }
  };

  async function catchUp(id: number, after: number): Promise<Published[]> {
    return store.tail.since(id, after) ?? await store.log.read(id, { after, limit: 1_000, bytes: chunkBytes });
  }

  async function isOverAfter(id: number, after: number): Promise<boolean> {
    const head = await query.require(id);
    return isOver(head.status) && head.seq <= after;
  }

  /** What took effect is not answered with an error because a dependency's status cannot be read just now. */
  const resolveIfPossible = () => board.resolve().catch((error) => warn("Cannot read the dependencies", error));

  const view = async (given: ReturnType<typeof command.give>): Promise<TaskView> => {
    // First the command: refused while something else is awaited, it would be a rejection that nobody handles.
    const head = await given;
    await resolveIfPossible();
    return query.summary(head);
  };

  const service: Service = {
    async create(input, options) {
      const { head, created } = await command.create(input, options);
      await resolveIfPossible();
      return { task: { ...query.summary(head), prompt: created ? input.prompt : head.prompt.text }, created };
    },
    edit: (id, changes, options) => view(command.edit(id, changes, options)),
    cancel: (id, caller) => view(command.give(id, { type: "cancel" }, caller)),
    retry: (id, caller) => view(command.give(id, { type: "retry" }, caller)),
    async addMessage(id, text, caller) {
      await requirePlace(context, await store.writer.head(id));
      return await view(command.give(id, { type: "add_message", text }, caller));
    },
    approvePlan: (id, caller) => view(command.give(id, { type: "approve_plan" }, caller)),
    rejectPlan: (id, feedback, caller) => view(command.give(id, { type: "reject_plan", feedback }, caller)),

    list: query.list,
    read: query.read,
    board: query.board,
    follow,
    catchUp,
    isOverAfter,
    async events(id, { after, limit }) {
      const head = await query.require(id);
      const page = await store.log.read(id, { after, limit });
      const last = page.at(-1)?.event.seq ?? after;
      return { events: page.map(({ event }) => event), next: page.length > 0 && last < head.seq ? last : null };
    },
    async eventLines(id, { after }) {
      await query.require(id);
      return store.log.lines(id, { after });
    },
    subscribe(callback) {
      subscribers.add(callback);
      return () => subscribers.delete(callback);
    },
    cursor: () => ({ store: store.id, versionstamp: store.tail.cursor }),
    async changedSince(versionstamp) {
      const ids = await store.all.changedSince(versionstamp, { lookBack });
      if (ids === null) return null;
      // Who waits for a changed task looks different, too.
      for (const id of [...ids]) for (const dependant of board.dependants(id)) ids.add(dependant);
      const changed: TaskView[] = [];
      for (const id of ids) changed.push(query.summary(await query.require(id)));
      return changed;
    },
    async why(id, { at } = {}) {
      const head = await query.require(id);
      const isPast = at !== undefined && at < head.seq;
      if (!isPast) return await readWhy(store, head, { waiting: (await query.read(id)).waiting });
      return await readWhy(store, (await store.log.headAt(id, at))!, { waiting: null });
    },
    async exportTask(id) {
      return await exportTask(store, await query.require(id), { now: context.clock.now() });
    },
    async diff(id) {
      let head = await query.require(id);
      // After a retry its base is yet to be resolved anew.
      if (!head.place?.base_commit) throw new DomainError("not_found", `Task ${id} has no worktree yet`);
      if (head.place.present && !head.snapshot) {
        try {
          return await context.worktrees.diff(head.place, { commit: null });
        } catch (error) {
          // It may have been saved and removed while git looked.
          head = await query.require(id);
          if (!head.place || !head.snapshot) throw error;
        }
      }
      if (head.snapshot) return await context.worktrees.diff(head.place, { commit: head.snapshot.commit });
      throw new DomainError("not_found", `Task ${id} has neither a worktree nor a snapshot`);
    },
    async log(id) {
      await query.require(id);
      const path = `${settings.logs}/task-${id}.log`;
      try {
        // A link is none of ours: an agent may have put it there.
        if (!(await Deno.lstat(path)).isFile) throw new DomainError("not_found", `Task ${id} has no log of its own`);
        return (await Deno.open(path)).readable;
      } catch (error) {
        if (error instanceof Deno.errors.NotFound) throw new DomainError("not_found", `Task ${id} has no log yet`);
        throw error;
      }
    },
    async health() {
      const broken = repositories.current();
      const reason = scheduler.obstacle() ??
        (settings.repos.every((repo) => broken.has(repo)) ? brokenWords()[0] : null);
      const paused = pause.current() ?? (reason ? { reason, until: null } : null);
      const { free_slots } = scheduler.view();
      const total = settings.maxConcurrent;
      return {
        status: stopping ? "stopping" : paused ? "paused" : "ok",
        ...surroundings(),
        store: store.id,
        worker,
        slots: { busy: stopping ? 0 : total - free_slots, total },
        tasks: await query.counts(),
        pause: paused,
        notices: [surroundings().agent.notice, ...brokenWords(), ...review?.notices ?? []].filter((one) =>
          one !== null
        ),
      };
    },
    async resume() {
      pause.resume();
      // What else holds dispatch back is looked at anew.
      scheduler.retry();
      return await service.health();
    },
    async measures() {
      const shortage = disk.shortage() !== null;
      return {
        tasks: await query.counts(),
        pending: query.pendingCounts(),
        slots: { free: scheduler.view().free_slots, total: settings.maxConcurrent },
        paused: {
          environment: pause.current() !== null,
          repository: repositories.current().size > 0,
          agent: !shortage && scheduler.obstacle() !== null,
          disk: shortage,
          lease: !lease.isSure,
        },
        counted: counter.counted,
      };
    },
  };

  return {
    service,
    async start() {
      const { signal } = stopped;
      await lease.announce();
      // Recovery may take longer than a lease lasts: the beats go on meanwhile.
      background.push(lease.run(signal));
      await board.load();
      const lost = await recover(context, { board, endSurvivors });
      if (lost > 0) warn(`${lost} runs of an earlier process were closed and will be resumed`, null);
      background.push(store.tail.run(signal), disk.run(signal), scheduler.run(signal));
      reviewing = review?.reconcile();
    },
    async tick() {
      await store.tail.look();
      await board.load();
      await scheduler.tick();
      // It may take its time, and nothing waits for what it finds.
      reviewing = review?.reconcile();
      if (tidying && !stopping) await tidying.sweep();
      const forgetting = store.idempotency.forget({ now: context.clock.now() });
      await forgetting.catch((error) => warn("Cannot forget old idempotency keys", error));
    },
    async stop() {
      stopping = true;
      await scheduler.stop("shutdown");
      stopped.abort();
      pause.close();
      repositories.close();
      await Promise.all([...background, reviewing]);
      await lease.retire();
      await store.writer.idle();
      unsubscribe();
      counter.close();
    },
  };
}
