// Closing a run whose holder is gone: what still lives of it is ended first, then its end is written.

import { DomainError } from "../../domain/error.ts";
import type { Guard } from "../../kv/commit_batch.ts";
import { StaleGuard } from "../../kv/group_commit.ts";
import { handleCommand } from "../handle_command.ts";
import type { EngineContext } from "../context.ts";
import { setupMark } from "../marks.ts";

/** Ends the survivors of a run by its mark; resolves when none is alive. How many there were. */
export type EndSurvivors = (mark: string) => Promise<number>;

/**
 * Ends what still lives of the open run of task `id` and closes it as lost.
 * @returns true when it was closed here; false when somebody else did, or it is no longer `runner`'s
 */
export async function closeLostRun(context: EngineContext, { id, runner, endSurvivors, why, guard }: {
  id: number;
  runner: string;
  endSurvivors: EndSurvivors;
  /** What must not have changed when it is closed: the beat of a holder that may come back any moment. */
  guard?: Guard;
  /** A sentence for the event. */
  why: string;
}): Promise<boolean> {
  const { store, worker, clock, worktrees } = context;
  const head = await store.log.head(id);
  const run = head?.run;
  if (!head || !run || run.worker !== runner) return false;
  const ended = await Promise.all([run.mark, setupMark(run.mark)].map((mark) => endSurvivors(mark)));
  const survivors = ended.reduce((sum, count) => sum + count);
  const changes = head.place?.present ? await worktrees.changes(head.place).catch(() => null) : null;
  const found = survivors > 0 ? ` ${survivors} of its processes were still alive and were ended.` : "";
  const end = {
    outcome: "lost" as const,
    exit_code: null,
    signal: null,
    result: null,
    usage: null,
    cost_usd: null,
    duration_ms: Math.max(0, clock.now() - Date.parse(run.claimed_at)),
    error: why + found,
    uncommitted: changes?.uncommitted ?? null,
    lines_added: changes?.lines_added ?? null,
    lines_removed: changes?.lines_removed ?? null,
  };
  try {
    const options = { by: `${worker.name}/${run.epoch}`, guard, until: "written" } as const;
    await handleCommand(context, id, { type: "finish_run", run: run.epoch, end }, options);
    return true;
  } catch (error) {
    if (error instanceof StaleGuard || (error instanceof DomainError && error.code === "fenced")) return false;
    throw error;
  }
}
