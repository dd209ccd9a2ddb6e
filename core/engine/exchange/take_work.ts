// What another worker made of a task comes here by the exchange of its repository.

import { isExchanged } from "../../domain/holding.ts";
import type { Task } from "../../domain/task.ts";
import type { AddedPlace } from "../../process/git/worktrees.ts";
import { type EngineContext, isOurs } from "../context.ts";

/** Whether a task's work is on another worker's disk, and there is an exchange to ask for it. */
export function isToTake(context: EngineContext, { repo, place }: Task): boolean {
  return Boolean(place?.base_commit) && !isOurs(context, place!.worker) && context.exchange.has(repo);
}

/**
 * Fetches what the exchange has of a task, and says at which commit its work is: with all files, as far as they were given.
 * Null when it has nothing. Throws `DomainError("unavailable")` when it does not answer.
 */
export async function fetchWork({ exchange, worktrees }: EngineContext, task: Task): Promise<string | null> {
  const { repo, place, exchanged } = task;
  const { commit: tip } = await exchange.take({ repo, branch: place!.branch }, { task: task.id });
  if (exchanged === null) return tip;
  const isThere = (commit: string) => worktrees.isWithin(repo, { commit: tip ?? commit, of: commit });
  // A worker that gave its branch and died before it said so gave more than the log knows.
  return await isThere(exchanged.content) ? exchanged.content : tip;
}

/** Work that came here: its worktree, the commit that this is at, and how many commits were not given. */
export interface TakenWork {
  added: AddedPlace;
  commit: string;
  lacking: number;
}

/**
 * Makes a worktree of a task's work as the exchange has it; null when it has nothing. `onlyCommitted`: without what its worker
 * had not committed. Throws what `fetchWork` and `add` throw.
 */
export async function takeWork(
  context: EngineContext,
  task: Task,
  { onlyCommitted = false }: { onlyCommitted?: boolean } = {},
): Promise<TakenWork | null> {
  const { worktrees } = context;
  const { repo, branch, base } = task.place!;
  const newest = await fetchWork(context, task);
  if (newest === null) return null;
  const commit = onlyCommitted && newest === task.exchanged?.content ? task.exchanged.commit : newest;
  const added = await worktrees.add({ repo, task: task.id, branch, base, baseCommit: commit });
  return { added, commit, lacking: await lackingIn(context, task, commit) };
}

/** How many commits were known to be made that are not part of `commit`. */
async function lackingIn({ worktrees }: EngineContext, task: Task, commit: string): Promise<number> {
  const { repo, committed, exchanged } = task;
  if (committed === null || isExchanged(task)) return 0;
  if (await worktrees.isWithin(repo, { commit: committed.commit, of: commit })) return 0;
  return Math.max(1, committed.commits - (exchanged?.commits ?? 0));
}
