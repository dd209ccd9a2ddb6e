// One simulation: a seed draws workers, machines, load and faults; the engine runs; then the faults end, and everything
// that can end must end.

import { blockers } from "../../core/domain/plan.ts";
import { isAtEnd as isDone } from "../../core/domain/landing_order.ts";
import { dependencyStatus } from "../../core/domain/task.ts";
import { checkStore } from "./check_store.ts";
import { Client } from "./client.ts";
import { heal, injectFaults } from "./faults.ts";
import { Machine } from "./machine.ts";
import { Network } from "./network.ts";
import { Node } from "./node.ts";
import { Oracle } from "./oracle.ts";
import { SimulatedExchange } from "./simulated_exchange.ts";
import { SimulatedKv } from "./simulated_kv.ts";
import { personAtWork, type SimulatedRepository } from "./simulated_repository.ts";
import { checkSchedules, SchedulePlay } from "./schedules.ts";
import { drawSettings } from "./simulated_step.ts";
import { Receivers } from "./webhooks.ts";
import { WorkOracle } from "./work_oracle.ts";
import { World } from "./world.ts";

export interface Report {
  seed: number;
  /** A digest of the whole trace. */
  hash: string;
  violations: string[];
  trace: string[];
  picks: number;
  virtualMs: number;
  tasks: number;
  events: number;
}

/** Everything ends within this after the faults: a pause of dispatch may last an hour. */
const patienceMs = 2 * 3_600_000;

export async function simulate(seed: number, { wholeTrace = false } = {}): Promise<Report> {
  const world = new World(seed, { wholeTrace });
  const onRejection = (event: PromiseRejectionEvent) => {
    event.preventDefault();
    world.violation(`a rejection was not handled: ${event.reason?.stack ?? event.reason}`);
  };
  globalThis.addEventListener("unhandledrejection", onRejection);
  try {
    return await play(world);
  } finally {
    globalThis.removeEventListener("unhandledrejection", onRejection);
  }
}

async function play(world: World): Promise<Report> {
  const { random } = world;
  const shared = random.chance(0.7);
  const maxConcurrent = random.integer(1, 3);
  const kv = new SimulatedKv(() => random.integer(1, 3));
  const network = new Network(world, kv, {
    shared,
    isRemote: shared && random.chance(0.7),
    watchIsSilent: random.chance(0.3),
  });
  const settings = drawSettings(world);
  const exchange = shared && random.chance(0.6) ? new SimulatedExchange(world) : null;
  const holdMs = random.pick([0, 10_000, 120_000]);
  const work = new WorkOracle(world, exchange, (worker): SimulatedRepository => machineOf(worker).repository);
  const oracle = new Oracle(world, kv, work, { maxConcurrent, setup: settings.setup, check: settings.check });
  const receivers = new Receivers(world, kv, oracle);
  // Where work crosses, each has a clone of its own.
  const isOneMachine = exchange === null && random.chance(0.3);
  const machines = [0, 1, 2].map((n) => new Machine(world, `machine-${n}`));
  const nodes = Array.from({ length: shared ? random.integer(2, 3) : 1 }, (_, n) =>
    new Node(world, {
      id: random.uuid(),
      name: `worker-${n}`,
      machine: machines[isOneMachine ? 0 : n]!,
      network,
      oracle,
      settings,
      receivers,
      shared,
      maxConcurrent,
      holdMs,
    }));
  const machineOf = (worker: string): Machine => nodes.find(({ options: { id } }) => id === worker)!.options.machine;
  oracle.repositoryOf = work.repositoryOf;
  world.note(
    `seed ${world.seed}: ${nodes.length} workers, ${shared ? "shared" : "local"} store, ${maxConcurrent} slots${
      exchange ? ", an exchange" : ""
    }`,
  );
  const client = new Client(world, nodes, oracle);
  const untilMs = random.between(20_000, 60_000);
  for (const node of nodes) node.start();
  const schedules = new SchedulePlay(world, nodes, oracle);
  schedules.begin({ untilMs });
  receivers.begin(nodes);
  client.begin({ tasks: random.integer(2, 8), commands: random.integer(0, 12), untilMs });
  for (const machine of machines) personAtWork(machine.repository, { count: random.integer(0, 5), untilMs });
  injectFaults(world, {
    nodes,
    network,
    exchange,
    untilMs,
    count: random.chance(0.3) ? random.integer(10, 25) : random.integer(0, 8),
  });

  await world.run(() => false, { withinMs: untilMs });
  heal(world, { nodes, network, exchange });
  const unsent = () => kv.list({ prefix: ["unsent"] }, { limit: 10, reverse: false }).map(({ value }) => value);
  const isUp = () =>
    network.isAnswering && nodes.every(({ service, process }) => service !== null && process!.pausedUntil <= world.now);
  const isSettled = () =>
    isUp() && client.isAnswered && schedules.isOver && unsent().length === 0 && machines.every(({ repository }) =>
      repository.checkouts.size === 0
    ) &&
    [...oracle.histories.keys()].every((id) => isAtRest(oracle, id)) && receivers.isSettled();
  let hasEnded = false;
  const settling = () => {
    // What it lands after that would set to work whoever waited for it, while the end is looked at.
    if (hasEnded) return;
    void client.settle();
    world.later(5_000, null, settling);
  };
  settling();
  hasEnded = await world.run(isSettled, { withinMs: patienceMs });
  if (!hasEnded) {
    const left = [...oracle.histories.keys()].filter((id) => !isAtRest(oracle, id));
    const [what, given] = [`tasks ${left} did not end`, `tasks ${unsent()} were not given to the exchange`];
    world.violation(`${what}, ${given}, within ${patienceMs} ms after the faults`);
  }
  if (world.violations.length === 0) await readAll(world, nodes, oracle);
  await stopAll(world, nodes);
  if (world.violations.length === 0) {
    for (const { repository } of machines) checkRepository(repository);
    await checkStore(world, { kv, oracle, client });
    checkSchedules(world, oracle);
    receivers.check();
  }
  const events = [...oracle.histories.values()].reduce((sum, { lines }) => sum + lines.length, 0);
  const { seed, hash, violations, trace, picks, now } = world;
  return { seed, hash, violations, trace, picks, virtualMs: now, tasks: oracle.histories.size, events };
}

