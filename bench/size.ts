// What a person would feel of sheer size, each against a small one in turns: lists and searches of 10,000 pending tasks, a task
// of 1,000,000 events opened and paged through, and a task in a repository with 100,000 refs of ours, and a year of
// raw logs. (The board with 10,000
// pending tasks is in board.ts, standing worktrees are in growth.ts.)

import { join } from "@std/path";
import { tempDir } from "../tests/support/temp.ts";
import { commitOnly, stayOnly } from "./agent.ts";
import { type Past, writeHistory } from "./history.ts";
import { httpClient } from "./http_client.ts";
import { inTurns } from "./in_turns.ts";
import { median, ms, type Row, row, timed } from "./row.ts";
import { bareGit, type BenchWorld, benchWorld } from "./world.ts";

const manyTasks = 10_000;
const fewTasks = 100;
const manyEvents = 1_000_000;
const fewEvents = 1_000;
const manyRefs = 100_000;
const manyLogs = 20_000;
const goal = { atMost: 1.3 };

export async function size(): Promise<Row[]> {
  return [...await lists(), ...await histories(), ...await refs(), ...await rawLogs()];
}

async function lists(): Promise<Row[]> {
  await using many = await pastWorld({ tasks: manyTasks, output: 0, end: null, prompt: stayOnly });
  await using few = await pastWorld({ tasks: fewTasks, output: 0, end: null, prompt: stayOnly });
  const list = await compare(many, few, {
    "the list, 10,000 pending": "/api/tasks?status=pending&limit=100",
  }, "100 pending");
  // A page of a search looks at 5,000 tasks at most, so what it takes has a bound and is no ratio.
  return [...list, ...await searches(many)];
}

async function searches(world: BenchWorld): Promise<Row[]> {
  using client = await httpClient(world.service.url);
  const ask = (q: string) => () => timed(() => client.send("GET", `/api/tasks?q=${q}`));
  const times = await inTurns({ found: ask("task%2050"), nothing: ask("nowhere") });
  const measure = "the first page of a search, 10,000 pending";
  return [
    row({ measure: `${measure}, that finds`, ours: ms(times.found), goal: { atMost: 500 } }),
    row({ measure: `${measure}, that finds nothing`, ours: ms(times.nothing), goal: { atMost: 500 } }),
  ];
}

async function histories(): Promise<Row[]> {
  await using many = await pastWorld({ tasks: 1, output: manyEvents - 6, end: "completed" });
  await using few = await pastWorld({ tasks: 1, output: fewEvents - 6, end: "completed" });
  const at = (share: number) => (world: BenchWorld) => Math.floor((world === many ? manyEvents : fewEvents) * share);
  const [middle, end] = [at(0.5), at(0.9)];
  return await compare(many, few, {
    "a task of 1,000,000 events, its page": "/tasks/1",
    "a task of 1,000,000 events, as JSON": "/api/tasks/1",
    "100 events from its middle": (world) => `/api/tasks/1/events?after=${middle(world)}&limit=100`,
    "100 events near its end": (world) => `/api/tasks/1/events?after=${end(world)}&limit=100`,
    "the task as it was in its middle": (world) => `/api/tasks/1?at=${middle(world)}`,
  }, "1,000 events");
}

/** A task of an agent that only commits, from POST to its end, where every task of a long past left a ref. */
async function refs(): Promise<Row[]> {
  await using many = await benchWorld();
  await using few = await benchWorld();
  await addRefs(many.repository, manyRefs);
  const times = await inTurns({ many: () => untilOver(many), few: () => untilOver(few) });
  return [row({
    measure: "POST to the end of a task that commits, 100,000 refs under refs/coder/",
    ours: ms(times.many!),
    rival: { ...ms(times.few!), name: "no refs" },
    goal,
  })];
}

