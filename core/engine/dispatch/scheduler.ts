// Claims and starts what may run, the moment it may.
//
// It is woken by commits (its own process's, others' through the tail), by the next due time and by a poll; a wake-up only
// says "look again", so a lost one costs time, never a task. Who goes first is domain/plan.ts; that only one worker gets a
// task is the claim's check of the head.

import { DomainError } from "../../domain/error.ts";
import type { ClaimReason } from "../../domain/event.ts";
import type { WorkerView } from "../../domain/plan.ts";
import type { Task } from "../../domain/task.ts";
import type { Agent } from "../../process/agent.ts";
import type { LiveBoard } from "./board.ts";
import { type EngineContext, isOurs } from "../context.ts";
import type { DiskWatch } from "./disk_watch.ts";
import { handleCommand } from "../handle_command.ts";
import type { DispatchPause } from "./dispatch_pause.ts";
import { archiveWorktree } from "../run/archive_worktree.ts";
import type { RepositoryPauses } from "./repository_pause.ts";
import type { StopReason } from "../run/run_end.ts";
import { type LiveRun, runTask } from "../run/run_task.ts";

export interface Scheduler {
  /** Look again soon. */
  wake(): void;
  /** Looks now: puts away what ended, claims and starts what may run. */
  tick(): Promise<void>;
  /** Ticks whenever woken until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  view(): WorkerView;
  /** Forgets why nothing could be claimed, and looks again. */
  retry(): void;
  /** Why nothing is claimed although tasks wait: the agent is missing, say. */
  obstacle(): string | null;
  /** The lease may be gone: stops what runs here, softly or at once. */
  abandonRuns(options: { atOnce: boolean }): void;
  /** No new claims; every agent is stopped and its task goes back to the queue. Resolves when all have ended. */
  stop(reason: StopReason): Promise<void>;
}

const pollMs = 1_000;
const lookAgainMs = 100;
/** When nobody else writes to the store. */
const alonePollMs = 30_000;
/** While tasks wait for something outside, such as an agent that is not installed yet. */
const obstaclePollMs = 5_000;

