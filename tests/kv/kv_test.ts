import { assert, assertEquals, assertRejects } from "@std/assert";
import type { Clock } from "../../core/domain/ports.ts";
import { DomainError } from "../../core/domain/error.ts";
import { denoKv, UnknownOutcome } from "../../core/kv/kv.ts";
import { systemClock } from "../../core/host/system.ts";
import { openKv } from "./world.ts";

/** Time that passes only when somebody sleeps or waits for a timer. */
function leapingClock(): Clock & { elapsed: number } {
  return {
    elapsed: 0,
    now: () => 0,
    monotonic() {
      return this.elapsed;
    },
    sleep(ms) {
      this.elapsed += ms;
      return Promise.resolve();
    },
    timer(ms, callback) {
      let cleared = false;
      queueMicrotask(() => {
        if (cleared) return;
        this.elapsed += ms;
        callback();
      });
      return () => void (cleared = true);
    },
  };
}

const silent = new Promise<never>(() => {});
const locked = () => Promise.reject(new TypeError("database is locked"));

function kvOf(raw: Partial<Deno.Kv>, clock: Clock) {
  return denoKv(raw as Deno.Kv, { clock });
}

function atomicOf(commit: () => Promise<Deno.KvCommitResult | Deno.KvCommitError>): () => Deno.AtomicOperation {
  const atomic = { check: () => atomic, set: () => atomic, delete: () => atomic, commit };
  return () => atomic as unknown as Deno.AtomicOperation;
}

const nothing = { checks: [], sets: [], deletes: [] };

Deno.test("every call to a store that never answers ends by its deadline, a commit as an unknown outcome", async () => {
  const clock = leapingClock();
  const kv = kvOf({ get: () => silent, getMany: () => silent, atomic: atomicOf(() => silent) }, clock);
  await assertRejects(() => kv.get(["a"]), DomainError, "The store does not answer (get)");
  await assertRejects(() => kv.getMany([["a"]]), DomainError, "The store does not answer (getMany)");
  await assertRejects(() => kv.commit(nothing), UnknownOutcome, "did not answer a commit within 10000 ms");
  assertEquals(clock.elapsed, 30_000);
});

Deno.test("commit() tries again while the database is locked, for a bounded time", async () => {
  const clock = { ...leapingClock(), timer: () => () => {} };
  let tries = 0;
  const busy = kvOf({
    atomic: atomicOf(() => ++tries < 5 ? locked() : Promise.resolve({ ok: true, versionstamp: "1" })),
  }, clock);
  assertEquals(await busy.commit(nothing), "1");
  assertEquals(tries, 5);
  const stuck = kvOf({ atomic: atomicOf(locked) }, clock);
  await assertRejects(() => stuck.commit(nothing), DomainError, "The database is locked by another process");
  assert(clock.elapsed > 20_000 && clock.elapsed < 25_000, `${clock.elapsed} ms`);
});

Deno.test("commit() gives the versionstamp, or null when a check does not hold", async () => {
  using kv = await openKv();
  const key = ["a"];
  const first = await kv.commit({ ...nothing, checks: [{ key, versionstamp: null }], sets: [{ key, value: 1 }] });
  assertEquals(typeof first, "string");
  assertEquals(await kv.commit({ ...nothing, checks: [{ key, versionstamp: null }], sets: [{ key, value: 2 }] }), null);
  assertEquals((await kv.get(key)).value, 1);
  await kv.commit({ ...nothing, checks: [{ key, versionstamp: first }], deletes: [key] });
  assertEquals(await kv.get(key), { key, value: null, versionstamp: null });
});

Deno.test("page() gives at most so many in key order, or the last ones first", async () => {
  using kv = await openKv();
  const sets = Array.from({ length: 30 }, (_, index) => ({ key: ["n", index], value: index }));
  await kv.commit({ ...nothing, sets: [...sets, { key: ["o", 1], value: "other" }] });
  const page = async (...[range, options]: Parameters<typeof kv.page>) =>
    (await kv.page<number>(range, options)).map(({ value }) => value);
  assertEquals(await page({ prefix: ["n"] }, { limit: 3 }), [0, 1, 2]);
  assertEquals(await page({ prefix: ["n"] }, { limit: 2, reverse: true }), [29, 28]);
  assertEquals(await page({ prefix: ["n"], start: ["n", 28] }, { limit: 1_000 }), [28, 29]);
  assertEquals(await page({ prefix: ["n"], end: ["n", 2] }, { limit: 1_000, reverse: true }), [1, 0]);
  assertEquals((await page({ prefix: ["n"] }, { limit: 1_000 })).length, 30);
});

Deno.test("watch() says that a key changed until it is stopped", async () => {
  const raw = await Deno.openKv(":memory:");
  const kv = denoKv(raw, { clock: systemClock });
  let heard = Promise.withResolvers<void>();
  const stop = kv.watch(["sig"], () => heard.resolve());
  // The first call tells the present state.
  await heard.promise;
  heard = Promise.withResolvers();
  await kv.commit({ ...nothing, sets: [{ key: ["sig"], value: 1 }] });
  await heard.promise;
  stop();
  kv.close();
});