/** Over, or waiting for a dependency that is at rest and did not complete. */
function isAtRest({ histories }: Pick<Oracle, "histories">, id: number): boolean {
  const task = histories.get(id)!.task;
  if (id === 0 || isDone(task)) return true;
  if (task.status !== "pending" || task.cancel_requested || task.run || task.ending) return false;
  const statusOf = (one: number) => {
    const known = histories.get(one);
    return known && dependencyStatus(known.task);
  };
  return blockers(task, { statusOf }).some(({ id: one }) => one !== id && isAtRest({ histories }, one));
}

/** Once every call that got lost has met its deadline, every worker answers with the newest state of every task, whoever wrote it. */
async function readAll(world: World, nodes: Node[], { histories }: Oracle): Promise<void> {
  await world.run(() => false, { withinMs: 12_000 });
  const ids = [...histories.keys()].filter((id) => id > 0);
  let left = nodes.length * ids.length;
  for (const { name, service } of nodes) {
    for (const id of ids) {
      service!.read(id).then(({ seq }) => {
        const last = histories.get(id)!.lines.length;
        if (seq !== last) world.violation(`${name} shows task ${id} as it was at event ${seq} of ${last}`);
        left--;
      }, (error) => world.violation(`${name} cannot read task ${id}: ${error.stack}`));
    }
  }
  if (!await world.run(() => left === 0, { withinMs: 60_000 })) world.violation(`${left} reads were not answered`);
}

/** Nothing of a landing stands any more. */
function checkRepository({ world, checkouts }: SimulatedRepository): void {
  for (const { path } of checkouts.values()) world.violation(`the checkout ${path} was left standing`);
}

/** Every worker stops softly, and then nothing is left running. */
async function stopAll(world: World, nodes: Node[]): Promise<void> {
  let running = nodes.length;
  for (const node of nodes) void node.stop().then(() => running--);
  await world.run(() => running === 0, { withinMs: 120_000 });
  if (running > 0) world.violation(`${running} workers did not stop`);
}
