// Virtual time. Everything that waits, waits for a *pick*: the world takes the next one from its queue, sets its clock to
// it, runs it, and lets every promise that follows from it settle before it takes another. No real timer and no I/O is
// left, so the same seed gives the same picks in the same order.

import { setImmediate } from "node:timers";
import type { Clock } from "../../core/domain/ports.ts";
import { type SeededRandom, seededRandom } from "./seeded_random.ts";

/** Whoever a pick belongs to: dead, it never runs; stopped or asleep, it runs later. */
export interface Owner {
  readonly name: string;
  alive: boolean;
  pausedUntil: number;
  /** Time spent with the lid closed: its monotonic clock and timers stood still. */
  sleptMs: number;
}

interface Pick {
  at: number;
  order: number;
  owner: Owner | null;
  sleptMs: number;
  run: (() => void) | null;
}

/** 2026-01-01, where every simulation begins. */
const epochMs = 1_767_225_600_000;
/** Picks nearer to each other than this may share a turn. */
const turnMs = 0.5;
const traceKept = 300;
const picksAtMost = 400_000;

export class World {
  readonly random: SeededRandom;
  now = 0;
  /** Whether faults are drawn; off, everything works and time heals. */
  faulty = true;
  picks = 0;
  readonly trace: string[] = [];
  readonly violations: string[] = [];
  #queue: Pick[] = [];
  #order = 0;
  #hash = 0x811c9dc5;

  constructor(readonly seed: number, readonly options: { wholeTrace: boolean }) {
    this.random = seededRandom(seed);
  }

  /** A digest of everything that happened so far. */
  get hash(): string {
    return (this.#hash >>> 0).toString(16).padStart(8, "0");
  }

  note(text: string): void {
    this.trace.push(`${(this.now / 1_000).toFixed(3).padStart(9)} ${text}`);
    if (!this.options.wholeTrace && this.trace.length > traceKept * 2) this.trace.splice(0, traceKept);
    for (let at = 0; at < text.length; at++) this.#mix(text.charCodeAt(at));
  }

  /** A promise was broken; the simulation ends here. */
  violation(text: string): void {
    this.note(`VIOLATION ${text}`);
    this.violations.push(text);
  }

  /** Runs `run` after `ms` of virtual time unless the returned function is called or its owner dies first. */
  later(ms: number, owner: Owner | null, run: () => void): () => void {
    const pick: Pick = {
      at: this.now + Math.max(0, ms),
      order: this.#order++,
      owner,
      sleptMs: owner?.sleptMs ?? 0,
      run,
    };
    this.#push(pick);
    return () => pick.run = null;
  }

  /** Resolves after `ms`, unless `owner` is dead by then. */
  wait(ms: number, owner: Owner | null): Promise<void> {
    return new Promise((resolve) => this.later(ms, owner, resolve));
  }

  /** Some steps of the turn, as the layers below take them: what comes in one turn may fall between any two steps of the rest. */
  async steps(): Promise<void> {
    for (let left = this.random.integer(0, 30); left > 0; left--) await null;
  }

  /** Picks until `done` says so, a promise is broken or `withinMs` have passed; false in the last case. */
  async run(done: () => boolean, { withinMs }: { withinMs: number }): Promise<boolean> {
    const end = this.now + withinMs;
    while (this.violations.length === 0) {
      if (done()) return true;
      const pick = this.#pop();
      if (!pick || pick.at > end) {
        if (pick) this.#push(pick);
        this.now = end;
        return false;
      }
      if (!pick.run || this.#isHeldBack(pick)) continue;
      this.now = Math.max(this.now, pick.at);
      if (++this.picks > picksAtMost) this.violation(`it does not come to rest within ${picksAtMost} picks`);
      this.#mix(pick.order);
      pick.run();
      // What comes to a process at nearly the same time may come in one turn, as the answers to several calls do in Deno.
      const next = this.#queue[0];
      if (pick.owner && next?.owner === pick.owner && next.at - this.now < turnMs && this.random.chance(0.5)) continue;
      // A macrotask runs only when no microtask is left: whatever follows from this pick has happened by then.
      await new Promise<void>((resolve) => void setImmediate(resolve));
    }
    return true;
  }

  #isHeldBack(pick: Pick): boolean {
    const { owner } = pick;
    if (!owner) return false;
    if (!owner.alive) return true;
    const slept = owner.sleptMs - pick.sleptMs;
    const until = owner.pausedUntil;
    if (slept === 0 && until <= pick.at) return false;
    pick.at = Math.max(pick.at + slept, until);
    pick.sleptMs = owner.sleptMs;
    this.#push(pick);
    return true;
  }

  #mix(code: number): void {
    this.#hash = Math.imul(this.#hash ^ code, 0x01000193);
  }

  #push(pick: Pick): void {
    const queue = this.#queue;
    let at = queue.push(pick) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!isBefore(pick, queue[parent]!)) break;
      queue[at] = queue[parent]!;
      at = parent;
    }
    queue[at] = pick;
  }

  #pop(): Pick | undefined {
    const queue = this.#queue;
    const first = queue[0];
    const last = queue.pop();
    if (!first || !last || queue.length === 0) return first;
    let at = 0;
    for (;;) {
      let child = at * 2 + 1;
      if (child >= queue.length) break;
      if (child + 1 < queue.length && isBefore(queue[child + 1]!, queue[child]!)) child++;
      if (!isBefore(queue[child]!, last)) break;
      queue[at] = queue[child]!;
      at = child;
    }
    queue[at] = last;
    return first;
  }
}

function isBefore(a: Pick, b: Pick): boolean {
  return a.at < b.at || (a.at === b.at && a.order < b.order);
}

/** The clock of one process; its machine's wall clock may jump. */
export function simulatedClock(world: World, owner: Owner, machine: { wallOffsetMs: number }): Clock {
  return {
    now: () => Math.floor(epochMs + world.now + machine.wallOffsetMs),
    monotonic: () => world.now - owner.sleptMs,
    sleep(ms, { signal } = {}) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const clear = world.later(ms, owner, () => {
          signal?.removeEventListener("abort", abort);
          resolve();
        });
        const abort = () => {
          clear();
          reject(signal!.reason);
        };
        signal?.addEventListener("abort", abort, { once: true });
      });
    },
    timer: (ms, callback) => world.later(ms, owner, callback),
  };
}
