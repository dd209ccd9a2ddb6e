// After a crash: what an earlier process of this worker left running is ended, and its runs are closed as lost. Runs before
// any dispatch, so nothing can run twice. What was being archived goes on by the scheduler's first tick.
//
// A run that another worker closed meanwhile is not known here any more, but its agent may still live on this machine, in
// the worktree that the next run would use. It carries the worker's own mark, too.

import type { LiveBoard } from "./board.ts";
import { closeLostRun, type EndSurvivors } from "./close_lost_run.ts";
import type { EngineContext } from "../context.ts";
import { workerMark } from "../marks.ts";

/** Closes the runs of an earlier life of this worker, by `board`, and resolves with how many there were. */
export async function recover(
  context: EngineContext,
  { board, endSurvivors }: { board: LiveBoard; endSurvivors: EndSurvivors },
): Promise<number> {
  const { store, worker } = context;
  const why = "The service ended without stopping this run.";
  // All at once: a survivor that does not mind a TERM takes its seconds.
  const closings = await Promise.all([...board.entries].map(({ id, runner }) => {
    // Nobody else can have opened a local file, so any run on it is an earlier life of ours.
    const isOurs = runner !== null && (!store.shared || runner === worker.id);
    return isOurs && closeLostRun(context, { id, runner, endSurvivors, why });
  }));
  const others = await endSurvivors(workerMark(context));
  if (others > 0) {
    context.warn(`${others} processes of runs that were closed elsewhere were still alive and were ended`, null);
  }
  return closings.filter((isClosed) => isClosed).length;
}
