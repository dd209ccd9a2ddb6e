// `deno task simulate --seeds 1000 [--seed 1] [--trace]`: runs the simulation on consecutive seeds and stops at the first
// that breaks a promise, with the last lines of its trace.

import { readOptions } from "../support/options.ts";
import { simulate } from "./simulation.ts";

const values = readOptions({
  seeds: { type: "string", default: "1" },
  seed: { type: "string", default: "1" },
  trace: { type: "boolean", default: false },
  /** Go on after a failure and only name the seeds. */
  all: { type: "boolean", default: false },
});

const first = Number(values.seed);
const count = Number(values.seeds);
const startedAt = performance.now();
let failed = 0;
const totals = { picks: 0, events: 0, tasks: 0, virtualMs: 0 };
for (let seed = first; seed < first + count; seed++) {
  const report = await simulate(seed, { wholeTrace: values.trace });
  for (const total of ["picks", "events", "tasks", "virtualMs"] as const) totals[total] += report[total];
  if (values.trace) console.log(report.trace.join("\n"));
  if (report.violations.length === 0) continue;
  failed++;
  if (!values.trace && !values.all) console.log(report.trace.slice(-120).join("\n"));
  console.log(`seed ${seed}: ${report.violations[0]!.slice(0, 200)}`);
  if (!values.all) break;
}
const seconds = (performance.now() - startedAt) / 1_000;
console.log(
  `${count} seeds, ${failed} failed, ${seconds.toFixed(1)} s, ${(seconds / count * 1_000).toFixed(1)} ms a seed; ` +
    `${totals.tasks} tasks, ${totals.events} events, ${totals.picks} picks, ${
      (totals.virtualMs / 3_600_000).toFixed(1)
    } h`,
);
Deno.exit(failed > 0 ? 1 : 0);
