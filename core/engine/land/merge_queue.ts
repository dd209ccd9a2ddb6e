// What is to land, one at a time per repository, in dispatch order; and what is to be put away afterwards.

import { type LandingEntry, landingEntry } from "../../domain/landing_order.ts";
import type { Task } from "../../domain/task.ts";
import { type EngineContext, isOurs } from "../context.ts";
import { landTask } from "./land_task.ts";
import { putAway } from "./put_away.ts";

interface Work {
  entry: LandingEntry;
  abort: AbortController;
  done: Promise<void>;
}

export class MergeQueue {
  readonly #context: EngineContext;
  #entries = new Map<number, LandingEntry>();
  /** By repository. */
  readonly #working = new Map<string, Work>();
  /** What went wrong by a fault of the machine is tried again with the next `load`. */
  readonly #resting = new Set<number>();
  #isOpen = false;

  constructor(context: EngineContext) {
    this.#context = context;
  }

  /** Reads anew what is to be done. */
  async load(): Promise<void> {
    const entries = await this.#context.store.index.landings();
    this.#entries = new Map(entries.map((entry) => [entry.id, entry]));
    this.#resting.clear();
    this.#look();
  }

  /** From here on it works. */
  open(): void {
    this.#isOpen = true;
    this.#look();
  }

  /** Takes over a head as it was committed. */
  apply(head: Task): void {
    const before = this.#entries.get(head.id);
    const entry = landingEntry(head);
    if (entry) this.#entries.set(head.id, entry);
    else this.#entries.delete(head.id);
    if (before === undefined && entry === null) return;
    const work = this.#working.get(head.repo);
    // Cancelled meanwhile.
    if (work?.entry.id === head.id && work.entry.landing !== null && work.entry.landing !== entry?.landing) {
      work.abort.abort();
    }
    this.#look();
  }

  /** Resolves when nothing works any more; what was cut short goes on after the next start. */
  async stop(): Promise<void> {
    this.#isOpen = false;
    const working = [...this.#working.values()];
    for (const { abort } of working) abort.abort();
    await Promise.all(working.map(({ done }) => done));
  }

  #look(): void {
    if (!this.#isOpen) return;
    for (const repo of this.#context.settings.repos) {
      if (this.#working.has(repo)) continue;
      const entry = this.#next(repo);
      if (entry) this.#start(entry);
    }
  }

  /** What lands goes before what only goes away. */
  #next(repo: string): LandingEntry | undefined {
    const mine = [...this.#entries.values()].filter((entry) =>
      entry.repo === repo && isOurs(this.#context, entry.holder) && !this.#resting.has(entry.id)
    );
    const rank = ({ landing }: LandingEntry) => landing === null ? 1 : 0;
    return mine.sort((a, b) => rank(a) - rank(b) || b.priority - a.priority || a.id - b.id)[0];
  }

  #start(entry: LandingEntry): void {
    const abort = new AbortController();
    const work = { entry, abort, done: Promise.resolve() };
    this.#working.set(entry.repo, work);
    work.done = this.#perform(work).finally(() => {
      this.#working.delete(entry.repo);
      this.#look();
    });
  }

  /** Never rejects. */
  async #perform({ entry: { id, landing }, abort: { signal } }: Work): Promise<void> {
    try {
      await (landing === null ? putAway : landTask)(this.#context, id, { signal });
      // The tail may not have brought yet what it wrote.
      const head = await this.#context.store.log.head(id);
      const entry = head && landingEntry(head);
      if (entry) this.#entries.set(id, entry);
      else this.#entries.delete(id);
      // Nothing came of it: not again at once.
      if (entry?.landing === landing) this.#resting.add(id);
    } catch (error) {
      this.#resting.add(id);
      this.#context.warn(`Cannot ${landing === null ? "put away" : "land"} task ${id}`, error, { task: id });
    }
  }
}
