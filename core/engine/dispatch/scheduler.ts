// Claims and starts what may run, the moment it may.
//
// It is woken by commits (its own process's, others' through the tail), by the next due time and by a poll; a wake-up only
// says "look again", so a lost one costs time, never a task. Who goes first is domain/plan.ts; that only one worker gets a
// task is the claim's check of the head.

import { DomainError } from "../../domain/error.ts";
import type { WorkerView } from "../../domain/plan.ts";
import type { Agent } from "../../process/agent.ts";
import { type EngineContext, isOurs } from "../context.ts";
import { archiveWorktree } from "../run/archive_worktree.ts";
import type { StopReason } from "../run/run_end.ts";
import type { LiveBoard } from "./board.ts";
import { claimAndRun } from "./claim_and_run.ts";
import type { DiskWatch } from "./disk_watch.ts";
import type { DispatchPause } from "./dispatch_pause.ts";
import type { Drains } from "./drains.ts";
import type { Leases } from "./leases.ts";
import type { LiveRuns } from "./live_runs.ts";
import type { RepositoryPauses } from "./repository_pause.ts";
import type { Slots } from "./slots.ts";
import { TasksInHand } from "./tasks_in_hand.ts";
import type { WakeUp } from "./wake_up.ts";

export interface Scheduler {
  /** Looks now: archives what ended, claims and starts what may run. Rejects when the store fails. */
  tick(): Promise<void>;
  /** Ticks whenever woken until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** What the plan goes by: the free slots and the repositories of this worker. */
  view(): WorkerView;
  /** Slots that are taken: by runs, and by what is put away after them. */
  busySlots(): number;
  /** Forgets why nothing could be claimed, and looks again. */
  retry(): void;
  /** Why nothing is claimed although tasks wait: the agent is missing, say. */
  obstacle(): string | null;
  /** No new claims; every agent is stopped and its task goes back to the queue. Resolves when all have ended. */
  stop(reason: StopReason): Promise<void>;
}

/** What the scheduler goes by. */
export interface SchedulerParts {
  board: LiveBoard;
  pause: DispatchPause;
  repositories: RepositoryPauses;
  disk: DiskWatch;
  drains: Pick<Drains, "isDraining">;
  slots: Pick<Slots, "total">;
  /** What the leases know: whether this worker may claim, and who is dead. */
  lease: Pick<Leases, "isSure" | "dead" | "others">;
  runs: LiveRuns;
  /** Says which tasks are in other hands: their worktrees are being put away. */
  mergeQueue: { has(id: number): boolean };
  /** Makes it look again soon. */
  wakeUp: WakeUp;
  /** `obstacle` is another one now. */
  onObstacle?(): void;
}

/** After the store failed, and between looks at a store that others write to. */
const pollMs = 1_000;
/** When nobody else writes to the store. */
const alonePollMs = 30_000;
/** While tasks wait for something outside, such as an agent that is not installed yet. */
const obstaclePollMs = 5_000;

/** The scheduler of this worker; it does nothing before `tick` or `run`. */
export function scheduler(context: EngineContext, parts: SchedulerParts): Scheduler {
  return new QueueScheduler(context, parts);
}

class QueueScheduler implements Scheduler {
  readonly #context: EngineContext;
  readonly #parts: SchedulerParts;
  readonly #inHand: TasksInHand;
  #repos: ReadonlySet<string>;
  readonly #stopping = new AbortController();
  #obstacle: string | null = null;
  #nextDueAt: number | null = null;
  #ticking: Promise<void> | null = null;
  #again = false;

  constructor(context: EngineContext, parts: SchedulerParts) {
    this.#context = context;
    this.#parts = parts;
    this.#inHand = new TasksInHand(context, parts.wakeUp.wake);
    this.#repos = new Set(context.settings.repos);
  }

  view(): WorkerView {
    const { store, worker, settings, exchange } = this.#context;
    return {
      worker: store.shared ? worker.id : null,
      repos: this.#repositories(),
      ...(settings.labels && { labels: settings.labels }),
      paused_repos: this.#parts.repositories.current(),
      // What is put away counts, and a door without slots puts things away, too.
      free_slots: this.#stopping.signal.aborted ? 0 : Math.max(0, this.#parts.slots.total - this.busySlots()),
      exchanges: exchange.repos,
      ...this.#parts.lease.others,
    };
  }

  busySlots(): number {
    return this.#inHand.size + this.#held();
  }

