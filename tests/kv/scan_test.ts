import { assertEquals } from "@std/assert";
import { getAll, pages } from "../../core/kv/scan.ts";
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
