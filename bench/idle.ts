// What the service takes when nothing happens, and how much its memory grows while an agent prints a gigabyte.

import { promptOf } from "./agent.ts";
import { type Row, row } from "./row.ts";
import { benchWorld, cpuSecondsOf, residentMbOf } from "./world.ts";

const idleSeconds = 15;
const settleSeconds = 3;
const chars = 10_000;

export async function idle(): Promise<Row[]> {
  await using world = await benchWorld();
  const { pid } = world.service;
  await rest(settleSeconds);
  const before = cpuSecondsOf(pid);
  await rest(idleSeconds);
  const share = ((cpuSecondsOf(pid) - before) / idleSeconds) * 100;
  return [
    row({ measure: "idle service, CPU", ours: { value: share, unit: "%" }, goal: { atMost: 1 } }),
    row({ measure: "idle service, resident memory", ours: { value: residentMbOf(pid), unit: "MB" } }),
  ];
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
