import { assert, assertEquals } from "@std/assert";
import { getAll, getNumbered, pages } from "../../core/kv/scan.ts";
import type { Kv, KvKey } from "../../core/kv/kv.ts";
import { openKv } from "./world.ts";

async function filled(count: number) {
  const kv = await openKv();
  const sets = Array.from({ length: count }, (_, index) => ({ key: ["a", index], value: index }));
  await kv.commit({ checks: [], sets: [...sets, { key: ["b"], value: -1 }], deletes: [] });
  return kv;
}

Deno.test("getAll() reads any number of keys in their order, those that are not there as null", async () => {
  using kv = await filled(25);
  assertEquals(await getAll(kv, []), []);
  const wanted = [...Array.from({ length: 25 }, (_, index) => 24 - index), 99];
  const entries = await getAll<number>(kv, wanted.map((index) => ["a", index]));
  assertEquals(entries.map(({ value }) => value), [...wanted.slice(0, -1), null]);
});

Deno.test("getAll() waits for one round trip, not for one after the other, and has few on their way at once", async () => {
  let open = 0;
  let most = 0;
  const getMany = async (keys: KvKey[]) => {
    most = Math.max(most, ++open);
    await Promise.resolve();
    open--;
    return keys.map((key) => ({ key, value: null, versionstamp: null }));
  };
  const keys = Array.from({ length: 1_000 }, (_, index) => ["a", index]);
  assertEquals((await getAll({ getMany } as unknown as Kv, keys)).length, 1_000);
  assertEquals(most, 16);
});

Deno.test("getNumbered() reads any numbers in their order, those that follow each other in one read", async () => {
  using kv = await filled(60);
  const reads = { page: 0, getMany: 0 };
  const counted: Kv = {
    ...kv,
    page(range, options) {
      reads.page++;
      return kv.page(range, options);
    },
    getMany(keys) {
      reads.getMany++;
      return kv.getMany(keys);
    },
  };
  assertEquals(await getNumbered(counted, ["a"], []), []);
  const far = [900, 5];
  const near = Array.from({ length: 23 }, (_, index) => 59 - 2 * index).filter((number) => number !== 41);
  const wanted = [...far, ...near, 61, 59];
  const entries = await getNumbered<number>(counted, ["a"], wanted);
  assertEquals(entries.map(({ value }) => value), [null, 5, ...near, null, 59]);
  assertEquals(entries.map(({ key }) => key[1]), wanted);
  assert(entries.every(({ value, versionstamp }) => (value === null) === (versionstamp === null)));
  // 41 is missing between the near ones, so there are two runs.
  assertEquals(reads, { page: 1, getMany: 2 });
});

Deno.test("pages() brings every entry once, whether or not the last page is full", async () => {
  for (const count of [0, 1, 3, 4, 5, 6, 7, 10]) {
    using kv = await filled(count);
    for (const start of [0, 2]) {
      const seen: number[] = [];
      for await (const page of pages<number>(kv, { prefix: ["a"], start: ["a", start] }, { limit: 3 })) {
        seen.push(...page.map(({ value }) => value));
      }
      assertEquals(seen, Array.from({ length: count }, (_, index) => index).slice(start));
    }
  }
});
