// Rounds of damage on several workers at a real KV Connect server: workers are killed, stopped and cut off, the server goes away;
// then the faults stop, everything must come to its end, and every promise is checked.

import { delay } from "@std/async";
import { agentsOf, allOver, type Cluster, fake, ready, startCluster } from "../cluster/cluster.ts";
import type { Passage, Relay } from "../cluster/relay.ts";
import { type SeededRandom, seededRandom } from "../simulation/seeded_random.ts";
import type { TestService } from "../support/service.ts";
import { eventually } from "../support/temp.ts";
import { brokenInLog, type Snapshot } from "./invariants.ts";
import { signal } from "./processes.ts";

export interface MachinesReport {
  violations: string[];
  tasks: number;
  events: number;
  /** What was done, with its number of times. */
  faults: Record<string, number>;
}

interface Worker {
  name: string;
  relay: Relay;
  service: TestService;
  /** A fault of it is not over yet. */
  isHurt: boolean;
}

interface World {
  cluster: Cluster;
  workers: Worker[];
  random: SeededRandom;
  isServerAway: boolean;
}

const cap = 2;
const endWithinMs = 240_000;
const longestFaultMs = 22_000;

export async function machinesChaos({ seed, machines, rounds, tasksPerRound = 12, say = () => {} }: {
  seed: number;
  machines: number;
  rounds: number;
  tasksPerRound?: number;
  say?: (line: string) => void;
}): Promise<MachinesReport> {
  const random = seededRandom(seed);
  await using cluster = await startCluster();
  const workers = await Promise.all(Array.from({ length: machines }, async (_, n): Promise<Worker> => {
    const [name, relay] = [`worker-${n + 1}`, cluster.relay()];
    return { name, relay, service: await cluster.start(name, { cap, url: relay.url }), isHurt: false };
  }));
  const world: World = { cluster, workers, random, isServerAway: false };
  const report: MachinesReport = { violations: [], tasks: 0, events: 0, faults: {} };
  const acknowledged = new Map<string, number>();
  for (let round = 1; round <= rounds && report.violations.length === 0; round++) {
    const loading = Promise.all(Array.from({ length: tasksPerRound }, async (_, n) => {
      await delay(random.between(0, 10_000));
      const title = `round-${round}-${n}`;
      acknowledged.set(title, await create(world, title));
    }));
    const done: string[] = [];
    const hurting: Promise<void>[] = [];
    for (let n = random.integer(1, 4); n > 0; n--) {
      await delay(random.between(100, 4_000));
      const [name, fault] = random.pick(faults);
      done.push(name);
      report.faults[name] = (report.faults[name] ?? 0) + 1;
      hurting.push(fault(world, random.between(100, longestFaultMs)));
    }
    await Promise.all([loading, ...hurting]);
    report.violations.push(...await atRest(world, acknowledged));
    const { tasks, stream } = await cluster.snapshot();
    [report.tasks, report.events] = [tasks.length, stream.length];
    say(`round ${round}: ${done.join(", ")}; ${tasks.length} tasks, ${stream.length} events`);
  }
  return report;
}

/** Asks one door after another, with the same key, until one has taken it. */
async function create({ workers, random }: World, title: string): Promise<number> {
  const spec = { ...fake(`${random.pick(["work", "tree"])} ${random.integer(3, 120)}`), title };
  for (;;) {
    const door = random.pick(workers).service;
    try {
      const within = AbortSignal.timeout(15_000);
      const headers = { "idempotency-key": title };
      const answer = await door.call("/api/tasks", { json: spec, headers, signal: within });
      if (answer.ok) return (await answer.json()).id;
      await answer.body?.cancel();
    } catch { /* it is gone, or does not answer */ }
    await delay(100);
  }
}

type Fault = (world: World, ms: number) => Promise<void>;

/** A fault of one worker that has none yet. */
function ofWorker(hurt: (worker: Worker, ms: number, world: World) => Promise<void>): Fault {
  return async (world, ms) => {
    const well = world.workers.filter(({ isHurt }) => !isHurt);
    if (well.length === 0) return;
    const worker = world.random.pick(well);
    worker.isHurt = true;
    await hurt(worker, ms, world).finally(() => worker.isHurt = false);
  };
}

/** kill -9 of the server, for as long as `away` takes. */
function ofServer(away: (ms: number) => Promise<void>): Fault {
  return async (world, ms) => {
    if (world.isServerAway) return;
    world.isServerAway = true;
    await world.cluster.server.kill();
    await away(ms);
    await world.cluster.server.restart();
    world.isServerAway = false;
  };
}

function cutOff(passage: Passage): Fault {
  return ofWorker(async ({ relay }, ms) => {
    relay.set(passage);
    await delay(ms);
    relay.set("open");
  });
}

const faults: [string, Fault][] = [
  [
    "kill",
    ofWorker(async (worker, ms, { cluster }) => {
      await worker.service.kill();
      await delay(ms);
      worker.service = await cluster.start(worker.name, { cap, url: worker.relay.url });
    }),
  ],
  [
    "stop",
    ofWorker(async ({ service }, ms) => {
      signal(service.pid, "SIGSTOP");
      await delay(ms);
      signal(service.pid, "SIGCONT");
    }),
  ],
  ["refused", cutOff("refused")],
  ["half-open", cutOff("half-open")],
  ["black hole", cutOff("black hole")],
  ["silence", ofWorker(({ relay }) => Promise.resolve(relay.swallow()))],
  ["server killed", ofServer(() => Promise.resolve())],
  ["server away", ofServer((ms) => delay(ms))],
];

/** Waits until all is over, and says what is not as promised. */
async function atRest(
  { cluster, workers }: World,
  acknowledged: ReadonlyMap<string, number>,
): Promise<string[]> {
  try {
    await Promise.all(workers.map(({ service }) => ready(service)));
    await allOver(workers[0]!.service, { timeoutMs: endWithinMs });
    for (const { service, name } of workers) {
      const isIdle = async () => (await agentsOf(service)).length === 0;
      await eventually(isIdle, { what: `no agent of ${name} is left`, timeoutMs: 20_000 });
    }
  } catch (error) {
    return [`${error}`, ...workers.map(({ name, service }) => `${name}:\n${service.output.slice(-2_000)}`)];
  }
  const snapshot = await cluster.snapshot();
  return [...brokenInLog(snapshot, { acknowledged, cap }), ...notCompletedOnce(snapshot)];
}

function notCompletedOnce({ tasks, histories }: Snapshot): string[] {
  return tasks.flatMap(({ id, title, status }) => {
    const events = histories.get(id)!;
    const completions = events.filter(({ type }) => type === "task.completed").length;
    const lost = events.filter((event) => event.type === "run.finished" && event.data.outcome === "lost").length;
    // A task whose worker is lost again and again is given up.
    if (status === "failed" && lost >= 3) return [];
    return completions === 1 ? [] : [`task ${id} "${title}" is ${status}, and was completed ${completions} times`];
  });
}
