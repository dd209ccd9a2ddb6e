// What is to land, one at a time per repository, in dispatch order; and what is to be put away afterwards.

import { type LandingEntry, landingEntry } from "../../domain/landing_order.ts";
import type { Task } from "../../domain/task.ts";
import { DomainError } from "../../domain/error.ts";
import { type EngineContext, isOurs } from "../context.ts";
import type { WorkPlaces } from "../exchange/work_places.ts";
import { landTask } from "./land_task.ts";
import { removeLeftCheckouts } from "./left_checkouts.ts";
import { putAway } from "./put_away.ts";

/** What the machine cannot do is tried so often, with each look at the queue, before the landing ends. */
const triesAtMost = 5;

interface Work {
  /** Null: what earlier landings left is removed. */
  entry: LandingEntry | null;
  abort: AbortController;
  done: Promise<void>;
}

export interface MergeQueueOptions {
  places: WorkPlaces;
  /** Told when a task is no longer in hand: others may go on with it. */
  onFree(): void;
}

export class MergeQueue {
  readonly #context: EngineContext;
  readonly #options: MergeQueueOptions;
  #entries = new Map<number, LandingEntry>();
  /** By repository. */
  readonly #working = new Map<string, Work>();
  /** How often in a row each was begun in vain. */
  readonly #tries = new Map<number, number>();
  /** Heads that were committed while `load` reads; they are newer than what it read. */
  #meanwhile: Task[] | null = null;
  /** What went wrong by a fault of the machine is tried again with the next `load`. */
  readonly #resting = new Set<number>();
  /** Repositories to be looked at for what earlier landings left. */
  readonly #untidy = new Set<string>();
  #isOpen = false;

  constructor(context: EngineContext, options: MergeQueueOptions) {
    this.#context = context;
    this.#options = options;
  }

  /** Whether it works on task `id` right now: nobody else may touch its worktree. */
  has(id: number): boolean {
    return this.#options.places.isAdopting(id) || [...this.#working.values()].some(({ entry }) => entry?.id === id);
  }

  /** Reads anew what is to be done. */
  async load(): Promise<void> {
    this.#meanwhile = [];
    const entries = await this.#context.store.index.landings();
    const newer: Task[] = this.#meanwhile;
    this.#meanwhile = null;
    this.#entries = new Map(entries.map((entry) => [entry.id, entry]));
    for (const head of newer) this.#keep(head);
    this.#resting.clear();
    for (const repo of this.#context.settings.repos) this.#untidy.add(repo);
    this.#look();
    // The exchange may not have answered when their worker went.
    if (this.#isOpen) void this.adoptLost();
  }

  /** What is to land and is on a worker that is gone comes here, as far as it can. Never rejects. */
  async adoptLost(): Promise<void> {
    const { store, settings, worker, warn } = this.#context;
    const { places } = this.#options;
    for (const { id, repo, holder, landing } of [...this.#entries.values()]) {
      if (landing === null || !settings.repos.includes(repo) || isOurs(this.#context, holder)) continue;
      try {
        const task = await store.log.head(id);
        if (!task?.landing || task.landing.integrated || !places.mayAdopt(task)) continue;
        await places.adopt(task, { by: worker.name, leaveUncommitted: task.landing.leave_uncommitted });
      } catch (error) {
        // Another one was faster, or its own worker is to say what is not committed.
        if (!(error instanceof DomainError && error.code === "conflict")) warn(`Cannot land task ${id} here`, error);
      }
    }
  }

  /** From here on it works. */
  open(): void {
    this.#isOpen = true;
    this.#look();
  }

  /** Takes over a head as it was committed. */
  apply(head: Task): void {
    this.#meanwhile?.push(head);
    const before = this.#entries.get(head.id);
    const entry = this.#keep(head);
    if (before === undefined && entry === null) return;
    const work = this.#working.get(head.repo);
    // Cancelled meanwhile, or the task goes on, or another worker has it.
    const isOther = work?.entry?.landing !== entry?.landing || work?.entry?.holder !== entry?.holder;
    if (work?.entry?.id === head.id && isOther) work.abort.abort();
    this.#look();
  }

  #keep(head: Task): LandingEntry | null {
    const entry = landingEntry(head);
    if (entry) this.#entries.set(head.id, entry);
    else this.#entries.delete(head.id);
    return entry;
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
      const work = this.#working.get(repo);
      // A long cleanup holds up no landing: it is for another time.
      if (work?.entry?.landing === null && this.#next(repo)?.landing) work.abort.abort();
      if (work) continue;
      const isUntidy = this.#untidy.delete(repo);
      const entry = isUntidy ? null : this.#next(repo);
      if (isUntidy || entry) this.#start(repo, entry ?? null);
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

  #start(repo: string, entry: LandingEntry | null): void {
    const abort = new AbortController();
    const work = { entry, abort, done: Promise.resolve() };
    this.#working.set(repo, work);
    const performed = entry ? this.#perform(entry, abort) : removeLeftCheckouts(this.#context, repo);
    work.done = performed.finally(() => {
      this.#working.delete(repo);
      this.#options.onFree();
      this.#look();
    });
  }

  /** Never rejects. */
  async #perform({ id, landing }: LandingEntry, { signal }: AbortController): Promise<void> {
    try {
      const tries = (this.#tries.get(id) ?? 0) + 1;
      this.#tries.set(id, tries);
      const mayWait = tries < triesAtMost;
      await (landing === null
        ? putAway(this.#context, id, { signal })
        : landTask(this.#context, id, { signal, mayWait }));
      this.#tries.delete(id);
      // The tail may not have brought yet what it wrote.
      const head = await this.#context.store.log.head(id);
      const entry = head && this.#keep(head);
      // Nothing came of it: not again at once.
      if (entry?.landing === landing) this.#resting.add(id);
    } catch (error) {
      this.#resting.add(id);
      this.#context.warn(`Cannot ${landing === null ? "put away" : "land"} task ${id}`, error, { task: id });
    }
  }
}
