// The git that moves a checked-out target writes a person's files and outlives a service that is killed. It is never ended: what
// became of the target is known when it has.

import { delay } from "@std/async";
import { DomainError } from "../../../domain/error.ts";
import { markVariable } from "../../process_table.ts";
import { findTree } from "../../process_tree.ts";
import { commonMark } from "../turns.ts";

const PATIENCE_MS = 10_000;
const PAUSE_MS = 100;

/** What marks such a git of the repository whose git folder is `common`, for its environment. */
export async function moveMark(common: string): Promise<Record<string, string>> {
  return { [markVariable(await commonMark("move", common))]: "1" };
}

/** Resolves when none is under way. Throws `DomainError("unavailable")` when one still is after 10 s. */
export async function movesEnded(common: string): Promise<void> {
  const mark = await commonMark("move", common);
  const startedAt = performance.now();
  while ((await findTree({ mark })).length > 0) {
    if (performance.now() - startedAt > PATIENCE_MS) {
      throw new DomainError("unavailable", `The git of an earlier start still moves files in ${common}`);
    }
    await delay(PAUSE_MS);
  }
}
