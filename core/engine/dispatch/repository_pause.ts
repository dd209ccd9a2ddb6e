// A broken repository must not drain the queue, nor hold other repositories up: when no worktree can be made in it whatever the
// task, this worker claims nothing of it, says why, and looks again, at first soon and then less and less often, until the
// cause is gone.

import { DomainError } from "../../domain/error.ts";
import type { Task } from "../../domain/task.ts";
import type { EngineContext } from "../context.ts";

/** The repositories of this worker of which nothing is started for now. */
export interface RepositoryPauses {
  /** Why nothing of a repository is started now, by its name. Another map after every change. */
  current(): ReadonlyMap<string, string>;
  pause(repo: string, reason: string): void;
  /** A run found nothing wrong with it: the next pause begins with the shortest wait. */
  isWell(repo: string): void;
  /** Checks nothing any more. */
  close(): void;
}

const firstCheckMs = 2_000;
const longestMs = 300_000;

/** No repository is paused at first. `onChange` is called after every change. */
export function repositoryPauses(
  { worktrees, clock, warn }: Pick<EngineContext, "worktrees" | "clock" | "warn">,
  { note, onChange }: {
    /** Writes a `service.noticed` event. */
    note: (kind: string, text: string) => Promise<void>;
    onChange(): void;
  },
): RepositoryPauses {
  let current: ReadonlyMap<string, string> = new Map();
  /** Checks in vain, and pauses that followed one another. */
  const failures = new Map<string, number>();
  const clears = new Map<string, () => void>();
  let isClosed = false;

  function change(repo: string, reason: string | null): void {
    const next = new Map(current);
    if (reason === null) next.delete(repo);
    else next.set(repo, reason);
    current = next;
    const text = reason === null ? `Repository ${repo} goes on` : `Repository ${repo} is paused: ${reason}`;
    note("repository", text).catch((error) => warn(`Cannot record: ${text}`, error));
    onChange();
  }

  function checkLater(repo: string): void {
    if (isClosed) return;
    const count = failures.get(repo) ?? 0;
    failures.set(repo, count + 1);
    clears.set(repo, clock.timer(Math.min(firstCheckMs * 2 ** count, longestMs), () => void check(repo)));
  }

  async function check(repo: string): Promise<void> {
    const ailment = await worktrees.whyUnusable(repo);
    if (ailment === null) return change(repo, null);
    if (ailment !== current.get(repo)) change(repo, ailment);
    checkLater(repo);
  }

  return {
    current: () => current,
    pause(repo, reason) {
      if (current.has(repo)) return;
      change(repo, reason);
      checkLater(repo);
    },
    isWell(repo) {
      if (!current.has(repo)) failures.delete(repo);
    },
    close() {
      isClosed = true;
      for (const clear of clears.values()) clear();
    },
  };
}

/** Why `error`, which came of making a task's worktree, is its repository's fault; null when it is the task's own. */
export async function repositoryFault(
  { worktrees }: Pick<EngineContext, "worktrees">,
  { repo, base, place }: Task,
  error: unknown,
): Promise<string | null> {
  const ailment = await worktrees.whyUnusable(repo);
  if (ailment !== null) return ailment;
  if (!(error instanceof DomainError)) return null;
  // A base that nobody chose is the repository's HEAD: that it named no commit a moment ago is no fault of the task.
  const isHead = base === null && !place?.base_commit;
  return error.code === "unavailable" || (error.code === "invalid" && isHead) ? error.message : null;
}
