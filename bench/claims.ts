// Eight schedulers that share one store claim a thousand pending tasks as fast as they can, in strict order, each task once;
// against the rate of bare KV commits and against job queues on PostgreSQL, where it is installed. In a process of its own:
// the agents that the schedulers wait for never come.

import { join } from "@std/path";
import { engine } from "../core/engine/engine.ts";
import { denoKv } from "../core/kv/kv.ts";
import { keys } from "../core/kv/keys.ts";
import { buildStore } from "../core/kv/store.ts";
import type { Worktrees } from "../core/process/git/worktrees.ts";
import { systemClock, systemRandom } from "../core/host/system.ts";
import { noneAdded, noProject, notSetUp } from "../tests/support/no_project.ts";
import { tempDir } from "../tests/support/temp.ts";
import { writeHistory } from "./history.ts";
import { postgresQueues } from "./postgres_queues.ts";
import { median, perSecond, type Row, row } from "./row.ts";
import { bareKv } from "./world.ts";

const schedulers = 8;
const tasks = 1_000;
const rounds = 3;

interface Claims {
  perSecond: number;
  /** Claims of a task that had been claimed before. */
  duplicates: number;
  /** Claims that came before one of a task that goes first. */
  outOfOrder: number;
  commitsPerSecond: number;
}

export async function claims(): Promise<Row[]> {
  const all: Claims[] = [];
  for (let index = 0; index < rounds; index++) {
    const { stdout, success } = await new Deno.Command(Deno.execPath(), {
      args: ["run", "-A", "--quiet", import.meta.filename!],
      stdin: "null",
      stderr: "inherit",
    }).output();
    if (!success) throw new Error("The claims could not be measured");
    all.push(JSON.parse(new TextDecoder().decode(stdout)));
  }
  const middle = (field: keyof Claims) => median(all.map((one) => one[field]));
  const duplicates = all.reduce((sum, one) => sum + one.duplicates, 0);
  const outOfOrder = all.reduce((sum, one) => sum + one.outOfOrder, 0);
  const measure = `claims, ${schedulers} schedulers on 1,000 pending tasks`;
  const ours = perSecond(middle("perSecond"));
  const found = await postgresQueues({ workers: schedulers, jobs: tasks });
  return [
    row({
      measure,
      ours,
      rival: { ...perSecond(middle("commitsPerSecond")), name: "KV commits, one at a time" },
      goal: { atLeast: 0.25 },
      note: `${duplicates} duplicates, ${outOfOrder} out of order`,
    }),
    ...found.map(({ name, jobsPerSecond }) => row({ measure, ours, rival: { ...perSecond(jobsPerSecond), name } })),
    ...(found.length > 0
      ? []
      : [row({ measure, ours, note: "PostgreSQL is not installed: no job queue to compare with" })]),
  ];
}

async function measureHere(): Promise<Claims> {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  await writeHistory(path, { tasks, output: 0, end: null });
  using file = await Deno.openKv(path);
  const kv = { ...denoKv(file, { clock: systemClock }), close() {} };
  const gate = Promise.withResolvers<void>();
  let asked = 0;
  const never = new Promise<never>(() => {});
  const claimed: number[] = [];
  const done = Promise.withResolvers<void>();
  for (let index = 0; index < schedulers; index++) {
    const store = await buildStore(kv, { clock: systemClock, random: systemRandom, shared: true });
    if (index === 0) {
      store.tail.subscribe(({ events }) => {
        for (const { event } of events) if (event.type === "run.claimed") claimed.push(event.task);
        if (claimed.length >= tasks) done.resolve();
      });
    }
    const started = engine({
      store,
      clock: systemClock,
      random: systemRandom,
      worktrees: { add: () => never, names: () => Promise.resolve(new Set()) } as unknown as Worktrees,
      // Asked once the queue is planned: they all begin to claim at the same moment.
      async agent() {
        asked++;
        await gate.promise;
        return () => never;
      },
      worker: { id: crypto.randomUUID(), name: `bench-${index}` },
      settings: {
        maxConcurrent: tasks / schedulers,
        repos: ["repo"],
        promptSuffix: "",
        stallMs: 1e9,
        logs: folder.path,
      },
      ...noProject,
      freeBytes: () => Promise.resolve(null),
      warn: (message, error) => console.error(message, error),
    }, {
      endSurvivors: () => Promise.resolve(0),
      watcher: null,
      pid: Deno.pid,
      surroundings: () => ({ agent: {} } as never),
      repositories: { added: noneAdded } as never,
      setUp: notSetUp,
      pullRequests: {} as never,
    });
    await started.start();
  }
  while (asked < schedulers) await new Promise((resolve) => setTimeout(resolve, 10));
  const start = performance.now();
  gate.resolve();
  await done.promise;
  const seconds = (performance.now() - start) / 1_000;
  using bare = await bareKv(folder.path);
  const commits = 500;
  const value = new Uint8Array(1_000).fill(120);
  const since = performance.now();
  for (let index = 0; index < commits; index++) await bare.kv.set(["bare", index], value);
  const commitsPerSecond = commits / ((performance.now() - since) / 1_000);
  // What the log says, not what was heard: every claim of every task.
  const inLog: number[] = [];
  for await (const { value } of file.list<[number, number, number][]>({ prefix: keys.allEntries() })) {
    for (const [task, from] of value) if (task > 0 && from === 2) inLog.push(task);
  }
  let outOfOrder = 0;
  let highest = 0;
  for (const task of inLog) {
    if (task < highest) outOfOrder++;
    highest = Math.max(highest, task);
  }
  return { perSecond: tasks / seconds, duplicates: inLog.length - tasks, outOfOrder, commitsPerSecond };
}

if (import.meta.main) {
  console.log(JSON.stringify(await measureHere()));
  Deno.exit(0);
}
