// What goes wrong in the large, drawn at random: crashes, power cuts, pauses, closed lids, jumping clocks, full disks,
// killed agents, stores that do not answer or refuse, connections that are silent for good.

import { type Machine, mebibyte } from "./machine.ts";
import type { Network } from "./network.ts";
import type { Node } from "./node.ts";
import type { SimulatedExchange } from "./simulated_exchange.ts";
import type { World } from "./world.ts";

export function injectFaults(world: World, { nodes, network, exchange, untilMs, count }: {
  nodes: Node[];
  network: Network;
  exchange: SimulatedExchange | null;
  untilMs: number;
  count: number;
}): void {
  const { random } = world;
  // Half of them at any time, half right after a commit: there most is under way.
  const afterCommits = new Set<number>();
  for (let n = 0; n < count; n++) {
    if (random.chance(0.5)) {
      world.later(random.between(500, untilMs), null, () => strike(world, { nodes, network, exchange }));
    } else afterCommits.add(random.integer(1, 150));
  }
  let commits = 0;
  network.kv.listen(() => {
    if (world.faulty && afterCommits.delete(++commits)) {
      world.later(random.between(0, 4), null, () => strike(world, { nodes, network, exchange }));
    }
  });
}

interface Struck {
  nodes: Node[];
  network: Network;
  exchange: SimulatedExchange | null;
}

function strike(world: World, { nodes, network, exchange }: Struck): void {
  const { random } = world;
  const node = random.pick(nodes);
  const { process, options: { machine } } = node;
  const lengths = [random.between(100, 3_000), random.between(3_000, 12_000), random.between(12_000, 40_000)];
  // Where work crosses, others go on with it for a while before its worker is there again.
  if (exchange) lengths.push(random.between(30_000, 120_000));
  const ms = random.pick(lengths);
  if (!process?.alive) return;
  if (exchange && random.chance(0.15)) {
    world.note(`the exchange is away for ${Math.round(ms)} ms`);
    exchange.downUntil = world.now + ms;
    return;
  }
  switch (random.integer(0, network.isRemote ? 13 : 11)) {
    case 0:
    case 1:
      node.crash();
      world.later(ms, null, () => node.start());
      break;
    case 2:
      world.note(`${process.name} is stopped for ${Math.round(ms)} ms`);
      process.pause(ms);
      break;
    case 3:
      world.note(`${machine.name} sleeps for ${Math.round(ms)} ms`);
      machine.sleep(ms);
      break;
    case 4:
      jump(world, machine);
      break;
    case 5:
      world.note(`the store does not answer ${process.name} for ${Math.round(ms)} ms`);
      network.cutUntil.set(process, world.now + ms);
      break;
    case 6:
      world.note(`the store is slow for ${Math.round(ms)} ms`);
      network.slowUntil = world.now + ms;
      break;
    case 7:
      world.note(`the disk is nearly full for ${Math.round(ms)} ms`);
      machine.freeBytes = random.pick([30, 150]) * mebibyte;
      if (random.chance(0.5)) network.fullUntil = world.now + ms;
      world.later(ms, null, () => machine.freeBytes = 10_000 * mebibyte);
      break;
    case 8:
      // Held for a while, what it put back may go on elsewhere before it is there again.
      void node.stop().then(() => world.later(random.chance(0.5) ? 500 : ms, null, () => node.start()));
      break;
    case 9:
      world.note(`the store does not answer ${process.name} for ${Math.round(ms)} ms and then finds its disk full`);
      network.cutUntil.set(process, world.now + ms);
      network.fullUntil = world.now + ms + 3_000;
      break;
    case 10:
      if (machine.agents.size > 0) random.pick([...machine.agents]).kill();
      break;
    case 11:
      world.note(`the power of ${machine.name} fails`);
      for (const one of nodes.filter(({ process, options }) => options.machine === machine && process?.alive)) {
        one.crash();
        world.later(ms, null, () => one.start());
      }
      for (const agent of [...machine.agents]) agent.kill();
      break;
    case 12:
      world.note(`the connection of ${process.name} falls silent`);
      network.silence(process);
      break;
    case 13:
      world.note(`the store refuses ${process.name} for ${Math.round(ms)} ms`);
      network.refusedUntil.set(process, world.now + ms);
      break;
  }
}

/**
 * The clock of a machine is set. Not while it sleeps, or before those that were held up have looked at it again: one that is
 * set back by as much as it slept hides that from every program, as the monotonic clock stood still.
 */
function jump(world: World, machine: Machine): void {
  const wokenAt = Math.max(...[machine, ...machine.processes].map(({ pausedUntil }) => pausedUntil)) + 1_000;
  if (wokenAt > world.now) return void world.later(wokenAt - world.now, null, () => jump(world, machine));
  if (!world.faulty) return;
  world.note(`the clock of ${machine.name} jumps`);
  machine.wallOffsetMs += world.random.pick([-3_600_000, -20_000, -500, 500, 20_000, 3_600_000]);
}

/** Whatever was wrong is over. */
export function heal(world: World, { nodes, network, exchange }: Struck): void {
  world.note("The faults are over");
  world.faulty = false;
  network.cutUntil.clear();
  network.refusedUntil.clear();
  network.slowUntil = 0;
  network.fullUntil = 0;
  if (exchange) exchange.downUntil = 0;
  for (const { options: { machine } } of nodes) {
    machine.freeBytes = 10_000 * mebibyte;
    for (const agent of [...machine.agents]) agent.recover();
  }
}
