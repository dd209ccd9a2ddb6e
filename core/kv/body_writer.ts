// Writes the bodies that do not fit into the value of their event, ahead of it.

import type { Random } from "../domain/ports.ts";
import { keys } from "./keys.ts";
import type { KvLimits } from "./kv.ts";
import type { SteadyCommit } from "./steady_commit.ts";

/** A slice and its key, generously. */
const sliceCost = 50_000;

export class BodyWriter {
  readonly #commits: SteadyCommit;
  readonly #random: Random;
  readonly #perCommit: number;
  /** Bodies already written, by the data they hold: a second try refers to them again. */
  readonly #written = new WeakMap<object, string>();

  constructor(commits: SteadyCommit, { random, limits }: { random: Random; limits: KvLimits }) {
    this.#commits = commits;
    this.#random = random;
    this.#perCommit = Math.max(1, Math.floor(limits.bytes / sliceCost) - 1);
  }

  /** The id of the body that holds `data`: that of an earlier try, or a new one. */
  idOf(data: object): string {
    return this.#written.get(data) ?? this.#random.uuid();
  }

  /** Writes the slices, unless that was done; the intent lets a sweep find them after a crash. */
  async write({ id, slices }: { id: string; slices: Uint8Array[] }, data: object): Promise<void> {
    if (this.#written.has(data)) return;
    await this.#set([{ key: keys.bodyIntent(id), value: true }]);
    for (let at = 0; at < slices.length; at += this.#perCommit) {
      const some = slices.slice(at, at + this.#perCommit);
      await this.#set(some.map((value, index) => ({ key: keys.part(id, at + index), value })));
    }
    this.#written.set(data, id);
  }

  async #set(sets: { key: Deno.KvKey; value: unknown }[]): Promise<void> {
    await this.#commits.commit({ checks: [], sets, deletes: [] });
  }
}