  /** Another set only where people added or removed one: lanes are made anew for it. */
  #repositories(): ReadonlySet<string> {
    const { repos } = this.#context.settings;
    const isSame = repos.length === this.#repos.size && repos.every((name) => this.#repos.has(name));
    if (!isSame) this.#repos = new Set(repos);
    return this.#repos;
  }

  /** Runs of an earlier life of this worker whose processes may be alive: they are closed when these are gone. */
  #held(): number {
    const { board } = this.#parts;
    const running = board.order.first("running", Infinity);
    // The lane is as old as the last look, the entry is not.
    return running.filter(({ id }) => !this.#inHand.has(id) && board.entry(id)?.runner === this.#context.worker.id)
      .length;
  }

  obstacle(): string | null {
    return this.#parts.disk.shortage() ?? this.#obstacle;
  }

  retry(): void {
    this.#obstruct(null);
    this.#parts.wakeUp.wake();
  }

  /** One at a time: who comes while it looks makes it look once more, and waits for that. */
  async tick(): Promise<void> {
    if (this.#ticking) {
      this.#again = true;
      return await this.#ticking;
    }
    this.#ticking = this.#dispatch().finally(() => this.#ticking = null);
    return await this.#ticking;
  }

  async #dispatch(): Promise<void> {
    do {
      this.#again = false;
      await this.#parts.board.resolve();
      this.#archiveLeftovers();
      await this.#startReady();
    } while (this.#again);
  }

  #archiveLeftovers(): void {
    const { board, lease } = this.#parts;
    for (const { id, holder } of board.leftovers()) {
      // What a dead worker holds is nobody's to archive but ours; its folder stays, and the log says so.
      const isMine = holder === null || isOurs(this.#context, holder) || lease.dead.has(holder);
      if (isMine && !this.#isInHand(id)) {
        this.#inHand.take(id, archiveWorktree(this.#context, id, { signal: this.#stopping.signal }));
      }
    }
  }

  async #startReady(): Promise<void> {
    const { board, pause, disk, drains, lease } = this.#parts;
    // A due time that nobody may act on must not wake us: their ends do.
    this.#nextDueAt = null;
    if (this.#stopping.signal.aborted || drains.isDraining) return;
    if (pause.current() || disk.shortage() || !lease.isSure) return;
    const before = this.view();
    // Each new task wakes us; while all slots are taken there is nothing to look for.
    if (before.free_slots === 0) return;
    board.order.refresh({ now: this.#context.clock.now(), view: before });
    // Counted anew: what this worker holds open may be known only now.
    const planned = board.order.plan(this.view());
    this.#nextDueAt = planned.nextDueAt;
    const starts = planned.starts.filter(({ id }) => !this.#isInHand(id));
    if (starts.length === 0) {
      if (board.order.size("ready") === 0) this.#obstruct(null);
      return;
    }
    const agent = await this.#agent();
    if (!agent || this.#stopping.signal.aborted) return;
    for (const start of starts) if (!this.#isInHand(start.id)) this.#start(start, agent);
  }

  #isInHand(id: number): boolean {
    return this.#inHand.has(id) || this.#parts.mergeQueue.has(id);
  }

  /** The agent, or null and an obstacle. */
  async #agent(): Promise<Agent | null> {
    try {
      const agent = await this.#context.agent();
      this.#obstruct(null);
      return agent;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      this.#obstruct(error.message);
      return null;
    }
  }

  #obstruct(words: string | null): void {
    if (words === this.#obstacle) return;
    this.#obstacle = words;
    this.#parts.onObstacle?.();
  }

  #start(start: Parameters<typeof claimAndRun>[1], agent: Agent): void {
    const { board, pause, repositories, disk, lease, runs } = this.#parts;
    const work = claimAndRun(this.#context, start, {
      ...{ board, pause, repositories, agent },
      room: disk.room,
      isSure: () => lease.isSure,
      stopping: this.#stopping.signal,
      onRun: (run) => {
        runs.add(start.id, run);
        if (this.#stopping.signal.aborted) run.stop("shutdown");
      },
    });
    this.#inHand.take(start.id, work.finally(() => runs.delete(start.id)));
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, warn } = this.#context;
    const { wakeUp } = this.#parts;
    signal.addEventListener("abort", wakeUp.wake, { once: true });
    while (!signal.aborted) {
      try {
        await this.tick();
      } catch (error) {
        warn("The scheduler could not look at the queue", error);
        await clock.sleep(pollMs, { signal }).catch(() => {});
      }
      if (signal.aborted) return;
      const cancelTimer = clock.timer(this.#restMs(), wakeUp.wake);
      await wakeUp.next();
      cancelTimer();
    }
  }

  /** How long to rest when nobody wakes it; several workers do not all look in the same moment. */
  #restMs(): number {
    const { clock, random, store } = this.#context;
    const dueMs = this.#nextDueAt === null ? Infinity : this.#nextDueAt - clock.now();
    const idleMs = store.shared ? pollMs : this.#obstacle === null ? alonePollMs : obstaclePollMs;
    return Math.max(0, Math.min(dueMs, idleMs * (0.5 + random.float() / 2)));
  }

  async stop(reason: StopReason): Promise<void> {
    this.#stopping.abort();
    this.#parts.runs.stop(reason);
    await this.#inHand.empty();
  }
}