export function scheduler(
  context: EngineContext,
  { board, pause, repositories, disk, lease }: {
    board: LiveBoard;
    pause: DispatchPause;
    repositories: RepositoryPauses;
    disk: DiskWatch;
    /** What the leases know: whether this worker may claim, and who is dead. */
    lease: () => { isSure: boolean; dead: ReadonlySet<string> };
  },
): Scheduler {
  const { store, clock, random, settings, worker, warn } = context;
  const runs = new Map<number, LiveRun>();
  /** Tasks in hand: running, being claimed or being put away. */
  const inHand = new Map<number, Promise<void>>();
  const repos = new Set(settings.repos);
  let stopping = false;
  let obstacle: string | null = null;
  let woken = Promise.withResolvers<void>();
  let nextDueAt: number | null = null;
  let ticking: Promise<void> | null = null;
  let again = false;
  let clearLookAgain = () => {};

  function wake(): void {
    woken.resolve();
  }

  function view(): WorkerView {
    const free_slots = stopping ? 0 : settings.maxConcurrent - inHand.size;
    return {
      worker: store.shared ? worker.id : null,
      repos,
      paused_repos: repositories.current(),
      free_slots,
      dead: lease().dead,
    };
  }

  /** `work` says whether it changed anything. If not, the board is behind the log: looking again at once would spin. */
  function take(id: number, work: Promise<boolean>): void {
    const done = work.catch((error) => {
      warn(`Work on task ${id} failed`, error, { task: id });
      return false;
    }).then((changed) => {
      inHand.delete(id);
      runs.delete(id);
      if (changed) wake();
      else {
        // One timer for all of them: two tasks that each set their own would double them at every look.
        clearLookAgain();
        clearLookAgain = clock.timer(lookAgainMs, wake);
      }
    });
    inHand.set(id, done);
  }

  async function look(): Promise<void> {
    await board.resolve();
    for (const { id, holder } of board.leftovers()) {
      // What a dead worker holds is nobody's to put away but ours; its folder stays, and the log says so.
      const mine = holder === null || isOurs(context, holder) || lease().dead.has(holder);
      if (mine && !inHand.has(id)) take(id, archiveWorktree(context, id));
    }
    // A due time that nobody may act on must not wake us: their ends do.
    nextDueAt = null;
    if (stopping || pause.current() || disk.shortage() || !lease().isSure) return;
    board.order.refresh({ now: clock.now(), view: view() });
    const planned = board.order.plan();
    nextDueAt = planned.nextDueAt;
    const starts = planned.starts.filter(({ id }) => !inHand.has(id));
    if (starts.length === 0) {
      if (board.order.size("ready") === 0) obstacle = null;
      return;
    }
    let agent: Agent;
    try {
      agent = await context.agent();
      obstacle = null;
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      obstacle = error.message;
      return;
    }
    if (stopping) return;
    for (const start of starts) take(start.id, claimAndRun(start, agent));
  }

  async function claimAndRun({ id, why }: { id: number; why: ClaimReason }, agent: Agent): Promise<boolean> {
    const mark = random.uuid();
    const planned = board.entry(id);
    let claimed;
    let seen: Task | null = null;
    try {
      claimed = await handleCommand(context, id, { type: "claim", worker: worker.id, mark, why, planned }, {
        by: "scheduler",
        onDecide: (head) => seen = head,
      });
    } catch (error) {
      if (!(error instanceof DomainError && error.code === "conflict")) throw error;
      // Cancelled, edited away or claimed by another worker a moment ago: what refused it is newer than the board.
      return seen !== null && board.learn(seen);
    }
    const run = runTask(context, claimed.head, { agent, room: disk.room, isSure: () => lease().isSure });
    runs.set(id, run);
    if (stopping) run.stop("shutdown");
    const { end, isEarlyFailure, pausedUntil, brokenRepository } = await run.done;
    if (!end) return true;
    const { repo } = claimed.head;
    if (brokenRepository !== null) repositories.pause(repo, brokenRepository);
    else {
      repositories.isWell(repo);
      if (end.outcome === "paused") pause.pause(end.error ?? "The environment is broken", pausedUntil);
      else if (end.outcome === "failed" || end.outcome === "succeeded") {
        pause.runEnded({ early: isEarlyFailure, error: end.error });
      }
    }
    await archiveWorktree(context, id);
    return true;
  }

  async function tick(): Promise<void> {
    if (ticking) {
      again = true;
      return ticking;
    }
    ticking = (async () => {
      do {
        again = false;
        await look();
      } while (again);
    })().finally(() => ticking = null);
    return await ticking;
  }

  return {
    wake,
    tick,
    view,
    retry() {
      obstacle = null;
      wake();
    },
    obstacle: () => disk.shortage() ?? obstacle,
    async run(signal) {
      while (!signal.aborted) {
        try {
          await tick();
        } catch (error) {
          warn("The scheduler could not look at the queue", error);
          await clock.sleep(pollMs, { signal }).catch(() => {});
        }
        if (signal.aborted) return;
        const dueMs = nextDueAt === null ? Infinity : nextDueAt - clock.now();
        const idleMs = store.shared ? pollMs : obstacle === null ? alonePollMs : obstaclePollMs;
        const restMs = Math.max(0, Math.min(dueMs, idleMs * (0.5 + random.float() / 2)));
        const cancelTimer = clock.timer(restMs, wake);
        signal.addEventListener("abort", wake, { once: true });
        await woken.promise;
        signal.removeEventListener("abort", wake);
        cancelTimer();
        woken = Promise.withResolvers<void>();
      }
    },
    abandonRuns({ atOnce }) {
      for (const run of runs.values()) atOnce ? run.kill() : run.stop("lost", "The lease could not be kept");
    },
    async stop(reason) {
      stopping = true;
      clearLookAgain();
      for (const run of runs.values()) run.stop(reason);
      while (inHand.size > 0) await Promise.all(inHand.values());
    },
  };
}
