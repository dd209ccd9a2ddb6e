// The start with a long past against the start with none: from the launch of the process to the first page of tasks.

import { join } from "@std/path";
import { tempDir } from "../tests/support/temp.ts";
import { writeHistory } from "./history.ts";
import { median, ms, type Row, row, timed } from "./row.ts";
import { benchWorld, residentMbOf } from "./world.ts";

const tasks = 100_000;
const rounds = 5;

export async function startup(): Promise<Row[]> {
  await using long = await tempDir();
  await using empty = await tempDir();
  await Deno.mkdir(join(long.path, "data"));
  await writeHistory(join(long.path, "data", "coder.db"), { tasks, output: 4, end: "completed" });
  const ours: Start[] = [];
  const theirs: Start[] = [];
  for (let index = 0; index <= rounds; index++) {
    const one = await startOn(long.path, tasks);
    const other = await startOn(empty.path, 0);
    if (index === 0) continue;
    ours.push(one);
    theirs.push(other);
  }
  const memory = (starts: Start[]) => ({ value: median(starts.map(({ mb }) => mb)), unit: "MB" as const });
  return [
    row({
      measure: "start with 100,000 finished tasks (1M events)",
      ours: ms(median(ours.map((start) => start.ms))),
      rival: { ...ms(median(theirs.map((start) => start.ms))), name: "start with an empty log" },
      goal: { atMost: 1.2 },
    }),
    row({
      measure: "resident memory after that start",
      ours: memory(ours),
      rival: { ...memory(theirs), name: "start with an empty log" },
      goal: { atMost: 1.2 },
    }),
  ];
}

interface Start {
  ms: number;
  mb: number;
}

async function startOn(data: string, expected: number): Promise<Start> {
  await using world = await benchWorld({ data });
  const first = await timed(async () => {
    const { tasks } = await (await world.service.call("/api/tasks?limit=50")).json();
    if (tasks.length !== Math.min(expected, 50)) throw new Error(`${tasks.length} tasks came`);
  });
  return { ms: world.startedMs + first, mb: residentMbOf(world.service.pid) };
}
