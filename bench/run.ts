// Measures what the program exists for, each beside the limit of the machine or a rival that does the same, in one run:
//
//   deno task bench                  the table
//   deno task bench --json           the rows for machines
//   deno task bench --only append    one group
//
// Ours and the rival take turns, so that whatever else the machine does hits both; figures are medians unless they say
// otherwise. Ratios hold from machine to machine, absolute figures do not.

import { readOptions } from "../tests/support/options.ts";
import { append } from "./append.ts";
import { board } from "./board.ts";
import { claims } from "./claims.ts";
import { flood } from "./flood.ts";
import { followTask } from "./followers.ts";
import { gigabyte, idle } from "./idle.ts";
import { growth } from "./growth.ts";
import { landing } from "./landing.ts";
import { live } from "./live.ts";
import { machines } from "./machines.ts";
import { page } from "./page.ts";
import { project } from "./project.ts";
import { replay } from "./replay.ts";
import type { Row } from "./row.ts";
import { sandbox } from "./sandbox.ts";
import { size } from "./size.ts";
import { fullSlots } from "./slots.ts";
import { start } from "./start.ts";
import { startup } from "./startup.ts";
import { table } from "./table.ts";
import { throughput } from "./throughput.ts";
import { verify } from "./verify.ts";

const groups: Record<string, () => Promise<Row[]>> = {
  append,
  start,
  slots: fullSlots,
  project,
  landing,
  sandbox,
  live,
  throughput,
  replay,
  verify,
  followers: followTask,
  claims,
  startup,
  board,
  idle,
  machines,
  gigabyte,
  growth,
  page,
  flood,
  size,
};

const values = readOptions({
  json: { type: "boolean", default: false },
  only: { type: "string", multiple: true, default: [] },
});
const unknown = values.only.filter((name) => !Object.hasOwn(groups, name));
if (unknown.length > 0) {
  console.error(`There is no group "${unknown[0]}"; choose from ${Object.keys(groups).join(", ")}`);
  Deno.exit(2);
}
const rows: Row[] = [];
for (const [name, measure] of Object.entries(groups)) {
  if (values.only.length > 0 && !values.only.includes(name)) continue;
  const startedAt = performance.now();
  try {
    rows.push(...await measure());
    console.error(`${name}: ${((performance.now() - startedAt) / 1_000).toFixed(1)} s`);
  } catch (error) {
    console.error(`${name} could not be measured:`, error);
    Deno.exitCode = 1;
  }
}
const machine = {
  deno: Deno.version.deno,
  os: `${Deno.build.os} ${Deno.osRelease()}`,
  cpus: navigator.hardwareConcurrency,
  memory_gb: Math.round(Deno.systemMemoryInfo().total / 2 ** 30),
};
if (values.json) console.log(JSON.stringify({ machine, rows }, null, 2));
else {
  console.log(table(rows));
  console.log(`\n${machine.cpus} cores, ${machine.memory_gb} GB, ${machine.os}, Deno ${machine.deno}`);
}
