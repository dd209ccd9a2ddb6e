// What agents that print as fast as they can get into the log: against a bare loop of KV batches, plain SQLite, and a bare
// loop that pipes the same agent into KV batches.

import { join } from "@std/path";
import { DatabaseSync } from "node:sqlite";
import { outputLine, promptOf, type Script } from "./agent.ts";
import { median, perSecond, type Row, row } from "./row.ts";
import { bareKv, type BenchWorld, benchWorld } from "./world.ts";

const rounds = 3;
const batch = 500;
const script: Script = { lines: 20_000, chars: 200, rate: 0 };

export async function throughput(): Promise<Row[]> {
  await using world = await benchWorld();
  const all = { three: [], one: [], batches: [], piped: [], sqlite: [] } as Record<string, number[]>;
  for (let index = 0; index < rounds; index++) {
    all.three!.push(await agentRate(world, { agents: 3, script, since: "line" }));
    all.batches!.push(await batchRate(world));
    all.sqlite!.push(sqliteRate(world));
    all.one!.push(script.lines / await agentRate(world, { agents: 1, script, since: "spawn" }));
    all.piped!.push(await pipedSeconds(world));
  }
  const of = (name: string) => median(all[name]!);
  const three = perSecond(of("three"));
  const seconds = (name: string) => ({ value: of(name) * 1_000, unit: "ms" as const });
  const measure = "events per second durable, 3 agents as fast as they can";
  return [
    row({
      measure,
      ours: three,
      rival: { ...perSecond(of("batches")), name: "KV batches of 500" },
      goal: { atLeast: 0.5 },
    }),
    row({
      measure,
      ours: three,
      rival: { ...perSecond(of("sqlite")), name: "SQLite, a row per commit" },
      goal: { atLeast: 8 },
    }),
    row({
      measure: "a 20,000-line agent, from its start to its last event durable",
      ours: seconds("one"),
      rival: { ...seconds("piped"), name: "the same agent piped into KV batches of 500" },
      goal: { atMost: 1.5 },
    }),
  ];
}

/**
 * Events per second until the last line of all is durable, from the first line of any or the spawn of the first, by the log's
 * own times.
 */
export async function agentRate(
  { service }: Pick<BenchWorld, "service">,
  { agents, script, since }: { agents: number; script: Script; since: "line" | "spawn" },
): Promise<number> {
  // They start together: each waits until all of them are there.
  const prompt = promptOf({ ...script, restMs: agents > 1 ? 1_000 : 0 });
  const tasks = await Promise.all(Array.from({ length: agents }, () => service.createTask({ prompt })));
  let first = Infinity;
  let last = -Infinity;
  let count = 0;
  await Promise.all(tasks.map(({ id }) => untilOver(service.url, id)));
  for (const { id } of tasks) {
    const events = await service.events(id);
    const output = events.filter(({ type }) => type === "output.text");
    if (output.length !== script.lines) throw new Error(`${output.length} of ${script.lines} lines are in the log`);
    const begin = since === "line" ? output[0] : events.find(({ type }) => type === "run.started");
    first = Math.min(first, Date.parse(begin!.at));
    last = Math.max(last, Date.parse(output.at(-1)!.at));
    count += output.length;
  }
  return count / ((last - first) / 1_000);
}

/** Waits without following the output, which would measure the follower too. */
async function untilOver(url: string, id: number): Promise<void> {
  for (;;) {
    const { status } = await (await fetch(`${url}/api/tasks/${id}`)).json();
    if (status === "completed") return;
    if (status !== "pending" && status !== "in_progress") throw new Error(`The task ended ${status}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

async function batchRate({ folder }: BenchWorld): Promise<number> {
  using bare = await bareKv(folder);
  const encoder = new TextEncoder();
  const total = script.lines * 3;
  const start = performance.now();
  for (let at = 0; at < total;) {
    const atomic = bare.kv.atomic();
    for (let index = 0; index < batch; index++, at++) {
      atomic.set(["event", 1, at], encoder.encode(outputLine(at, script.chars)));
    }
    await atomic.commit();
  }
  return total / ((performance.now() - start) / 1_000);
}

function sqliteRate({ folder }: BenchWorld): number {
  const database = new DatabaseSync(join(folder, `bare-${crypto.randomUUID()}.sqlite`));
  database.exec("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
  database.exec("CREATE TABLE event (task INTEGER, seq INTEGER, value BLOB, PRIMARY KEY (task, seq)) WITHOUT ROWID");
  const insert = database.prepare("INSERT INTO event VALUES (1, ?, ?)");
  const encoder = new TextEncoder();
  const total = 2_000;
  const start = performance.now();
  for (let at = 0; at < total; at++) insert.run(at, encoder.encode(outputLine(at, script.chars)));
  const rate = total / ((performance.now() - start) / 1_000);
  database.close();
  return rate;
}

/** The same agent without us: its lines in batches into a bare KV. */
async function pipedSeconds({ agent, folder }: BenchWorld): Promise<number> {
  using bare = await bareKv(folder);
  const start = performance.now();
  const child = new Deno.Command(agent, { cwd: folder, stdin: "piped", stdout: "piped", stderr: "null" }).spawn();
  const writer = child.stdin.getWriter();
  const message = { type: "user", message: { content: [{ type: "text", text: promptOf(script) }] } };
  await writer.write(new TextEncoder().encode(`${JSON.stringify(message)}\n`));
  let seq = 0;
  let rest = new Uint8Array();
  let lines: Uint8Array[] = [];
  const flush = async () => {
    const atomic = bare.kv.atomic();
    for (const line of lines) atomic.set(["event", 1, ++seq], line);
    lines = [];
    await atomic.commit();
  };
  for await (const chunk of child.stdout) {
    let from = 0;
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      const line = new Uint8Array(rest.length + end - from);
      line.set(rest);
      line.set(chunk.subarray(from, end), rest.length);
      rest = new Uint8Array();
      from = end + 1;
      lines.push(line);
      if (lines.length === batch) await flush();
    }
    rest = chunk.slice(from);
  }
  if (lines.length > 0) await flush();
  const seconds = (performance.now() - start) / 1_000;
  await writer.close();
  await child.status;
  return seconds;
}
