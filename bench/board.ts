// What a long queue costs: the board and an edit (its commit, the scheduler's look, the summaries) with 10,000 pending tasks
// against 100. The board shows a hundred tasks of a column either way, so neither may grow.

import { join } from "@std/path";
import { tempDir } from "../tests/support/temp.ts";
import { stayOnly } from "./agent.ts";
import { writeHistory } from "./history.ts";
import { httpClient } from "./http_client.ts";
import { median, ms, type Row, row, timed } from "./row.ts";
import { type BenchWorld, benchWorld, cpuSecondsOf } from "./world.ts";

const many = 10_000;
const few = 100;
const boards = 60;
const edits = 400;

export async function board(): Promise<Row[]> {
  await using manyPending = await pendingWorld(many);
  await using fewPending = await pendingWorld(few);
  const ours = { board: [] as number[], cpuMs: 0 };
  const theirs = { board: [] as number[], cpuMs: 0 };
  using ourClient = await httpClient(manyPending.service.url);
  using theirClient = await httpClient(fewPending.service.url);
  const sides = [
    { into: ours, world: manyPending, client: ourClient },
    { into: theirs, world: fewPending, client: theirClient },
  ];
  for (let index = 0; index < boards; index++) {
    for (const { into, client } of sides) {
      into.board.push(await timed(() => client.send("GET", "/api/board")));
    }
  }
  for (let batch = 0; batch < 4; batch++) {
    for (const { into, world, client } of sides) {
      const before = cpuSecondsOf(world.service.pid);
      for (let index = 0; index < edits / 4; index++) {
        const { status } = await client.send("PATCH", `/api/tasks/${50 + (index % 40)}`, { priority: index });
        if (status !== 200) throw new Error(`PATCH: ${status}`);
      }
      into.cpuMs += (cpuSecondsOf(world.service.pid) - before) * 1_000;
    }
  }
  return [
    row({
      measure: "GET /api/board with 10,000 pending",
      ours: ms(median(ours.board)),
      rival: { ...ms(median(theirs.board)), name: "with 100 pending" },
      goal: { atMost: 1.2 },
    }),
    row({
      measure: "CPU of an edit and the tick after it with 10,000 pending",
      ours: ms(ours.cpuMs / edits),
      rival: { ...ms(theirs.cpuMs / edits), name: "with 100 pending" },
      goal: { atMost: 1.2 },
    }),
  ];
}

async function pendingWorld(tasks: number): Promise<BenchWorld> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir()).path;
  await Deno.mkdir(join(folder, "data"));
  await writeHistory(join(folder, "data", "coder.db"), { tasks, output: 0, end: null, prompt: stayOnly });
  const world = stack.use(await benchWorld({ data: folder, env: { CODER_MAX_CONCURRENT: "1" } }));
  // The only slot is busy; the others wait.
  await world.service.waitFor(1, (task) => task.run?.started_at);
  const kept = stack.move();
  return { ...world, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
