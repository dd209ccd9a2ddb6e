// What an earlier process left running.

import { endTree, findTree } from "./process_tree.ts";

const termGraceMs = 3_000;

/** Ends what is left of a run, found by its mark; resolves when nothing of it is alive, with how many there were. */
export async function endSurvivors(mark: string): Promise<number> {
  const tree = await findTree({ mark });
  if (tree.length > 0) await endTree({ mark, graceMs: termGraceMs });
  return tree.filter((process) => !process.isReaper).length;
}
