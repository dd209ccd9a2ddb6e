// What a queue on a KV Connect server costs, beside the same on a local file in the same run: a durable POST, a claim, a line to
// an SSE client; and how much workers ask of the server when nothing happens, and while one of them runs an agent.

import { promptOf } from "./agent.ts";
import { inTurns } from "./in_turns.ts";
import { median, ms, perSecond, type Row, row, timed } from "./row.ts";
import { eachFrame, openFrames } from "./server_events.ts";
import { type BenchWorld, benchWorld } from "./world.ts";
import { startServer } from "../tests/cluster/denokv.ts";
import { denokvMissing } from "../tests/cluster/denokv_program.ts";
import { type Relay, startRelay } from "../tests/cluster/relay.ts";
import { startService } from "../tests/support/service.ts";
import { tempRepository } from "../tests/support/temp.ts";

const token = "a-token-of-the-bench-1234567890";
const settleMs = 4_000;
const countMs = 12_000;
const linesPerSecond = 10;

export async function machines(): Promise<Row[]> {
  if (denokvMissing !== null) {
    console.error(`machines: skipped: ${denokvMissing}`);
    return [];
  }
  await using server = await startServer({ token });
  await using relay = startRelay(server.port);
  const env = { CODER_KV: relay.url, DENO_KV_ACCESS_TOKEN: token };
  await using shared = await benchWorld({ env: { ...env, CODER_WORKER: "one" } });
  const idle = await counted(relay);
  const costs = await besideLocal(shared);
  await using otherWay = startRelay(server.port);
  await using repository = await tempRepository();
  // Its repository has another name, so it runs none of these.
  const repo = `other=${repository.path}`;
  await using other = await startService({ repo, env: { ...env, CODER_KV: otherWay.url, CODER_WORKER: "two" } });
  return [
    row({ measure: "requests of an idle worker to its server", ours: perSecond(idle), goal: { atMost: 1 } }),
    ...costs,
    ...await requestsOfRun({ shared, relay, otherWay, otherUrl: other.url }),
  ];
}

/** Requests per second, after a while in which what was begun comes to its end. */
async function counted(...relays: Relay[]): Promise<number> {
  await rest(settleMs);
  for (const one of relays) one.requests();
  const start = performance.now();
  await rest(countMs);
  return relays.reduce((sum, one) => sum + one.requests(), 0) / ((performance.now() - start) / 1_000);
}

async function besideLocal(shared: BenchWorld): Promise<Row[]> {
  await using local = await benchWorld();
  const post = await inTurns({ shared: () => postMs(shared), local: () => postMs(local) });
  const claim = await inTurns({ shared: () => claimMs(shared), local: () => claimMs(local) }, { rounds: 8 });
  const line = await inTurns({ shared: () => lineMs(shared), local: () => lineMs(local) }, { rounds: 2 });
  const beside = (measure: string, { shared, local }: { shared: number; local: number }) =>
    row({ measure, ours: ms(shared), rival: { ...ms(local), name: "on a local file" } });
  return [
    beside("durable POST, KV Connect server", post),
    beside("POST to run.claimed at an SSE client, KV Connect server", claim),
    beside("agent line to SSE client, KV Connect server", line),
  ];
}

/** A task that waits for ever for another. */
async function postMs({ service }: BenchWorld): Promise<number> {
  const blocked = { prompt: promptOf({ lines: 1, chars: 1, rate: 0 }), depends_on: [await gate(service.url)] };
  return await timed(() => service.createTask(blocked));
}

const gates = new Map<string, Promise<number>>();

/** A task that is cancelled, so what waits for it never starts. */
function gate(url: string): Promise<number> {
  const known = gates.get(url);
  if (known) return known;
  const made = (async () => {
    const task = await (await post(url, "/api/tasks", { prompt: "never" })).json();
    await (await post(url, `/api/tasks/${task.id}/cancel`)).body?.cancel();
    return task.id as number;
  })();
  gates.set(url, made);
  return made;
}

function post(url: string, path: string, json: unknown = {}): Promise<Response> {
  return fetch(url + path, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(json),
  });
}

async function claimMs({ service }: BenchWorld): Promise<number> {
  const startedAt = performance.timeOrigin + performance.now();
  const { id } = await service.createTask({ prompt: promptOf({ lines: 1, chars: 10, rate: 0 }) });
  using frames = await openFrames(service.url, `/api/tasks/${id}/stream`);
  let claimedAt = 0;
  await eachFrame(frames, (frame, at) => {
    if (frame.includes('"type":"run.claimed"')) claimedAt ||= at;
  });
  return claimedAt - startedAt;
}

/** The median age of an agent's lines when they arrive. */
async function lineMs({ service }: BenchWorld): Promise<number> {
  const script = { lines: linesPerSecond * 3, chars: 200, rate: linesPerSecond, restMs: 300 };
  const { id } = await service.createTask({ prompt: promptOf(script) });
  const ages: number[] = [];
  using frames = await openFrames(service.url, `/api/tasks/${id}/stream`);
  await eachFrame(frames, (frame, at) => {
    const made = /"type":"output.text".*"text":"(\d+\.\d+) /.exec(frame)?.[1];
    if (made) ages.push(at - Number(made));
  });
  return median(ages);
}

/** What the worker that runs an agent asks of the server, and one that has nothing to do with it. */
async function requestsOfRun({ shared, relay, otherWay, otherUrl }: {
  shared: BenchWorld;
  relay: Relay;
  otherWay: Relay;
  otherUrl: string;
}): Promise<Row[]> {
  const lines = (settleMs + countMs) / 1_000 * linesPerSecond * 3;
  const { id } = await shared.service.createTask({ prompt: promptOf({ lines, chars: 200, rate: linesPerSecond }) });
  const [here, there] = await Promise.all([counted(relay), counted(otherWay)]);
  using frames = await openFrames(otherUrl, `/api/tasks/${id}/stream`);
  const reading = frames.read(() => {});
  const watched = await counted(otherWay);
  frames[Symbol.dispose]();
  await reading;
  await shared.service.command(id, "cancel");
  const agent = `while an agent prints ${linesPerSecond} lines/s`;
  return [
    row({ measure: `requests of the worker that runs it ${agent}`, ours: perSecond(here) }),
    row({ measure: `requests of another worker ${agent}`, ours: perSecond(there), goal: { atMost: 5 } }),
    row({ measure: `requests of a worker where somebody watches it ${agent}`, ours: perSecond(watched) }),
  ];
}

function rest(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
