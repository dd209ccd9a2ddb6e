// Closing a run whose holder is gone: what still lives of it is ended first, then its end is written.

import { isFenced } from "../../domain/error.ts";
import type { Guard } from "../../kv/commit_batch.ts";
import { StaleGuard } from "../../kv/group_commit.ts";
import { handleCommand } from "../handle_command.ts";
import { type EngineContext, isOurs } from "../context.ts";
import { sandboxMark, setupMark } from "../marks.ts";
import { forgetGuard, restoreAfterLoss } from "../run/git_folder.ts";

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
  const marks = [run.mark, setupMark(run.mark), sandboxMark(run.mark)];
  const ended = await Promise.all(marks.map((mark) => endSurvivors(mark)));
  const survivors = ended.reduce((sum, count) => sum + count);
  const restored = head.place?.present && isOurs(context, runner)
    ? await restoreAfterLoss(context, head.place, { task: id, run: run.epoch })
    : null;
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
  const forget = () => forgetGuard(context, { task: id, run: run.epoch });
  try {
    const options = { by: `${worker.name}/${run.epoch}`, guard, until: "written" } as const;
    if (restored) {
      const events = [{ type: "git_folder.restored" as const, data: restored }];
      await handleCommand(context, id, { type: "record", run: run.epoch, events }, options);
    }
    await forget();
    await handleCommand(context, id, { type: "finish_run", run: run.epoch, end }, options);
    return true;
  } catch (error) {
    if (error instanceof StaleGuard) return false;
    if (!isFenced(error)) throw error;
    await forget();
    return false;
  }
}
