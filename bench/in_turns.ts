// Cases that are measured in turns, so that whatever else the machine does hits each.

import { median } from "./row.ts";

/** The median of each case, measured in turns; the first round does not count. */
export async function inTurns<Name extends string>(
  cases: Record<Name, () => Promise<number>>,
  { rounds = 15 } = {},
): Promise<Record<Name, number>> {
  const names = Object.keys(cases) as Name[];
  const times = Object.fromEntries(names.map((name) => [name, [] as number[]])) as Record<Name, number[]>;
  for (let round = 0; round <= rounds; round++) {
    for (const name of round % 2 === 0 ? names : names.toReversed()) {
      const time = await cases[name]();
      if (round > 0) times[name].push(time);
    }
  }
  return Object.fromEntries(names.map((name) => [name, median(times[name])])) as Record<Name, number>;
}
