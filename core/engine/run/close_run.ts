// What is left of a run whose agent is gone: where its commits went, what its worktree holds, and what its end means.

import type { RunEnd } from "../../domain/command.ts";
import { DomainError, isFenced, messageOf } from "../../domain/error.ts";
import type { Outcome } from "../../domain/event.ts";
import type { TaskPlace } from "../../domain/task.ts";
import type { AgentExit } from "../../process/agent.ts";
import type { Changes } from "../../process/git/worktrees.ts";
import { giveWork } from "../exchange/give_work.ts";
import { accountOf, type AgentFacts } from "./agent_facts.ts";
import { resetTimeOf, type RunVerdict, type Stop, verdictOf } from "./run_end.ts";
import type { RunScope } from "./run_scope.ts";
import { factsOf, stopOf } from "./run_state.ts";

/**
 * Commits that are not on the task's branch are said, so that they are not taken for missing. `before`: the worktrees of the
 * repository when the agent started. Throws `DomainError("fenced")` when the run was taken over; other errors are reported.
 */
export async function recordStrays(
  { context, task, about, log }: RunScope,
  { place, before }: { place: TaskPlace; before: ReadonlySet<string> },
): Promise<void> {
  const { worktrees, warn } = context;
  try {
    const found = await worktrees.strayed(place, { task: task.id, before });
    if (found.length > 0) await log.record({ type: "work.strayed", data: { found } });
  } catch (error) {
    if (isFenced(error)) throw error;
    warn(`Cannot look for commits of task ${task.id} on other branches`, error, about);
  }
}

/** What a good or interrupted end leaves may be compared with later; what is to go is saved with that. */
const leavesPoint: ReadonlySet<Outcome> = new Set(["succeeded", "shutdown", "paused"]);

/**
 * Saves the files as they are at the end of a run. Their commit, and whether they differ from the base; null when that is not
 * known. Throws `DomainError("fenced")` when the run was taken over; other errors are reported.
 */
export async function recordPoint(
  { context: { worktrees, warn }, task, run, about, log }: RunScope,
  { place, end }: { place: TaskPlace | null; end: RunEnd },
): Promise<{ commit: string; changed: boolean } | null> {
  if (!place || task.trial || !leavesPoint.has(end.outcome)) return null;
  const name = `run-${run.epoch}`;
  try {
    const uncommitted = end.uncommitted ?? undefined;
    const { ref, commit } = await worktrees.savePoint(place, { task: task.id, name, uncommitted });
    await log.record({ type: "work.saved", data: { name, ref, commit } });
    return { commit, changed: ref !== null };
  } catch (error) {
    if (isFenced(error)) throw error;
    warn(`Cannot save the files of task ${task.id} as run ${run.epoch} left them`, error, about);
    return null;
  }
}

/** What of the work stays after a run like this, for the next one or for a person, goes to the exchange. */
export async function giveAtEnd(
  { context, task, log }: RunScope,
  { place, end, content }: { place: TaskPlace | null; end: RunEnd; content: string | null },
): Promise<void> {
  if (!place || !(leavesPoint.has(end.outcome) || end.outcome === "planned")) return;
  await giveWork(context, task, place, { content, write: (events) => log.record(...events) });
}

/**
 * The end of a run. `place` is null when it had none, `broken` an error of our own that cut it short, or null. `verdict`: what
 * its setup or its check said.
 * @returns also `pausedUntil`: when what paused it is over, in ms since 1970, where that is known
 */
export async function endOf(
  { context, control, startedAt }: RunScope,
  { exit, place, verdict: found, changes: known, broken }: {
    exit: AgentExit;
    place: TaskPlace | null;
    verdict: RunVerdict | null;
    changes: Changes | null;
    broken: unknown;
  },
): Promise<{ end: RunEnd; pausedUntil: number | null }> {
  const { clock, worktrees } = context;
  const changes = known ?? (place ? await worktrees.changes(place).catch(() => null) : null);
  const { state } = control;
  const { result, pausedUntil } = state.agent;
  const verdict = broken !== null ? verdictOnError(broken, stopOf(state)) : found ?? verdictOf(factsOf(state, exit));
  const end: RunEnd = {
    ...verdict,
    exit_code: exit.code,
    signal: exit.signal,
    result: lastWords(state.agent, verdict),
    ...accountOf(state.agent),
    duration_ms: Math.round(clock.monotonic() - startedAt),
    uncommitted: changes?.uncommitted ?? null,
    lines_added: changes?.lines_added ?? null,
    lines_removed: changes?.lines_removed ?? null,
  };
  if (verdict.outcome !== "paused") return { end, pausedUntil };
  return { end, pausedUntil: pausedUntil ?? result?.limitResetsAt ?? resetTimeOf(verdict.error ?? "", clock.now()) };
}

/** What the agent said last; of a run that is good, where it was good. */
function lastWords({ result, spent }: AgentFacts, { outcome }: RunVerdict): string | null {
  const isOfRun = result !== null && (result.ok || outcome !== "succeeded");
  return isOfRun ? result.text : spent?.result ?? result?.text ?? null;
}

/** Whether `error` is the fault of the task alone, such as a base that does not exist. */
export function isWrongValue(error: unknown): boolean {
  return error instanceof DomainError && error.code === "invalid";
}

/** An error of our own: the environment's fault puts the task back, a wrong value fails it. A stop before it counts first. */
function verdictOnError(error: unknown, stop: Stop | null): RunVerdict {
  // Whatever the agent said: what was still to be done with its result was not done.
  if (stop) return { outcome: stop.reason, error: stop.error };
  const isUnavailable = error instanceof DomainError && error.code === "unavailable";
  return { outcome: isUnavailable ? "paused" : "failed", error: messageOf(error) };
}
