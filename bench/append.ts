// POST /api/tasks, acknowledged when durable, against one commit of a bare KV on the same disk.

import { stayOnly } from "./agent.ts";
import { httpClient } from "./http_client.ts";
import { median, ms, quantile, type Row, row, timed } from "./row.ts";
import { bareKv, benchWorld } from "./world.ts";

const rounds = 600;
const warmUp = 100;

export async function append(): Promise<Row[]> {
  await using world = await benchWorld({ env: { CODER_MAX_CONCURRENT: "1" } });
  using bare = await bareKv(world.folder);
  // The only slot is busy, so that nothing but the POST is going on.
  const { id } = await world.service.createTask({ prompt: stayOnly });
  await world.service.waitFor(id, (task) => task.run?.started_at);
  using client = await httpClient(world.service.url);
  const value = new Uint8Array(1_000).fill(120);
  const ours: number[] = [];
  const theirs: number[] = [];
  for (let index = 0; index < rounds; index++) {
    const post = await timed(async () => {
      const { status, body } = await client.send("POST", "/api/tasks", { prompt: `Task number ${index}` });
      if (status !== 201) throw new Error(`POST: ${status} ${body}`);
    });
    const commit = await timed(() => bare.kv.set(["bare", index], value));
    if (index < warmUp) continue;
    ours.push(post);
    theirs.push(commit);
  }
  const compare = (share: number, atMost: number) =>
    row({
      measure: `POST acknowledged (durable), p${share * 100}`,
      ours: ms(quantile(ours, share)),
      rival: { ...ms(share === 0.5 ? median(theirs) : quantile(theirs, share)), name: "one KV commit" },
      goal: { atMost },
    });
  return [compare(0.5, 1.5), compare(0.99, 5)];
}
