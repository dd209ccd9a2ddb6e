// From POST to the running agent, by `deno task dev` and by `deno task start`, against what cannot be left out: `git rev-parse`, `git worktree add` and the spawn of the
// same program.

import { join } from "@std/path";
import { beginOnly } from "./agent.ts";
import { type HttpClient, httpClient } from "./http_client.ts";
import { median, ms, type Row, row } from "./row.ts";
import { eachFrame, openFrames } from "./server_events.ts";
import { bareGit, type BenchWorld, benchWorld } from "./world.ts";

export async function start(): Promise<Row[]> {
  return [
    ...await onRepository(100, { rounds: 15, atMost: 1.3 }),
    ...await onRepository(100, { rounds: 15, atMost: 1.3, limited: true }),
    ...await onRepository(10_000, {
      rounds: 4,
      atMost: 1.05,
    }),
  ];
}

async function onRepository(
  files: number,
  { rounds, atMost, limited = false }: { rounds: number; atMost: number; limited?: boolean },
): Promise<Row[]> {
  await using world = await benchWorld({ files, limited });
  using client = await httpClient(world.service.url);
  const ours: Start[] = [];
  const theirs: Start[] = [];
  for (let index = 0; index <= rounds; index++) {
    // In turns who is first: the second finds warmer caches.
    const order = index % 2 === 0 ? ["ours", "theirs"] : ["theirs", "ours"];
    for (const who of order) {
      const one = who === "ours" ? await startOurs(world, client) : await startBare(world, index);
      if (index > 0) (who === "ours" ? ours : theirs).push(one);
    }
  }
  const middle = (starts: Start[], of: keyof Start) => ms(median(starts.map((start) => start[of])));
  const size = `${files.toLocaleString("en-US")} files${limited ? ", as `deno task start` runs it" : ""}`;
  const rows = [row({
    measure: `POST to agent started, ${size}`,
    ours: middle(ours, "beganMs"),
    rival: { ...middle(theirs, "beganMs"), name: "rev-parse + worktree add + spawn" },
    goal: { atMost },
  })];
  if (files <= 100) {
    rows.push(row({
      measure: `POST to run.started at an SSE client, ${size}`,
      ours: middle(ours, "spawnedMs"),
      rival: { ...middle(theirs, "spawnedMs"), name: "worktree add + spawn" },
      goal: { atMost: 1.5 },
    }));
  }
  return rows;
}

interface Start {
  /** Until the agent's own first command. */
  beganMs: number;
  /** Until the starter knows that it runs. */
  spawnedMs: number;
}

const wallMs = () => performance.timeOrigin + performance.now();

/** A task whose agent ends at once, until it has ended. */
export async function startOurs({ service }: Pick<BenchWorld, "service">, client: HttpClient): Promise<Start> {
  const at = wallMs();
  const { body } = await client.send("POST", "/api/tasks", { prompt: beginOnly, title: "Begin" });
  const { id } = JSON.parse(body);
  using frames = await openFrames(service.url, `/api/tasks/${id}/stream`);
  let spawnedMs = NaN;
  let beganMs = NaN;
  let isCompleted = false;
  await eachFrame(frames, (frame, now) => {
    if (frame.includes("event: run.started")) spawnedMs = now - at;
    if (frame.includes("event: agent.ready")) beganMs = Number(/"version":"(\d+)"/.exec(frame)![1]) / 1e6 - at;
    isCompleted ||= frame.includes("event: task.completed");
  });
  if (!isCompleted || !Number.isFinite(beganMs + spawnedMs)) throw new Error(`Task ${id} did not complete`);
  return { beganMs, spawnedMs };
}

async function startBare({ repository, agent, folder }: BenchWorld, index: number): Promise<Start> {
  const path = join(folder, `bare-${index}`);
  const at = wallMs();
  const base = await bareGit(repository, "rev-parse", "--verify", "--end-of-options", "HEAD^{commit}");
  const rev = wallMs();
  await bareGit(repository, "worktree", "add", "--no-track", "-b", `bare-${index}`, path, base);
  const child = new Deno.Command(agent, { cwd: path, stdin: "piped", stdout: "piped", stderr: "null" }).spawn();
  const spawned = wallMs();
  const writer = child.stdin.getWriter();
  await writer.write(new TextEncoder().encode(`"${beginOnly}"\n`));
  await writer.close();
  const { stdout } = await child.output();
  const began = /"claude_code_version":"(\d+)"/.exec(new TextDecoder().decode(stdout))![1];
  return { beganMs: Number(began) / 1e6 - at, spawnedMs: spawned - rev };
}
