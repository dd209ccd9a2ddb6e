// `deno task chaos --rounds 20 [--seed 1] [--tasks 8]`: rounds of damage on the real service, and every tenth round a service
// that is stopped past its lease while another takes over. With `--machines 3`: rounds on so many workers at a KV Connect server.

import { readOptions } from "../support/options.ts";
import { chaos } from "./chaos.ts";
import { denokvMissing } from "../cluster/denokv_program.ts";
import { machinesChaos } from "./machines.ts";
import { takeover } from "./takeover.ts";

const values = readOptions({
  rounds: { type: "string", default: "10" },
  seed: { type: "string", default: String(Math.floor(Math.random() * 1_000_000)) },
  tasks: { type: "string", default: "8" },
  machines: { type: "string" },
});
const seed = Number(values.seed);
const rounds = Number(values.rounds);
const startedAt = performance.now();
console.log(`seed ${seed}`);
if (values.machines !== undefined) {
  if (denokvMissing !== null) {
    console.error(`Several machines need a KV Connect server: ${denokvMissing}`);
    Deno.exit(2);
  }
  const machines = Number(values.machines);
  const options = { seed, machines, rounds, tasksPerRound: Number(values.tasks), say: console.log };
  const { violations, ...rest } = await machinesChaos(options);
  console.log(`${rounds} rounds on ${machines} machines:`, rest);
  for (const violation of violations) console.error(violation);
  Deno.exit(violations.length > 0 ? 1 : 0);
}
const report = await chaos({ seed, rounds, tasksPerRound: Number(values.tasks), say: console.log });
const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1);
console.log(`${rounds} rounds, ${seconds} s:`, report);
const violations = [...report.violations];
for (let n = 0; n * 10 < rounds && violations.length === 0; n++) {
  const { tookOverMs, apart, violations: more, output } = await takeover({
    seed: seed + n,
    apart: n % 2 === 0,
    insist: n % 3 < 2,
  });
  const where = apart ? "on a machine of its own" : "on the same machine";
  console.log(
    tookOverMs === null ? "The stopped one held SQLite's lock" : `Taken over after ${tookOverMs} ms, ${where}`,
  );
  if (more.length > 0) console.log(more.join("\n"), output);
  violations.push(...more);
}
Deno.exit(violations.length > 0 ? 1 : 0);
