// What is wrong with something derived, and what would mend it.

import type { KvCommit, KvMaybeEntry } from "./kv.ts";

export interface Difference {
  /** The task, or null for what belongs to none. */
  task: number | null;
  /** One sentence. */
  what: string;
  /** What would mend it, if all is still as it was when it was found; null when it is the log that is damaged. */
  repair: KvCommit | null;
}

/** A commit that holds only while these are as they were read. */
export function mending(
  read: Pick<KvMaybeEntry, "key" | "versionstamp">[],
  change: Partial<Pick<KvCommit, "sets" | "deletes">>,
): KvCommit {
  return { sets: [], deletes: [], ...change, checks: read.map(({ key, versionstamp }) => ({ key, versionstamp })) };
}
