// From an agent's line to the durable event to an SSE client: three agents that print 50 lines per second each, against one
// commit of a bare KV meanwhile.

import { promptOf } from "./agent.ts";
import { median, ms, quantile, type Row, row, timed } from "./row.ts";
import { eachFrame, openFrames } from "./server_events.ts";
import { bareKv, type BenchWorld, benchWorld } from "./world.ts";

const agents = 3;
const seconds = 8;
const rate = 50;

export async function live(): Promise<Row[]> {
  await using world = await benchWorld();
  using bare = await bareKv(world.folder);
  const delays: number[] = [];
  const following = Array.from({ length: agents }, () => follow(world, delays));
  let over = false;
  const all = Promise.all(following).finally(() => over = true);
  const commits: number[] = [];
  const value = new Uint8Array(1_000).fill(120);
  while (!over) {
    commits.push(await timed(() => bare.kv.set(["bare", commits.length], value)));
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await all;
  const commit = { value: median(commits), unit: "ms" as const, name: "one KV commit (p50)" };
  const note = `${delays.length} lines`;
  const p50 = row({
    measure: `agent line to SSE client, ${agents} agents x ${rate} lines/s, p50`,
    ours: ms(median(delays)),
    rival: commit,
    goal: { atMost: 5 },
    note,
  });
  const p99 = quantile(delays, 0.99);
  const over25 = row({ measure: p50.measure.replace("p50", "p99"), ours: ms(p99), rival: commit });
  return [p50, { ...over25, goal: "at most 25 ms over it", met: p99 - commit.value <= 25 }];
}

/** Submits a task and notes how old each of its lines is when it arrives. */
async function follow({ service }: BenchWorld, delays: number[]): Promise<void> {
  const script = { lines: seconds * rate, chars: 200, rate, restMs: 300 };
  const { id } = await service.createTask({ prompt: promptOf(script) });
  using frames = await openFrames(service.url, `/api/tasks/${id}/stream`);
  await eachFrame(frames, (frame, at) => {
    const made = /"type":"output.text".*"text":"(\d+\.\d+) /.exec(frame)?.[1];
    if (made) delays.push(at - Number(made));
  });
}
