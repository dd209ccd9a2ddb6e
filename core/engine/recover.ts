// After a crash: what an earlier process of this worker left running is ended, and its runs are closed as lost. Runs before
// any dispatch, so nothing can run twice.

import { decide } from "../domain/decide.ts";
import { DomainError } from "../domain/error.ts";
import type { LiveBoard } from "./board.ts";
import type { EngineContext } from "./context.ts";

/** Ends the survivors of a run by its mark; resolves when none is alive. How many there were. */
export type EndSurvivors = (mark: string) => Promise<number>;

/** How many runs were closed. */
export async function recover(
  context: EngineContext,
  { board, endSurvivors }: { board: LiveBoard; endSurvivors: EndSurvivors },
): Promise<number> {
  const { store, worker, clock, worktrees } = context;
  let closed = 0;
  for (const entry of [...board.entries]) {
    if (entry.runner === null) continue;
    // Nobody else can have opened a local file, so a run on it is an earlier life of ours.
    if (store.shared && entry.runner !== worker.id) continue;
    const head = await store.writer.head(entry.id);
    const run = head?.run;
    if (!head || !run) continue;
    const survivors = await endSurvivors(run.mark);
    const changes = head.place?.present ? await worktrees.changes(head.place).catch(() => null) : null;
    const found = survivors > 0 ? ` ${survivors} of its processes were still alive and were ended.` : "";
    const end = {
      outcome: "lost" as const,
      exit_code: null,
      signal: null,
      result: null,
      usage: null,
      cost_usd: 0,
      duration_ms: Math.max(0, clock.now() - Date.parse(run.claimed_at)),
      error: `The service ended without stopping this run.${found}`,
      uncommitted: changes?.uncommitted ?? null,
      lines_added: changes?.lines_added ?? null,
      lines_removed: changes?.lines_removed ?? null,
    };
    try {
      await store.writer.append({
        task: head.id,
        by: `${worker.name}/${run.epoch}`,
        priority: "command",
        decide: (task, { now }) => decide({ type: "finish_run", run: run.epoch, end }, task, now),
      });
      closed++;
    } catch (error) {
      if (!(error instanceof DomainError && error.code === "fenced")) throw error;
    }
  }
  return closed;
}