/** The raw logs of a year: the service's start, what they take up, and one of them opened. */
async function rawLogs(): Promise<Row[]> {
  const starts: Record<string, number[]> = { large: [], small: [] };
  const worlds = { large: await loggedFolder(manyLogs), small: await loggedFolder(1) };
  await using stack = new AsyncDisposableStack();
  for (const { folder } of Object.values(worlds)) stack.use(folder);
  for (let round = 0; round < 5; round++) {
    for (const name of ["large", "small"] as const) {
      await using world = await benchWorld({ data: worlds[name].folder.path });
      starts[name]!.push(world.startedMs);
    }
  }
  const [large, small] = [
    stack.use(await benchWorld({ data: worlds.large.folder.path })),
    stack.use(await benchWorld({ data: worlds.small.folder.path })),
  ];
  const counted = await timed(async () => {
    while ((await large.service.health()).stored.logs_bytes !== manyLogs * logBytes) {
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  });
  return [
    row({
      measure: "start with 20,000 raw logs",
      ours: ms(median(starts.large!)),
      rival: { ...ms(median(starts.small!)), name: "one log" },
      goal,
    }),
    row({ measure: "until /healthz knows what 20,000 raw logs take up", ours: ms(counted), goal: { atMost: 5_000 } }),
    ...await compare(large, small, {
      "/healthz, 20,000 raw logs": "/healthz",
      "a raw log opened, 20,000 raw logs": "/api/tasks/1/log",
    }, "one log"),
  ];
}

const logBytes = 2_000;

/** A data folder with one task that is over and so many logs. */
async function loggedFolder(count: number): Promise<{ folder: Awaited<ReturnType<typeof tempDir>> }> {
  const folder = await tempDir();
  const logs = join(folder.path, "data", "logs");
  await Deno.mkdir(logs, { recursive: true });
  await writeHistory(join(folder.path, "data", "coder.db"), { tasks: 1, output: 10, end: "completed" });
  const text = `${"x".repeat(logBytes - 1)}\n`;
  for (let id = 1; id <= count; id++) Deno.writeTextFileSync(join(logs, `task-${id}.log`), text);
  return { folder };
}

/** Each request to both in turns; what is large must not be dearer. */
async function compare(
  large: BenchWorld,
  small: BenchWorld,
  requests: Record<string, string | ((world: BenchWorld) => string)>,
  than: string,
): Promise<Row[]> {
  using toLarge = await httpClient(large.service.url);
  using toSmall = await httpClient(small.service.url);
  const rows: Row[] = [];
  for (const [measure, path] of Object.entries(requests)) {
    const ask = (client: typeof toLarge, world: BenchWorld) => async () => {
      const of = typeof path === "string" ? path : path(world);
      return await timed(async () => {
        const { status } = await client.send("GET", of);
        if (status !== 200) throw new Error(`GET ${of}: ${status}`);
      });
    };
    const times = await inTurns({ large: ask(toLarge, large), small: ask(toSmall, small) });
    rows.push(row({ measure, ours: ms(times.large!), rival: { ...ms(times.small!), name: than }, goal }));
  }
  return rows;
}

async function pastWorld(past: Past): Promise<BenchWorld> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await tempDir()).path;
  await Deno.mkdir(join(folder, "data"));
  await writeHistory(join(folder, "data", "coder.db"), past);
  const world = stack.use(await benchWorld({ data: folder, env: { CODER_MAX_CONCURRENT: "1" } }));
  // The only slot is busy; the others wait.
  if (past.end === null) await world.service.waitFor(1, (task) => task.run?.started_at);
  const kept = stack.move();
  return { ...world, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

async function addRefs(repository: string, count: number): Promise<void> {
  const commit = await bareGit(repository, "rev-parse", "HEAD");
  const names = Array.from({ length: count }, (_, n) => `refs/coder/task-${1_000_000 + n}/point-run-1`);
  // As git leaves them; by git itself it takes minutes.
  await bareGit(repository, "pack-refs", "--all");
  const path = join(repository, ".git", "packed-refs");
  const [head, ...own] = (await Deno.readTextFile(path)).trimEnd().split("\n");
  const all = [...own, ...names.map((name) => `${commit} ${name}`)];
  const byName = (a: string, b: string) => a.slice(commit.length) < b.slice(commit.length) ? -1 : 1;
  await Deno.writeTextFile(path, [head, ...all.sort(byName), ""].join("\n"));
}

async function untilOver({ service }: BenchWorld): Promise<number> {
  return await timed(async () => {
    const { id } = await service.createTask({ prompt: commitOnly, title: "Grow" });
    await service.waitForStatus(id, "completed");
  });
}
