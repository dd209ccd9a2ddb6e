// One run, from the claim to `run.finished`: the place, the agent, every step into the log, the end.
//
// It promises: whatever happens, the agent's whole process tree is gone before `run.finished` is written, and a run that
// was taken over writes nothing more. What follows the run is decided with its end (domain/decide.ts).
//
// What is to be done with the agent, its state says (run_state.ts, pure); one hand does it (run_control.ts).

import type { RunEnd } from "../../domain/command.ts";
import { DomainError, isFenced } from "../../domain/error.ts";
import type { Task } from "../../domain/task.ts";
import type { AgentExit } from "../../process/agent.ts";
import type { Changes } from "../../process/git/worktrees.ts";
import type { BegunSandbox } from "../../process/sandbox/sandbox.ts";
import type { WaitingHelper } from "../../process/waiting_helper.ts";
import type { EngineContext } from "../context.ts";
import { repositoryFault } from "../dispatch/repository_pause.ts";
import { workerMark } from "../marks.ts";
import { endOf, giveAtEnd, isWrongValue, recordPoint, recordStrays } from "./close_run.ts";
import { beginConfinement } from "./confine.ts";
import { messageDelivery } from "./deliver_messages.ts";
import { guardGitFolder, recordRestored } from "./git_folder.ts";
import { keepFilesOf } from "./keep_files.ts";
import { mergeTarget } from "./merge_target.ts";
import { type PreparedPlace, preparePlace } from "./prepare_place.ts";
import { recordOutput } from "./record_output.ts";
import { RunControl } from "./run_control.ts";
import type { RunVerdict, StopReason } from "./run_end.ts";
import { runLog } from "./run_log.ts";
import type { RunOptions, RunScope } from "./run_scope.ts";
import { ownLanding } from "./own_landing.ts";
import { proveWork, tryCheck } from "./prove_work.ts";
import { converse, requireBudget } from "./run_session.ts";
import { stopOf } from "./run_state.ts";
import { setUp } from "./set_up.ts";
import { watchCommits } from "./watch_commits.ts";

/** A run in this process. */
export interface LiveRun {
  readonly task: number;
  /** Where it writes: its worktree and, where it is confined, its temporary folder. */
  readonly folders: readonly string[];
  /** Asks the agent to stop; the first reason counts. */
  stop(reason: StopReason, error?: string): void;
  /** Ends the agent at once; for a run that may have been taken over. */
  kill(): void;
  /** Resolves when the run is over and written, with how it ended; never rejects. */
  readonly done: Promise<RunReport>;
}

export interface RunReport {
  /** null: the run was taken over, or its end could not be written. */
  end: RunEnd | null;
  /** It failed before its first tool call and not by a wrong value of its task: the environment may be to blame. */
  isEarlyFailure: boolean;
  /** When what paused it is over, in ms since 1970, where that is known. */
  pausedUntil: number | null;
  /** Why no worktree could be made whatever the task, or null. */
  brokenRepository: string | null;
}

const nothingToReport: RunReport = { end: null, isEarlyFailure: false, pausedUntil: null, brokenRepository: null };

/** Works on a task that was just claimed: `task.run` is its open run. */
export function runTask(context: EngineContext, task: Task, options: RunOptions): LiveRun {
  const scope = scopeOf(context, task, options);
  const { control } = scope;
  return {
    task: task.id,
    folders: scope.folders,
    stop: (reason, error) => control.stop(reason, error),
    kill: () => control.tell({ type: "kill" }),
    done: work(scope),
  };
}

function scopeOf(context: EngineContext, task: Task, options: RunOptions): RunScope {
  const run = task.run!;
  const by = `${context.worker.name}/${run.epoch}`;
  const about = { task: task.id, run: run.epoch };
  const recorder = recordOutput(context, {
    ...about,
    by,
    // Somebody else has the run, or the store is broken. Either way the agent must stop.
    onRefused: (error) => control.tell({ type: "write_refused", isFenced: isFenced(error) }),
  });
  const control = new RunControl(context, { about, recorder, isSure: options.isSure });
  const log = runLog(context, { ...about, by });
  const messages = messageDelivery(context, { task: task.id, about, control, log });
  const startedAt = context.clock.monotonic();
  const agentTime = { usedMs: 0 };
  const ports = new Set<number>();
  const folders: string[] = [];
  return { folders, context, options, task, run, about, startedAt, agentTime, ports, log, recorder, control, messages };
}

async function work(scope: RunScope): Promise<RunReport> {
  const { context, task, run, about, control } = scope;
  const unsubscribe = listen(scope);
  try {
    const attempt = await attemptRun(scope);
    return control.state.phase === "fenced" ? nothingToReport : await finish(scope, attempt);
  } catch (error) {
    if (!isFenced(error)) context.warn(`Run ${run.epoch} of task ${task.id} could not be finished`, error, about);
    return nothingToReport;
  } finally {
    unsubscribe();
    control.close();
    for (const first of scope.ports) context.ports.release(first);
  }
}

/** How far a run came. */
interface Attempt {
  /** Without code and signal when no agent was started. */
  exit: AgentExit;
  prepared: PreparedPlace | null;
  /** What its setup or its check say of it; null: the agent's own end counts. */
  verdict: RunVerdict | null;
  /** How far its place is from the base, where that is known already. */
  changes: Changes | null;
  /** The worktrees of the repository when the agent started. */
  worktreesBefore: ReadonlySet<string>;
  brokenRepository: string | null;
  /** An error of our own that cut it short, or null. */
  broken: unknown;
}

