// The replay of a task of 100,000 events as NDJSON, against a bare `kv.list` of the same rows.

import { join } from "@std/path";
import { tempDir } from "../tests/support/temp.ts";
import { writeHistory } from "./history.ts";
import { median, perSecond, type Row, row } from "./row.ts";
import { benchWorld } from "./world.ts";

const events = 100_000;
const rounds = 5;

export async function replay(): Promise<Row[]> {
  await using folder = await tempDir();
  const path = join(folder.path, "data", "coder.db");
  await Deno.mkdir(join(folder.path, "data"));
  await writeHistory(path, { tasks: 1, output: events - 6, end: "completed" });
  // The service has the file for itself; the rival reads a copy.
  const copy = join(folder.path, "copy.db");
  await Deno.copyFile(path, copy);
  using kv = await Deno.openKv(copy);
  await using world = await benchWorld({ data: folder.path });
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let index = 0; index <= rounds; index++) {
    const one = await rateOf(async () => {
      const headers = { accept: "application/x-ndjson" };
      const response = await world.service.call("/api/tasks/1/events", { headers });
      let lines = 0;
      for await (const chunk of response.body!) {
        for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++;
      }
      return lines;
    });
    const other = await rateOf(async () => {
      let rows = 0;
      for await (const _ of kv.list({ prefix: ["event", 1] }, { batchSize: 1_000 })) rows++;
      return rows;
    });
    if (index === 0) continue;
    ours.push(one);
    theirs.push(other);
  }
  return [row({
    measure: "replay of a 100,000-event task over NDJSON",
    ours: perSecond(median(ours)),
    rival: { ...perSecond(median(theirs)), name: "kv.list raw" },
    goal: { atLeast: 0.6 },
  })];
}

async function rateOf(read: () => Promise<number>): Promise<number> {
  const start = performance.now();
  const count = await read();
  if (count !== events) throw new Error(`${count} of ${events} events came`);
  return count / ((performance.now() - start) / 1_000);
}
