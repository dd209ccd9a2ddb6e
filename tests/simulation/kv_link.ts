// The way of one process to the store, in the shape of `Deno.Kv`: the code under test reaches it through the real
// `denoKv`, deadlines and retries included. Here calls take time, get lost, come late or are answered with an error.

import {
  type AtomicWrite,
  commitVersionstamp,
  type Selector,
  type SimulatedKv,
  type StoredEntry,
} from "./simulated_kv.ts";

/** Carries one call to the store and its answer back; it may lose either, or carry the call twice. */
export type Transport = <T>(call: { isCommit: boolean; apply: () => T }) => Promise<T>;

/** Tells a process, sometimes, that a key has changed. Returns what stops it. */
export type Hints = (key: Deno.KvKey, callback: () => void) => () => void;

/** A `Deno.Kv` as far as core/kv/kv.ts uses one. */
export function kvLink(kv: SimulatedKv, { transport, hints }: { transport: Transport; hints: Hints }): Deno.Kv {
  const link = {
    get: (key: Deno.KvKey) => transport({ isCommit: false, apply: () => maybe(key, kv.get(key)) }),
    getMany: (keys: Deno.KvKey[]) =>
      transport({ isCommit: false, apply: () => kv.getMany(keys).map((entry, at) => maybe(keys[at]!, entry)) }),
    async *list(selector: Selector, { limit, reverse = false }: { limit: number; reverse?: boolean }) {
      yield* await transport({ isCommit: false, apply: () => kv.list(selector, { limit, reverse }) });
    },
    atomic() {
      const write: AtomicWrite = { checks: [], mutations: [] };
      const atomic = {
        check: (...checks: AtomicWrite["checks"]) => (write.checks.push(...checks), atomic),
        set: (key: Deno.KvKey, value: unknown) => (write.mutations.push({ type: "set", key, value }), atomic),
        delete: (key: Deno.KvKey) => (write.mutations.push({ type: "delete", key }), atomic),
        async commit() {
          const versionstamp = await transport({ isCommit: true, apply: () => kv.commit(write) });
          return versionstamp === null ? { ok: false } : { ok: true, versionstamp };
        },
      };
      return atomic;
    },
    watch: ([key]: [Deno.KvKey]) => ({
      getReader() {
        let changed = Promise.withResolvers<{ done: boolean }>();
        const stop = hints(key, () => {
          changed.resolve({ done: false });
          changed = Promise.withResolvers();
        });
        return {
          read: () => changed.promise,
          cancel() {
            stop();
            changed.resolve({ done: true });
            return Promise.resolve();
          },
        };
      },
    }),
    commitVersionstamp: () => commitVersionstamp,
    close() {},
  };
  return link as unknown as Deno.Kv;
}

function maybe(
  key: Deno.KvKey,
  entry: StoredEntry | null,
): StoredEntry | { key: Deno.KvKey; value: null; versionstamp: null } {
  return entry ?? { key, value: null, versionstamp: null };
}
