import { assertEquals } from "@std/assert";
import { idempotencyDays, idempotencyKeys } from "../../core/kv/idempotency.ts";
import { keys } from "../../core/kv/keys.ts";
import type { Kv } from "../../core/kv/kv.ts";
import { creation, handClock, openKv, writerOn } from "./world.ts";

const dayMs = 24 * 3_600_000;
const keyed = (key: string) => creation({}, { idempotency: { key, hash: "h" } });

/** The keys that count, and the entries of the index by age. */
async function left(kv: Kv): Promise<{ keys: string[]; entries: number }> {
  const records = await kv.page({ prefix: keys.idempotencies() }, { limit: 1_000 });
  const entries = await kv.page({ prefix: keys.idempotenciesByAge() }, { limit: 1_000 });
  return { keys: records.map(({ key }) => key[1] as string), entries: entries.length };
}

Deno.test("forget() lets a key go a week after its task was made, and not before; then it makes a new one", async () => {
  using kv = await openKv();
  const clock = handClock();
  const writer = writerOn(kv, { clock });
  const old = await writer.append(keyed("old"));
  clock.time += dayMs;
  await writer.append(keyed("new"));
  assertEquals(await left(kv), { keys: ["new", "old"], entries: 2 });
  const { forget } = idempotencyKeys(kv);

  clock.time += (idempotencyDays - 1) * dayMs;
  assertEquals(await forget({ now: clock.time }), 0);
  assertEquals((await writer.append(keyed("old"))).head.id, old.head.id);
  clock.time += 1;
  assertEquals(await forget({ now: clock.time }), 1);
  assertEquals(await left(kv), { keys: ["new"], entries: 1 });
  const again = await writer.append(keyed("old"));
  assertEquals([again.created, again.head.id], [true, 3]);
  clock.time += idempotencyDays * dayMs + 1;
  assertEquals(await forget({ now: clock.time }), 2);
  assertEquals(await left(kv), { keys: [], entries: 0 });
});

Deno.test("forget() takes a thousand at most, the oldest first, and goes on the next time", async () => {
  using kv = await openKv();
  const clock = handClock();
  const writer = writerOn(kv, { clock });
  await Promise.all(Array.from({ length: 1_205 }, (_, n) => writer.append(keyed(`k${n}`))));
  const { forget } = idempotencyKeys(kv);
  const now = clock.time + idempotencyDays * dayMs + 1;
  assertEquals([await forget({ now }), await forget({ now }), await forget({ now })], [1_000, 205, 0]);
  assertEquals(await left(kv), { keys: [], entries: 0 });
});

Deno.test("forget() gives keys of before the index their week from now", async () => {
  using kv = await openKv();
  const clock = handClock();
  const writer = writerOn(kv, { clock });
  const { head } = await writer.append(keyed("bare"));
  await writer.append(keyed("indexed"));
  // As an earlier version wrote it.
  await kv.commit({
    checks: [],
    sets: [{ key: keys.idempotency("bare"), value: { task: head.id, hash: "h" } }],
    deletes: [keys.idempotencyOf(head.id)],
  });
  const { forget } = idempotencyKeys(kv);
  const start = clock.time + 3 * dayMs;
  assertEquals(await forget({ now: start }), 0);
  assertEquals(await left(kv), { keys: ["bare", "indexed"], entries: 2 });
  assertEquals((await writer.append(keyed("bare"))).head.id, head.id);
  assertEquals(await forget({ now: start + 5 * dayMs }), 1);
  assertEquals(await left(kv), { keys: ["bare"], entries: 1 });
  assertEquals(await forget({ now: start + idempotencyDays * dayMs }), 0);
  assertEquals(await forget({ now: start + idempotencyDays * dayMs + 1 }), 1);
  assertEquals(await left(kv), { keys: [], entries: 0 });
});

Deno.test("forget() by two workers leaves alone a key that a later task has", async () => {
  using kv = await openKv();
  const clock = handClock();
  const writer = writerOn(kv, { clock });
  await writer.append(keyed("k"));
  const now = clock.time += idempotencyDays * dayMs + 1;
  // Between its look at the index and its look at the record another worker forgets the key, and a client uses it anew.
  let isFirst = true;
  const slow: Kv = {
    ...kv,
    async getMany<T>(wanted: Deno.KvKey[]) {
      if (isFirst) {
        isFirst = false;
        await idempotencyKeys(kv).forget({ now });
        await writer.append(keyed("k"));
      }
      return await kv.getMany<T>(wanted);
    },
  };
  await idempotencyKeys(slow).forget({ now });
  assertEquals(await left(kv), { keys: ["k"], entries: 1 });
  assertEquals((await writer.append(keyed("k"))).head.id, 2);
});
