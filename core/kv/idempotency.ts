// Idempotency keys are kept for a week, then forgotten: whoever repeats a request does so within minutes.
//
// What may be forgotten is found by an index in the order of tasks, so a look costs what it forgets. Keys of before there
// was that index get their place in it, and their week, when a look comes by them.

import { keys } from "./keys.ts";
import type { Kv, KvEntry, KvKey } from "./kv.ts";

export const idempotencyDays = 7;
const dayMs = 24 * 3_600_000;

/** What `["idempotency", key]` holds. */
export interface IdempotencyRecord {
  task: number;
  /** Of the request. */
  hash: string;
  /** When the task was made, ISO 8601; missing in records of before there was the index by age. */
  at?: string;
}

/** What `["idempotency_of", task]` holds. */
interface AgeEntry {
  key: string;
  at: string;
}

export interface IdempotencyKeys {
  /** Whether a task was made with this key; the writer has the last word. */
  isUsed(key: string): Promise<boolean>;
  /** Forgets what is older than a week, a thousand at most; how many. `now` is ms since 1970. */
  forget(options: { now: number }): Promise<number>;
}

/** As many as one commit may check on any server. */
const perCommit = 10;
const commitsPerLook = 100;
const rowsPerLook = 1_000;

/** The index entry that goes with a record. */
export function ageEntry(key: string, { task, at }: IdempotencyRecord): { key: KvKey; value: AgeEntry } {
  return { key: keys.idempotencyOf(task), value: { key, at: at! } };
}

export function idempotencyKeys(kv: Kv): IdempotencyKeys {
  /** Where the way through the keys of before the index stands; null at its end. */
  let unindexed: KvKey | null = keys.idempotency("");

  /** How many of the ten oldest were forgotten; 0 when there are none, or another worker is at it. */
  async function forgetSome(before: string): Promise<number> {
    const page = await kv.page<AgeEntry>({ prefix: keys.idempotenciesByAge() }, { limit: perCommit });
    const old = page.filter(({ value }) => value.at < before);
    if (old.length === 0) return 0;
    const records = await kv.getMany<IdempotencyRecord>(old.map(({ value }) => keys.idempotency(value.key)));
    // Another worker may have forgotten it already, and a later task may have the key now.
    const own = records.filter(({ value }, index) => value?.task === old[index]!.key[1]);
    const done = await kv.commit({
      checks: own.map(({ key, versionstamp }) => ({ key, versionstamp })),
      sets: [],
      deletes: [...own.map(({ key }) => key), ...old.map(({ key }) => key)],
    });
    return done === null ? 0 : old.length;
  }

  async function indexSome(now: string): Promise<void> {
    if (unindexed === null) return;
    const range = { prefix: keys.idempotencies(), start: unindexed };
    const page = await kv.page<IdempotencyRecord>(range, { limit: rowsPerLook });
    const bare = page.filter(({ value }) => value.at === undefined);
    for (let at = 0; at < bare.length; at += perCommit) await index(bare.slice(at, at + perCommit), now);
    unindexed = page.length < rowsPerLook ? null : page.at(-1)!.key;
  }

  async function index(entries: KvEntry<IdempotencyRecord>[], at: string): Promise<void> {
    await kv.commit({
      checks: entries.map(({ key, versionstamp }) => ({ key, versionstamp })),
      sets: entries.flatMap(({ key, value }) => {
        const record = { ...value, at };
        return [{ key, value: record }, ageEntry(key[1] as string, record)];
      }),
      deletes: [],
    });
  }

  return {
    isUsed: async (key) => (await kv.get(keys.idempotency(key))).versionstamp !== null,
    async forget({ now }) {
      await indexSome(new Date(now).toISOString());
      const before = new Date(now - idempotencyDays * dayMs).toISOString();
      let forgotten = 0;
      for (let n = 0; n < commitsPerLook; n++) {
        const some = await forgetSome(before);
        forgotten += some;
        if (some < perCommit) break;
      }
      return forgotten;
    },
  };
}
