// How many tasks failed and how many were cancelled: counted once from the index, then kept current by the commits, so that
// asking costs the same after a hundred thousand tasks as after ten.

import type { Status } from "../domain/task.ts";
import { keys } from "../kv/keys.ts";
import type { Kv } from "../kv/kv.ts";

export interface EndedCounts {
  /** A task's status was `before` (null: not known) and is `after`. */
  moved(change: { before: Status | null; after: Status }): void;
  read(): Promise<Counts>;
}

interface Counts {
  failed: number;
  cancelled: number;
}

export function endedCounts(kv: Kv): EndedCounts {
  let counted: Counts | null = null;
  let changes = 0;

  async function count(status: Status): Promise<number> {
    let sum = 0;
    for (let start = keys.finished(status, 0);;) {
      const page = await kv.page({ prefix: keys.finishedOf(status), start }, { limit: 1_000 });
      sum += page.length;
      if (page.length < 1_000) return sum;
      start = keys.finished(status, (page.at(-1)!.key[2] as number) + 1);
    }
  }

  return {
    moved({ before, after }) {
      if (before === after) return;
      changes++;
      // A task from before this process began may have been either.
      if (before === null) counted = null;
      if (!counted) return;
      if (before === "failed" || before === "cancelled") counted[before]--;
      if (after === "failed" || after === "cancelled") counted[after]++;
    },
    async read() {
      if (counted) return { ...counted };
      const since = changes;
      const fresh = { failed: await count("failed"), cancelled: await count("cancelled") };
      // What changed while it was counted may be in it or not.
      if (changes === since) counted = { ...fresh };
      return fresh;
    },
  };
}
