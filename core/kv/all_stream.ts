// The all-stream: one entry per commit, in commit order, with the events it wrote.

import { keys } from "./keys.ts";
import type { Kv } from "./kv.ts";

/** Events `from`..`to` of one task. */
export type EventRange = [task: number, from: number, to: number];

const commitsAtOnce = 1_000;

export class AllStream {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** The versionstamp of the last commit; empty before the first. */
  async last(): Promise<string> {
    const [last] = await this.#kv.page({ prefix: keys.allEntries() }, { limit: 1, reverse: true });
    return last ? last.key[1] as string : "";
  }

  /** The first commits after `versionstamp`, `limit` at most (1,000). */
  async after(
    versionstamp: string,
    { limit }: { limit: number },
  ): Promise<{ versionstamp: string; ranges: EventRange[] }[]> {
    const range = { prefix: keys.allEntries(), start: keys.all(versionstamp) };
    // A range starts at its first key, which is the commit already known.
    const page = await this.#kv.page<EventRange[]>(range, { limit: Math.min(limit, commitsAtOnce - 1) + 1 });
    return page.map(({ key, value }) => ({ versionstamp: key[1] as string, ranges: value }))
      .filter((commit) => commit.versionstamp > versionstamp).slice(0, limit);
  }

  /**
   * The ids of tasks that were written to after `versionstamp`, without the service's own log; null when that is more than
   * `lookBack` commits ago.
   */
  async changedSince(versionstamp: string, { lookBack }: { lookBack: number }): Promise<Set<number> | null> {
    const ids = new Set<number>();
    let at = versionstamp;
    for (let read = 0; read <= lookBack;) {
      const limit = commitsAtOnce - 1;
      const commits = await this.after(at, { limit });
      for (const { ranges } of commits) for (const [id] of ranges) if (id > 0) ids.add(id);
      if (commits.length < limit) return ids;
      read += commits.length;
      at = commits.at(-1)!.versionstamp;
    }
    return null;
  }
}
