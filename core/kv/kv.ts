// The KV port: the part of Deno KV this program uses, and the real one behind it.
//
// Every call has a deadline. A commit that misses it, or whose reply is lost, has an *unknown* outcome and throws
// `UnknownOutcome`; the caller sends the identical commit again (group_commit.ts says how that is told apart). A locked
// database wrote nothing, so it is tried again here, bounded by time. A read that gets no answer, and a lock that stays,
// are `DomainError("unavailable")`: nothing happened, and it may work later.

import { DomainError } from "../domain/error.ts";
import type { Clock } from "../domain/ports.ts";

export type KvKey = Deno.KvKey;

export interface KvEntry<T = unknown> {
  key: KvKey;
  value: T;
  versionstamp: string;
}

export type KvMaybeEntry<T = unknown> = KvEntry<T> | { key: KvKey; value: null; versionstamp: null };

export interface KvCommit {
  checks: { key: KvKey; versionstamp: string | null }[];
  sets: { key: KvKey; value: unknown }[];
  deletes: KvKey[];
}

export type KvRange = { prefix: KvKey; start?: KvKey; end?: KvKey };

export interface Kv {
  get<T>(key: KvKey): Promise<KvMaybeEntry<T>>;
  /** At most ten keys, read as one snapshot. */
  getMany<T>(keys: KvKey[]): Promise<KvMaybeEntry<T>[]>;
  /** At most `limit` entries (1,000 at most) in key order, or the last ones first. One read, one snapshot. */
  page<T>(range: KvRange, options: { limit: number; reverse?: boolean }): Promise<KvEntry<T>[]>;
  /** All or nothing. The versionstamp when every check held, `null` when one did not. */
  commit(commit: KvCommit): Promise<string | null>;
  /**
   * Calls back when `key` may have changed, with its versionstamp where that is known. A hint: it may come late, merged or never.
   * Returns what stops it.
   */
  watch(key: KvKey, callback: (versionstamp: string | null) => void): () => void;
  /** A key part that becomes the commit's own versionstamp. */
  commitVersionstamp(): Deno.KvKeyPart;
  close(): void;
}

/** What one atomic operation may hold, kept somewhat under the measured limits. */
export interface KvLimits {
  checks: number;
  mutations: number;
  /** Keys and values together. */
  bytes: number;
  keyBytes: number;
  /** One value. */
  valueBytes: number;
}

export const localLimits: KvLimits = {
  checks: 90,
  mutations: 950,
  bytes: 760_000,
  keyBytes: 72_000,
  valueBytes: 60_000,
};
/** Self-hosted `denokv` takes ten checks. */
export const remoteLimits: KvLimits = { ...localLimits, checks: 10 };

/** The commit may or may not have been applied. */
export class UnknownOutcome extends Error {
  override name = "UnknownOutcome";
}

const readDeadlineMs = 10_000;
const commitDeadlineMs = 10_000;
const lockedForMs = 20_000;

/** Wraps an open `Deno.Kv`; `clock` bounds every call. */
export function denoKv(kv: Deno.Kv, { clock }: { clock: Clock }): Kv {
  async function read<T>(what: string, call: () => Promise<T>): Promise<T> {
    const late = () => new DomainError("unavailable", `The store does not answer (${what}); try again`);
    return await whileLocked(clock, () => withDeadline(clock, { ms: readDeadlineMs, late }, call()));
  }
  return {
    get: (key) => read("get", () => kv.get(key)) as Promise<KvMaybeEntry<never>>,
    getMany: (keys) => read("getMany", () => kv.getMany(keys as [KvKey])) as Promise<KvMaybeEntry<never>[]>,
    page<T>(range: KvRange, { limit, reverse }: { limit: number; reverse?: boolean }) {
      return read("list", async () => {
        const entries: KvEntry<T>[] = [];
        const selector = range as Deno.KvListSelector;
        for await (const entry of kv.list<T>(selector, { limit, reverse, batchSize: Math.min(limit, 1_000) })) {
          entries.push(entry);
        }
        return entries;
      });
    },
    commit({ checks, sets, deletes }) {
      return whileLocked(clock, async () => {
        const atomic = kv.atomic().check(...checks);
        for (const { key, value } of sets) atomic.set(key, value);
        for (const key of deletes) atomic.delete(key);
        const late = () => new UnknownOutcome(`The store did not answer a commit within ${commitDeadlineMs} ms`);
        const result = await withDeadline(clock, { ms: commitDeadlineMs, late }, atomic.commit());
        return result.ok ? result.versionstamp : null;
      });
    },
    watch(key, callback) {
      const reader = kv.watch([key]).getReader();
      (async () => {
        for (let next = await reader.read(); !next.done; next = await reader.read()) {
          const entry = next.value?.[0];
          callback(entry ? entry.versionstamp ?? "" : null);
        }
      })().catch(() => {
        // A closed or broken watch is silent; the poll is the truth.
      });
      return () => void reader.cancel().catch(() => {});
    },
    commitVersionstamp: () => kv.commitVersionstamp() as unknown as Deno.KvKeyPart,
    close: () => kv.close(),
  };
}

/** What `promise` comes to; rejects with `late()` when that takes longer than `ms`. */
export async function withDeadline<T>(
  clock: Clock,
  { ms, late }: { ms: number; late: () => Error },
  promise: Promise<T>,
): Promise<T> {
  let clear = () => {};
  const missed = new Promise<never>((_, reject) => {
    clear = clock.timer(ms, () => reject(late()));
  });
  try {
    return await Promise.race([promise, missed]);
  } finally {
    clear();
  }
}

/** Repeats `call` while the database is locked, with growing pauses, for a bounded time. */
async function whileLocked<T>(clock: Clock, call: () => Promise<T>): Promise<T> {
  const start = clock.monotonic();
  for (let pauseMs = 5;; pauseMs = Math.min(pauseMs * 2, 500)) {
    try {
      return await call();
    } catch (error) {
      const locked = error instanceof TypeError && error.message.includes("database is locked");
      if (!locked) throw error;
      if (clock.monotonic() - start > lockedForMs) {
        throw new DomainError("unavailable", "The database is locked by another process; try again", { cause: error });
      }
      await clock.sleep(pauseMs);
    }
  }
}
