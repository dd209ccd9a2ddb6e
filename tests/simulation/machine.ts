// A machine: its wall clock, its disk, and the agents that live on it, whoever started them.

import type { LiveAgent } from "./simulated_agent.ts";
import type { LiveStep } from "./simulated_step.ts";
import { SimulatedRepository } from "./simulated_repository.ts";
import type { Owner, World } from "./world.ts";

export const mebibyte = 1024 * 1024;

export class Machine implements Owner {
  alive = true;
  pausedUntil = 0;
  sleptMs = 0;
  wallOffsetMs = 0;
  freeBytes = 10_000 * mebibyte;
  readonly agents = new Set<LiveAgent>();
  /** Commands of the repository. */
  readonly steps = new Set<LiveStep>();
  /** Worktrees by path, with the task they belong to. */
  readonly folders = new Map<string, { task: number; branch: string }>();
  readonly processes: Process[] = [];
  readonly repository: SimulatedRepository;

  constructor(readonly world: World, readonly name: string) {
    this.repository = new SimulatedRepository(world);
  }

  /** The lid is closed: everything stands still, the monotonic clock too. */
  sleep(ms: number): void {
    for (const one of [this, ...this.processes]) {
      one.sleptMs += ms;
      one.pausedUntil = Math.max(one.pausedUntil, this.world.now) + ms;
    }
    for (const process of this.processes) process.wokeAt = process.pausedUntil;
  }
}

/** One life of a worker's program. */
export class Process implements Owner {
  alive = true;
  pausedUntil = 0;
  sleptMs = 0;
  /** When it was last held up, asleep or without its store; after that it needs a moment to notice. */
  wokeAt = -Infinity;

  constructor(readonly machine: Machine, readonly name: string) {
    machine.processes.push(this);
    this.pausedUntil = machine.pausedUntil;
  }

  /** SIGSTOP, then SIGCONT after `ms`. Its agents go on. */
  pause(ms: number): void {
    this.pausedUntil = Math.max(this.pausedUntil, this.machine.world.now) + ms;
    this.wokeAt = this.pausedUntil;
  }

  /** Nothing it waits for ever comes; its agents go on. */
  crash(): void {
    this.alive = false;
    this.machine.processes.splice(this.machine.processes.indexOf(this), 1);
  }

  wait(ms: number): Promise<void> {
    return this.machine.world.wait(ms, this);
  }
}
