// How often a property is tried. The inner loop (`deno task ok`) tries each a few times, everything else as often as its test
// says: the rare case is for the machine that has the time.

/** What `tests/run.ts` sets for the inner loop: a part of 1. */
export const depthVariable = "TEST_DEPTH";

/** `full` runs, or the part of them that `TEST_DEPTH` says, three at least. */
export function runs(full: number): number {
  const part = Number(Deno.env.get(depthVariable) ?? "1");
  return Math.min(full, Math.max(3, Math.ceil(full * part)));
}
