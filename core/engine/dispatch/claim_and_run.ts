// One task from its claim to the end of its run, and what that end says about the environment and the repository.

import { DomainError } from "../../domain/error.ts";
import type { ClaimReason, Outcome } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";
import type { EngineContext } from "../context.ts";
import { handleCommand } from "../handle_command.ts";
import { archiveWorktree } from "../run/archive_worktree.ts";
import type { RunOptions } from "../run/run_scope.ts";
import { type LiveRun, type RunReport, runTask } from "../run/run_task.ts";
import type { LiveBoard } from "./board.ts";
import type { DispatchPause } from "./dispatch_pause.ts";
import type { RepositoryPauses } from "./repository_pause.ts";

export interface ClaimOptions extends RunOptions {
  board: LiveBoard;
  pause: DispatchPause;
  repositories: RepositoryPauses;
  /** Aborts when this worker stops. */
  stopping: AbortSignal;
  /** The run begins; called once, and not when the claim was lost. */
  onRun(run: LiveRun): void;
}

/**
 * Claims task `id` for this worker and works on it until its run is over and what follows is done. Resolves with whether
 * anything changed: false when the claim was lost to something that the board knows already. Rejects when the store fails.
 */
export async function claimAndRun(
  context: EngineContext,
  { id, why }: { id: number; why: ClaimReason },
  options: ClaimOptions,
): Promise<boolean> {
  const { board } = options;
  const claimed = await claim(context, { id, why, board });
  if (!claimed.task) return claimed.hasLearned;
  const run = runTask(context, claimed.task, options);
  options.onRun(run);
  const report = await run.done;
  if (report.end) {
    // A trial says nothing about the queue: a person looks at it.
    if (!claimed.task.trial) drawConclusions(report, { ...options, repo: claimed.task.repo });
    await archiveWorktree(context, id, { signal: options.stopping });
  }
  return true;
}

/** The claimed task; without it, whether the board learned from what refused the claim. */
async function claim(
  context: EngineContext,
  { id, why, board }: { id: number; why: ClaimReason; board: LiveBoard },
): Promise<{ task: Task } | { task: null; hasLearned: boolean }> {
  const { random, worker } = context;
  const mark = random.uuid();
  const planned = board.entry(id);
  let seen: Task | null = null;
  try {
    const ready_at = await readyAt(context, planned?.depends_on ?? []);
    const command = { type: "claim", worker: worker.id, mark, why, planned, ready_at } as const;
    const { head } = await handleCommand(context, id, command, { by: "scheduler", onDecide: (head) => seen = head });
    return { task: head };
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "conflict")) throw error;
    // Cancelled, edited away or claimed by another worker a moment ago: what refused it is newer than the board.
    const hasLearned = seen !== null && board.learn(seen);
    // Who took it has taken others with it: planned again before that is known, those would be lost in the same way.
    await context.store.tail.look().catch(() => {});
    return { task: null, hasLearned };
  }
}

/** When the last of these tasks was done, ISO 8601; undefined for none. */
async function readyAt({ store }: EngineContext, depends_on: number[]): Promise<string | undefined> {
  if (depends_on.length === 0) return undefined;
  const ends = (await store.log.heads(depends_on)).flatMap((head) => {
    // One that lands by itself is done once it has landed.
    return head === null ? [] : [(head.lands_itself ? head.last_landing?.at : null) ?? head.completed_at ?? ""];
  });
  return ends.sort().at(-1) || undefined;
}

/** What says something about the environment. */
const workOutcomes: ReadonlySet<Outcome> = new Set(["failed", "succeeded", "setup_failed", "check_failed"]);

/** A broken repository pauses alone; a broken environment, or runs that fail early in a row, pause this worker. */
function drawConclusions(
  { end, isEarlyFailure, pausedUntil, brokenRepository }: RunReport,
  { repo, pause, repositories }: Pick<ClaimOptions, "pause" | "repositories"> & { repo: string },
): void {
  if (brokenRepository !== null) return repositories.pause(repo, brokenRepository);
  repositories.isWell(repo);
  if (end?.outcome === "paused") pause.pause(end.error ?? "The environment is broken", pausedUntil);
  else if (end && workOutcomes.has(end.outcome)) {
    pause.runEnded({ early: isEarlyFailure, error: end.error });
  }
}
