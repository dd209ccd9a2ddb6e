// POST /api/tasks, acknowledged when durable, against one commit of a bare KV on the same disk, and against a bare server that
// does no more than such a commit: where a commit takes half a millisecond, HTTP alone is a good part of the time.

import { join } from "@std/path";
import { stayOnly } from "./agent.ts";
import { type HttpClient, httpClient } from "./http_client.ts";
import { median, ms, perSecond, quantile, type Row, row, timed } from "./row.ts";
import { bareKv, benchWorld } from "./world.ts";

const rounds = 1_400;
/** What is measured is a service at work: its code is compiled after some hundred calls, and there is far more of it than of the rival. */
const warmUp = 800;
const clients = 64;
const postsAtOnce = 1_500;
const turns = 3;

export async function append(): Promise<Row[]> {
  await using world = await benchWorld({ env: { CODER_MAX_CONCURRENT: "1" } });
  using bare = await bareKv(world.folder);
  // The only slot is busy, so that nothing but the POST is going on.
  const { id } = await world.service.createTask({ prompt: stayOnly });
  await world.service.waitFor(id, (task) => task.run?.started_at);
  using client = await httpClient(world.service.url);
  await using server = await bareServer(world.folder);
  using bareClient = await httpClient(server.url);
  const value = new Uint8Array(1_000).fill(120);
  const ours: number[] = [];
  const commits: number[] = [];
  const theirs: number[] = [];
  const postTo = (to: HttpClient, index: number) =>
    timed(async () => {
      const { status, body } = await to.send("POST", "/api/tasks", { prompt: `Task number ${index}` });
      if (status !== 201) throw new Error(`POST: ${status} ${body}`);
    });
  for (let index = 0; index < rounds; index++) {
    const post = await postTo(client, index);
    const commit = await timed(() => bare.kv.set(["bare", index], value));
    const barePost = await postTo(bareClient, index);
    if (index < warmUp) continue;
    ours.push(post);
    commits.push(commit);
    theirs.push(barePost);
  }
  const crowd = { ours: [] as number[], theirs: [] as number[] };
  for (let turn = 0; turn < turns; turn++) {
    crowd.ours.push(await crowdRate(world.service.url, postTo));
    crowd.theirs.push(await crowdRate(server.url, postTo));
  }
  const mine = (share: number) => ({
    measure: `POST acknowledged (durable), p${share * 100}`,
    ours: ms(quantile(ours, share)),
  });
  const against = (times: number[], share: number, name: string) => ({ ...ms(quantile(times, share)), name });
  return [
    row({ ...mine(0.5), rival: against(commits, 0.5, "one KV commit"), goal: { atMost: 1.5 } }),
    row({
      ...mine(0.5),
      rival: against(theirs, 0.5, "bare Deno.serve, a commit of as many values"),
      goal: { atMost: 1.3 },
    }),
    row({ ...mine(0.99), rival: against(commits, 0.99, "one KV commit"), goal: { atMost: 5 } }),
    row({
      measure: `POST acknowledged (durable), ${clients} clients at once`,
      ours: perSecond(median(crowd.ours)),
      rival: { ...perSecond(median(crowd.theirs)), name: "bare Deno.serve, a commit of as many values" },
      goal: { atLeast: 0.6 },
    }),
  ];
}

/** Requests per second when each client sends its next one as soon as it has its answer. */
async function crowdRate(url: string, post: (to: HttpClient, index: number) => Promise<number>): Promise<number> {
  const all = await Promise.all(Array.from({ length: clients }, () => httpClient(url)));
  let sent = 0;
  const ms = await timed(() =>
    Promise.all(all.map(async (client) => {
      while (sent < postsAtOnce) await post(client, sent++);
    }))
  );
  for (const client of all) client[Symbol.dispose]();
  return sent / (ms / 1_000);
}

/** bare_post.ts in a process of its own. */
async function bareServer(folder: string): Promise<AsyncDisposable & { url: string }> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      ...["run", "-A", "--quiet", "--unstable-kv", "--no-config", "--no-lock"],
      join(import.meta.dirname!, "bare_post.ts"),
      join(folder, "bare-post.db"),
    ],
    stdin: "null",
    stdout: "piped",
  }).spawn();
  const reader = child.stdout.getReader();
  const { value } = await reader.read();
  return {
    url: new TextDecoder().decode(value).trim(),
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await reader.cancel();
      await child.status;
    },
  };
}
