// The records of all worktrees in a git folder, as they are at a moment. There may be thousands, most as they were: which ones
// changed the kernel tells (record_watch.ts); where it cannot, all are looked at, bit by bit, so that others are not kept waiting.

import { setImmediate } from "node:timers";
import { type KnownUnits, lookAtRecord, recordNames, type Records, type Unit, worktreesFolder } from "./folder_look.ts";
import { RecordWatch } from "./record_watch.ts";

/** How long it keeps everything else waiting at a time. */
const sliceMs = 1;
/** From so many on they are watched: to ask about a change takes as long as to look at these. */
const manyRecords = 8;

/** The records of one git folder. */
export class WatchedRecords implements AsyncDisposable {
  readonly #common: string;
  /** As they were last, or are, while they are watched. */
  #now = emptyRecords();
  #watch: RecordWatch | null = null;
  /** It cannot be watched. */
  #isBlind = false;
  #forgotten = new Set<string>();
  #turn: Promise<unknown> = Promise.resolve();

  constructor(common: string) {
    this.#common = common;
  }

  /** All as they are now. `known`: earlier looks that this process may not know. Throws what the system says. */
  look(known: KnownUnits | null = null): Promise<Records> {
    const looked = this.#turn.then(() => this.#look(known));
    this.#turn = looked.catch(() => {});
    return looked;
  }

  /** The service makes, moves or removes a worktree: what was known of its record says nothing any more. */
  forget(name: string): void {
    this.#now.units.delete(unitOf(name));
    this.#forgotten.add(name);
  }

  async #look(known: KnownUnits | null): Promise<Records> {
    const changed = await this.#watch?.changed() ?? "ended";
    if (changed === "ended") await this.#watchAnew();
    if (typeof changed === "string") await this.#lookAtAll(known);
    else {
      const { units, unfinished } = this.#now;
      const names = changed.union(this.#forgotten);
      this.#forgotten = new Set();
      // What was whole once only looks so.
      for (const name of known === null ? names : names.union(unfinished)) {
        this.#lookAt(name, units.get(unitOf(name)) ?? known?.get(unitOf(name)) ?? null);
      }
    }
    const { units, unfinished, others } = this.#now;
    return { units: new Map(units), unfinished: new Set(unfinished), others: new Set(others) };
  }

  /** Before the look: what changes during it is told after it. */
  async #watchAnew(): Promise<void> {
    await this.#watch?.[Symbol.asyncDispose]();
    this.#watch = null;
    if (this.#isBlind || this.#now.units.size < manyRecords) return;
    this.#watch = await RecordWatch.start(this.#common);
    this.#isBlind = this.#watch === null;
  }

  async #lookAtAll(known: KnownUnits | null): Promise<void> {
    const { units } = this.#now;
    const forgotten = this.#forgotten;
    this.#forgotten = new Set();
    this.#now = emptyRecords();
    let until = performance.now() + sliceMs;
    for (const name of recordNames(this.#common)) {
      const unit = unitOf(name);
      const isForgotten = forgotten.has(name) || this.#forgotten.has(name);
      this.#lookAt(name, isForgotten ? null : units.get(unit) ?? known?.get(unit) ?? null);
      if (performance.now() < until) continue;
      await new Promise<void>((resolve) => setImmediate(resolve));
      until = performance.now() + sliceMs;
    }
  }

  #lookAt(name: string, known: Unit | null): void {
    const { units, unfinished, others } = this.#now;
    units.delete(unitOf(name));
    for (const names of [unfinished, others]) names.delete(name);
    const found = lookAtRecord(this.#common, unitOf(name), known);
    if (found === "other") others.add(name);
    else if (found === "unfinished") unfinished.add(name);
    else if (found !== null) units.set(unitOf(name), found);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#turn;
    await this.#watch?.[Symbol.asyncDispose]();
  }
}

function emptyRecords() {
  return { units: new Map<string, Unit>(), unfinished: new Set<string>(), others: new Set<string>() };
}

function unitOf(name: string): string {
  return `${worktreesFolder}/${name}`;
}
