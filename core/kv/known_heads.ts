// The heads a writer has read or written last, with the versionstamps its next commit checks.

import type { Known } from "./commit_batch.ts";
import { decodeHead } from "./head_record.ts";
import { keys } from "./keys.ts";
import type { Kv } from "./kv.ts";
import { getNumbered } from "./scan.ts";

const headsKept = 4_096;

export class KnownHeads {
  readonly #kv: Kv;
  readonly #heads = new Map<number, Known>();
  /**
   * Changed by others while a commit is in flight: what that read or wrote of them may be older. With what they made of it, where
   * that is known.
   */
  readonly #forgotten = new Map<number, Known | null>();
  /** Learned since the last load, and so as good as read by the next one. */
  #learned = new Set<number>();

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  get(task: number): Known | undefined {
    return this.#heads.get(task);
  }

  /** Reads those that are not known; which are known only now. */
  async load(tasks: number[]): Promise<Set<number>> {
    const learned = this.#learned;
    this.#learned = new Set();
    const missing = tasks.filter((task) => !this.#heads.has(task));
    const entries = await getNumbered<Uint8Array>(this.#kv, keys.tasks(), missing);
    entries.forEach(({ value, versionstamp }, index) => {
      this.remember(missing[index]!, { task: value ? decodeHead(value) : null, versionstamp });
    });
    return learned.union(new Set(missing));
  }

  /** The same for one, and what it is: it may be forgotten again in the very turn after it was read. */
  async require(task: number): Promise<Known> {
    for (;;) {
      const known = this.#heads.get(task);
      if (known) return known;
      await this.load([task]);
    }
  }

  remember(task: number, known: Known): void {
    this.#heads.delete(task);
    this.#heads.set(task, known);
    if (this.#heads.size > headsKept) this.#heads.delete(this.#heads.keys().next().value!);
  }

  forget(tasks: Iterable<number>): void {
    for (const task of tasks) this.#heads.delete(task);
  }

  /** Forgets it now, and what a commit in flight reads or writes of it once that is through. */
  forgetChanged(task: number, { inFlight }: { inFlight: boolean }): void {
    this.#heads.delete(task);
    if (inFlight) this.#forgotten.set(task, null);
  }

  /** What others made of a task that was forgotten, while the commit that may lose to them is in flight. */
  learn(task: number, known: Known): void {
    if (this.#forgotten.has(task)) this.#forgotten.set(task, known);
  }

  /** A commit lost to others: what is not learned of its tasks is to be read again. */
  forgetLost(tasks: Iterable<number>): void {
    for (const task of tasks) {
      const learned = this.#forgotten.get(task);
      if (learned) {
        this.remember(task, learned);
        this.#learned.add(task);
      } else this.#heads.delete(task);
    }
  }

  /** Nothing is in flight any more. */
  settle(): void {
    for (const [task, learned] of this.#forgotten) {
      if (learned === null || this.#heads.get(task) !== learned) this.#heads.delete(task);
    }
    this.#forgotten.clear();
  }
}
