// `deno task verify` over a million events against a bare `kv.list` of the same rows, and a moment deep in a long history
// against the same moment in a short one.

import { join } from "@std/path";
import { openStore } from "../core/kv/store.ts";
import { verify as verifyStore } from "../core/kv/verify.ts";
import { systemClock, systemRandom } from "../core/host/system.ts";
import { tempDir } from "../tests/support/temp.ts";
import { writeHistory } from "./history.ts";
import { median, ms, type Row, row, timed } from "./row.ts";

const tasks = 1_000;
const eventsPerTask = 1_000;
const long = 100_000;
const moments = 50;

export async function verify(): Promise<Row[]> {
  return [await wholeStore(), await momentOf()];
}

async function wholeStore(): Promise<Row> {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  await writeHistory(path, { tasks, output: eventsPerTask - 6, end: "completed" });
  const theirs = await timed(async () => {
    using kv = await Deno.openKv(path);
    let rows = 0;
    for await (const _ of kv.list({ prefix: ["event"] }, { batchSize: 1_000 })) rows++;
    if (rows !== tasks * eventsPerTask) throw new Error(`${rows} events were listed`);
  });
  const store = await openStore(path, { clock: systemClock, random: systemRandom });
  const ours = await timed(async () => {
    const { events, differences } = await verifyStore(store.kv);
    if (events !== tasks * eventsPerTask || differences.length > 0) throw new Error(`${events} events, ${differences}`);
  });
  store.close();
  return row({
    measure: "verify of 1,000,000 events",
    ours: ms(ours),
    rival: { ...ms(theirs), name: "kv.list raw" },
    goal: { atMost: 2 },
  });
}

async function momentOf(): Promise<Row> {
  const [short, deep] = [await momentIn(1_000), await momentIn(long)];
  return row({
    measure: "the task at any event of 100,000",
    ours: ms(deep),
    rival: { ...ms(short), name: "of 1,000" },
    goal: { atMost: 1.5 },
  });
}

/** The median time to fold one task at moments spread over its history. */
async function momentIn(events: number): Promise<number> {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  await writeHistory(path, { tasks: 1, output: events - 6, end: "completed" });
  const store = await openStore(path, { clock: systemClock, random: systemRandom });
  const times: number[] = [];
  for (let index = 1; index <= moments; index++) {
    const seq = Math.floor((events * index) / (moments + 1));
    times.push(await timed(() => store.log.headAt(1, seq)));
  }
  store.close();
  return median(times);
}
