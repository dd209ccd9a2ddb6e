// What the service takes when nothing happens, and how much its memory grows while an agent prints a gigabyte.

import { processTable } from "../core/process/process_table.ts";
import { promptOf } from "./agent.ts";
import { type Row, row } from "./row.ts";
import { benchWorld, residentMbOf } from "./world.ts";

const idleSeconds = 60;
/** Within this time V8 has put away what a start leaves behind. */
const settleSeconds = 45;
const chars = 10_000;

export async function idle(): Promise<Row[]> {
  await using world = await benchWorld();
  const { pid } = world.service;
  const launcherMb = await overOther(pid);
  const before = cpuMsOf(pid);
  await rest(idleSeconds);
  const share = (cpuMsOf(pid) - before) / (idleSeconds * 10);
  return [
    row({ measure: "idle service, CPU", ours: { value: share, unit: "%" }, goal: { atMost: 0.05 } }),
    row({ measure: "idle service, resident memory", ours: { value: residentMbOf(pid), unit: "MB" } }),
    row({
      measure: "memory of `deno task start` over `deno task dev`",
      ours: { value: launcherMb, unit: "MB" },
      goal: { atMost: 10 },
    }),
  ];
}

/** What the service as `deno task start` runs it takes more than that at `pid`, both at rest. */
async function overOther(pid: number): Promise<number> {
  await using limited = await benchWorld({ limited: true });
  await rest(settleSeconds);
  return await sharedMbOf(limited.service.pid) - await sharedMbOf(pid);
}

/** The memory of a process and all below it, in MB; what they share with others counts in parts (PSS). */
async function sharedMbOf(top: number): Promise<number> {
  const all = await processTable();
  const tree = [top];
  for (const pid of tree) tree.push(...all.filter(({ parent }) => parent === pid).map((one) => one.pid));
  const kilobytes = tree.map((pid) => /^Pss:\s+(\d+)/m.exec(Deno.readTextFileSync(`/proc/${pid}/smaps_rollup`))![1]);
  return kilobytes.reduce((sum, one) => sum + Number(one), 0) / 1024;
}

/** CPU time of a process so far in all of its threads that live, finer than proc(5) counts it otherwise. */
function cpuMsOf(pid: number): number {
  const threads = [...Deno.readDirSync(`/proc/${pid}/task`)];
  const times = threads.map(({ name }) => Deno.readTextFileSync(`/proc/${pid}/task/${name}/schedstat`).split(" ")[0]);
  return times.reduce((sum, one) => sum + Number(one) / 1e6, 0);
}

export async function gigabyte(): Promise<Row[]> {
  await using world = await benchWorld();
  const { pid } = world.service;
  // A first short run, so that what is loaded once is loaded.
  await print(world.service, 100);
  await rest(1);
  const idleMb = residentMbOf(pid);
  const lines = Math.ceil(1e9 / chars);
  const start = performance.now();
  let peak = 0;
  const look = setInterval(() => peak = Math.max(peak, residentMbOf(pid)), 50);
  try {
    await print(world.service, lines);
  } finally {
    clearInterval(look);
  }
  const rate = 1_000 / ((performance.now() - start) / 1_000);
  return [
    row({
      measure: "memory over idle while an agent prints 1 GB",
      ours: { value: peak - idleMb, unit: "MB" },
      goal: { atMost: 64 },
      note: `from ${Math.round(idleMb)} MB, at ${Math.round(rate)} MB/s into the log`,
    }),
  ];
}

async function print(
  service: { url: string; createTask(spec: { prompt: string }): Promise<{ id: number }> },
  lines: number,
) {
  const { id } = await service.createTask({ prompt: promptOf({ lines, chars, rate: 0 }) });
  for (;;) {
    const { status } = await (await fetch(`${service.url}/api/tasks/${id}`)).json();
    if (status === "completed") return;
    if (status !== "pending" && status !== "in_progress") throw new Error(`The task ended ${status}`);
    await rest(0.25);
  }
}

function rest(seconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, seconds * 1_000));
}