/** Place and agent. The agent's whole tree is gone when it resolves; it rejects only when that cannot be said. */
async function attemptRun(scope: RunScope): Promise<Attempt> {
  const { control, recorder } = scope;
  let restoreGitFolder: Awaited<ReturnType<typeof guardGitFolder>> | null = null;
  const attempt: Attempt = {
    exit: { code: null, signal: null },
    prepared: null,
    verdict: null,
    changes: null,
    worktreesBefore: new Set(),
    brokenRepository: null,
    broken: null,
  };
  await using begun = beginConfinement(scope.context, scope.run);
  await using helper = begun === null ? helperOf(scope) : null;
  try {
    attempt.prepared = await preparePlace(scope, { onWait: () => helper?.begin() }).catch(async (error) => {
      attempt.brokenRepository = await faultOfRepository(scope, error);
      if (attempt.brokenRepository === null) throw error;
      throw new DomainError("unavailable", attempt.brokenRepository, { cause: error });
    });
    requireBudget(scope);
    restoreGitFolder = await guardGitFolder(scope.context, attempt.prepared.place, {
      ...{ task: scope.task.id, run: scope.run.epoch },
      write: (events) => recordRestored(scope, events),
    });
    if (control.state.phase === "preparing") {
      await workIn(scope, attempt, { prepared: attempt.prepared, begun, helper });
    }
    await recorder.flush();
  } catch (error) {
    control.requireLease();
    attempt.broken = error;
  } finally {
    // Also after an error: nothing of the run may live on.
    try {
      await control.endAll();
    } finally {
      await restoreGitFolder?.();
    }
  }
  return attempt;
}

/** Setup, agent and check in a place; how far they come is noted in `attempt`. */
async function workIn(
  scope: RunScope,
  attempt: Attempt,
  { prepared, begun, helper }: {
    prepared: PreparedPlace;
    begun: BegunSandbox | null;
    helper: WaitingHelper | null;
  },
): Promise<void> {
  const { context, task, control } = scope;
  const { workplace, verdict } = await setUp(scope, prepared, begun);
  attempt.verdict = verdict;
  if (verdict !== null || control.state.phase !== "preparing") return;
  if (task.trial) {
    attempt.verdict = await tryCheck(scope, workplace);
    return;
  }
  await mergeTarget(scope, workplace.place);
  attempt.worktreesBefore = await context.worktrees.names(task.repo);
  await using _commits = watchCommits(scope, workplace.place);
  await using _files = keepFilesOf(scope, workplace.place);
  // Where the run is confined it is of no use, and the agent's end would find it among what has the run's mark.
  if (workplace.spawn !== undefined) await helper?.[Symbol.asyncDispose]();
  attempt.exit = await converse(scope, { ...workplace, spawn: workplace.spawn ?? helper?.spawn });
  const proven = await proveWork(scope, workplace, attempt.exit);
  attempt.exit = proven.exit;
  attempt.verdict = proven.verdict;
  attempt.changes = proven.changes ?? null;
}

function helperOf({ context, run }: RunScope): WaitingHelper | null {
  return context.waitingHelper?.([run.mark, workerMark(context)]) ?? null;
}

/** What no task of this repository would fare better with puts the task back, and is told to the scheduler. */
async function faultOfRepository({ context, task, control }: RunScope, error: unknown): Promise<string | null> {
  // What a stop cut short says nothing of the repository.
  if (control.state.phase === "fenced" || stopOf(control.state) || isFenced(error)) return null;
  return await repositoryFault(context, task, error);
}

/** Writes the end of a run whose agent is gone. Throws `DomainError("fenced")` when the run was taken over. */
async function finish(
  scope: RunScope,
  { exit, prepared, verdict, changes, worktreesBefore, brokenRepository, broken }: Attempt,
): Promise<RunReport> {
  const { control, log } = scope;
  const place = prepared?.place ?? null;
  if (place) await recordStrays(scope, { place, before: worktreesBefore });
  const { end, pausedUntil } = await endOf(scope, { exit, place, verdict, changes, broken });
  const { agent } = control.state;
  const isWordless = end.outcome === "failed" && !agent.hasWorked && !stopOf(control.state) && !isWrongValue(broken);
  const point = await recordPoint(scope, { place, end });
  await giveAtEnd(scope, { place, end, content: point?.commit ?? null });
  const landing = place && end.outcome === "succeeded" ? await ownLanding(scope, place) : null;
  const isEarlyFailure = isWordless || end.outcome === "setup_failed";
  // From here on the run is seen closed by our own doing.
  control.close();
  await log.finish(end, { changed: point?.changed, landing });
  return { end, isEarlyFailure, pausedUntil, brokenRepository };
}

/** Commands for this task reach its run through the log: a cancel, a follow-up. Returns what ends the listening. */
function listen({ context, task, run, control, messages }: RunScope): () => void {
  return context.store.tail.subscribe(({ events, heads }) => {
    if (heads.some((head) => head.id === task.id && isClosedIn(head, run.epoch))) {
      control.tell({ type: "write_refused", isFenced: true });
    }
    for (const { event } of events) {
      if (event.task !== task.id) continue;
      if (event.type === "task.cancel_requested") control.stop("cancelled");
      if (event.type === "message.added" && control.process) void messages.deliver(control.process, [event.seq]);
    }
  });
}

/** On a shared store the tail may still bring heads from before our claim; they say nothing. */
function isClosedIn(head: Task, epoch: number): boolean {
  return head.epoch > epoch || (head.epoch === epoch && head.run === null);
}
