// The life of an engine: recovery, then everything that runs beside the requests, then a soft stop.

import type { EventData, NewEvent } from "../domain/event.ts";
import type { EngineContext } from "./context.ts";
import type { Deliveries } from "./deliver/deliveries.ts";
import type { LiveBoard } from "./dispatch/board.ts";
import type { DiskWatch } from "./dispatch/disk_watch.ts";
import type { Drains } from "./dispatch/drains.ts";
import type { Slots } from "./dispatch/slots.ts";
import type { DispatchPause } from "./dispatch/dispatch_pause.ts";
import type { Leases } from "./dispatch/leases.ts";
import type { Recovery } from "./dispatch/recover.ts";
import type { RepositoryPauses } from "./dispatch/repository_pause.ts";
import type { Scheduler } from "./dispatch/scheduler.ts";
import { giveUnsent } from "./exchange/unsent_work.ts";
import { noteFact } from "./handle_command.ts";
import type { MergeQueue } from "./land/merge_queue.ts";
import type { AddedRepositories } from "./service/added_repositories.ts";
import type { Retention } from "./upkeep/retention.ts";
import type { Schedules } from "./schedule/schedules.ts";
import type { WorktreeReview } from "./upkeep/worktree_review.ts";

export interface LifecycleParts {
  board: LiveBoard;
  pause: DispatchPause;
  repositories: RepositoryPauses;
  disk: DiskWatch;
  drains: Drains;
  slots: Slots;
  added: Pick<AddedRepositories, "load">;
  lease: Leases;
  scheduler: Scheduler;
  mergeQueue: MergeQueue;
  review: WorktreeReview | null;
  retention: Retention | null;
  recovery: Recovery;
  schedules: Schedules;
  deliveries: Deliveries;
  /** What the log is to say of this process. */
  startedAs: () => Promise<Pick<EventData["service.started"], "version" | "agent" | "pid">>;
  /** Aborts once every run has ended: what runs in the background goes with it. */
  stopped: AbortController;
  /** The last to go, once nothing is committed any more. */
  close(): void;
}

export class Lifecycle {
  readonly #context: EngineContext;
  readonly #parts: LifecycleParts;
  readonly #background: Promise<void>[] = [];
  #reviewing: Promise<void> | undefined;
  #recovering: Promise<void> | undefined;
  #giving: Promise<void> | undefined;
  /** Aborts as soon as a stop begins: from then on nothing is made any more. */
  readonly #firing = new AbortController();
  #gathering: Promise<void> | undefined;
  #isStopping = false;

  constructor(context: EngineContext, parts: LifecycleParts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** From the call of `stop` on. */
  get isStopping(): boolean {
    return this.#isStopping;
  }

  /** Recovers what an earlier process left, then lets everything run. Throws `unavailable` when this worker's twin is alive. */
  async start(): Promise<void> {
    const { store, warn } = this.#context;
    const { board, disk, drains, slots, added, lease, scheduler, mergeQueue, review } = this.#parts;
    const { recovery, schedules, deliveries } = this.#parts;
    const { signal } = this.#parts.stopped;
    await added.load();
    await lease.announce();
    // Recovery may take longer than a lease lasts: the beats go on meanwhile.
    this.#background.push(lease.run(signal));
    await drains.load();
    await slots.look();
    await board.load();
    await this.#context.exchange.look();
    this.#background.push(this.#noteStart());
    const lost = await recovery.start();
    if (lost > 0) warn(`${lost} runs of an earlier process were closed and will be resumed`, null);
    await mergeQueue.load();
    this.#background.push(store.tail.run(signal), disk.run(signal), scheduler.run(signal));
    mergeQueue.open();
    this.#background.push(schedules.run(this.#firing.signal), deliveries.run(signal));
    this.#reviewing = review?.reconcile();
    this.#gather();
  }

  /** Reads the queue anew, looks, and does the upkeep that is due. Rejects when the store cannot be read. */
  async tick(): Promise<void> {
    const { store, clock, warn } = this.#context;
    const { board, scheduler, mergeQueue, recovery, review, retention, schedules, deliveries, stopped: { signal } } =
      this.#parts;
    await store.tail.look();
    await board.load();
    await mergeQueue.load();
    await scheduler.tick();
    schedules.wake();
    deliveries.wake();
    // They may take their time, and nothing waits for what they find.
    this.#reviewing = review?.reconcile();
    if (!this.#isStopping) this.#recovering = recovery.retry();
    if (!this.#isStopping) {
      this.#giving ??= giveUnsent(this.#context, { signal }).finally(() => this.#giving = undefined);
    }
    this.#gather();
    if (retention && !this.#isStopping) await retention.sweep();
    const forgetting = store.idempotency.forget({ now: clock.now() });
    await forgetting.catch((error) => warn("Cannot forget old idempotency keys", error));
  }

  /** Stops softly; resolves when every run has ended and all is written. */
  async stop(): Promise<void> {
    const { pause, repositories, disk, lease, scheduler, mergeQueue, stopped, close } = this.#parts;
    this.#isStopping = true;
    this.#firing.abort();
    await Promise.all([scheduler.stop("shutdown"), mergeQueue.stop()]);
    stopped.abort();
    pause.close();
    repositories.close();
    await Promise.all([...this.#background, this.#reviewing, this.#recovering, this.#giving, this.#gathering]);
    // Where nothing can be written now, a stop must not wait for it.
    if (disk.shortage() === null) {
      const { id } = this.#context.worker;
      await this.#noteIfPossible({ type: "service.stopped", data: { worker: id, reason: "shutdown" } });
    }
    await lease.retire();
    await this.#context.store.writer.idle();
    close();
  }

  /** Nobody waits for what an agent's program says of itself. */
  async #noteStart(): Promise<void> {
    const { id: worker, name } = this.#context.worker;
    await this.#noteIfPossible({ type: "service.started", data: { worker, name, ...await this.#parts.startedAs() } });
  }

  /** Of an older store, what counts across tasks; begun again at the next tick when it fails. */
  #gather(): void {
    if (this.#isStopping) return;
    const { store, warn } = this.#context;
    const { stopped: { signal } } = this.#parts;
    this.#gathering ??= store.gatherMilestones({ signal }).catch((error) => {
      warn("Cannot gather the insights of older tasks", error);
      this.#gathering = undefined;
    });
  }

  /** What could not be written of a start or a stop holds up neither: the disk may be full, or the store gone. */
  async #noteIfPossible(event: NewEvent): Promise<void> {
    const { worker, warn } = this.#context;
    await noteFact(this.#context, event, { by: worker.name }).catch((error) =>
      warn(`Cannot record ${event.type}`, error)
    );
  }
}
