// After a crash: what an earlier process of this worker left running is ended, and its runs are closed as lost. Runs before
// any dispatch, so nothing can run twice. What was being put away goes on by the scheduler's first look.

import type { LiveBoard } from "./board.ts";
import { closeLostRun, type EndSurvivors } from "./close_lost_run.ts";
import type { EngineContext } from "./context.ts";

/** How many runs were closed. */
export async function recover(
  context: EngineContext,
  { board, endSurvivors }: { board: LiveBoard; endSurvivors: EndSurvivors },
): Promise<number> {
  const { store, worker } = context;
  let closed = 0;
  for (const { id, runner } of [...board.entries]) {
    // Nobody else can have opened a local file, so any run on it is an earlier life of ours.
    if (runner === null || (store.shared && runner !== worker.id)) continue;
    const why = "The service ended without stopping this run.";
    if (await closeLostRun(context, { id, runner, endSurvivors, why })) closed++;
  }
  return closed;
}
