import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { NewEvent } from "../../core/domain/event.ts";
import { decodeHead, encodeHead } from "../../core/kv/head_record.ts";
import { isPack, packLines } from "../../core/kv/event_record.ts";
import { keys } from "../../core/kv/keys.ts";
import type { Kv, KvKey } from "../../core/kv/kv.ts";
import { openStore, type Store } from "../../core/kv/store.ts";
import { repair, verify } from "../../core/kv/verify.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
import { created } from "../engine/samples.ts";

/** Three tasks: one waits for another, one has a body in parts, one has a history longer than a kept fold. */
async function filled(): Promise<Store> {
  const store = await openStore(":memory:", { clock: systemClock, random: systemRandom });
  const write = (task: number | "new", events: NewEvent[]) =>
    store.writer.append({ task, by: "api", priority: "command", decide: () => events });
  await write("new", [{ type: "task.created", data: created(1, 0).data }]);
  await write("new", [{
    type: "task.created",
    data: created(2, 0, { depends_on: [1], prompt: "é".repeat(60_000) }).data,
  }]);
  await write("new", [{ type: "task.created", data: created(3, 0).data }]);
  for (let batch = 0; batch < 12; batch++) {
    await write(3, Array.from({ length: 100 }, (_, n) => ({ type: "output.text", data: { text: `line ${n}` } })));
  }
  await write(3, [{ type: "task.completed", data: { output: "done" } }]);
  return store;
}

async function put(store: Store, key: KvKey, value: unknown): Promise<void> {
  await store.kv.commit({ checks: [], sets: [{ key, value }], deletes: [] });
}

async function drop(store: Store, key: KvKey): Promise<void> {
  await store.kv.commit({ checks: [], sets: [], deletes: [key] });
}

Deno.test("verify() finds nothing in a sound store, and counts it", async () => {
  const store = await filled();
  const { tasks, events, differences } = await verify(store.kv);
  assertEquals({ tasks, events, differences }, { tasks: 3, events: 1_204, differences: [] });
  store.close();
});

const derived: Record<string, (store: Store) => Promise<void>> = {
  "a projection that is not the fold": async (store) => {
    const head = decodeHead((await store.kv.get<Uint8Array>(keys.task(3))).value!);
    await put(store, keys.task(3), encodeHead({ ...head, cost_usd: 1 }));
  },
  "a missing projection": (store) => drop(store, keys.task(1)),
  "a projection without events": (store) => put(store, keys.task(99), encodeHead({} as never)),
  "a missing index entry": (store) => drop(store, keys.active(1)),
  "an index entry without cause": (store) => put(store, keys.finished("failed", 3), ""),
  "a stale index entry": (store) => put(store, keys.active(1), JSON.stringify({ id: 1 })),
  "a missing dependant": (store) => drop(store, keys.dependant(1, 2)),
  "a wrong kept fold": async (store) => {
    const [kept] = await store.kv.page<Uint8Array>({ prefix: keys.folds(3) }, { limit: 1 });
    await put(store, kept!.key, encodeHead({ ...decodeHead(kept!.value), title: "other" }));
  },
  "a kept fold of no event": async (store) => {
    const head = decodeHead((await store.kv.get<Uint8Array>(keys.task(3))).value!);
    await put(store, keys.fold(3, 5_000), encodeHead(head));
  },
  "a missing milestone": async (store) => drop(store, (await firstMilestone(store)).key),
  "a milestone that is not what its event says": async (store) => {
    await put(store, (await firstMilestone(store)).key, new TextEncoder().encode(`{"type":"task.created"}`));
  },
  "a milestone of no event": async (store) => {
    await put(
      store,
      keys.milestone("2026-01-01", "2026-01-01T00:00:00.000Z", 3, 500),
      (await firstMilestone(store)).value,
    );
  },
  "a milestone at another time than its event": async (store) => {
    await put(
      store,
      keys.milestone("2026-01-01", "2026-01-01T00:00:00.000Z", 3, 1),
      (await firstMilestone(store)).value,
    );
  },
  "a day without its mark": async (store) => {
    await drop(store, keys.milestoneDay((await firstMilestone(store)).key[1]));
  },
  "sums of a day that are not those of its milestones": async (store) => {
    const day = (await firstMilestone(store)).key[1];
    await store.milestones.days({ from: day, to: day });
    const { value } = await store.kv.get<Uint8Array>(keys.daySums(day));
    const changed = new TextDecoder().decode(value!).replace(`"created":3`, `"created":4`);
    await put(store, keys.daySums(day), new TextEncoder().encode(changed));
  },
};

async function firstMilestone(store: Store) {
  const [first] = await store.kv.page<Uint8Array>({ prefix: keys.milestones() }, { limit: 1 });
  const { key, value } = first!;
  return { key: key as [string, string, string, number, number], value };
}

for (const [damage, apply] of Object.entries(derived)) {
  Deno.test(`verify() names ${damage}, and repair() mends it from the log alone`, async () => {
    const store = await filled();
    await apply(store);
    const found = await verify(store.kv);
    assert(found.differences.length > 0, "the damage was not found");
    assert(found.differences.every((difference) => difference.repair !== null));
    assertEquals(await repair(store.kv, found), { mended: found.differences.length, moved: 0 });
    assertEquals((await verify(store.kv)).differences, []);
    store.close();
  });
}

Deno.test("verify() names a gap in a log and does not pretend to mend it", async () => {
  const store = await filled();
  const [, pack, next] = await store.kv.page<Uint8Array>({ prefix: keys.events(3) }, { limit: 3 });
  await drop(store, pack!.key);
  const { differences } = await verify(store.kv);
  const gap = differences.find(({ repair }) => repair === null);
  const first = (next!.key[2] as number) - packLines(next!.value).length + 1;
  assertEquals([isPack(pack!.value), first], [true, (pack!.key[2] as number) + 1]);
  assertStringIncludes(gap?.what ?? "", `event 2 is missing before event ${first}`);
  store.close();
});

Deno.test("verify() names events that the all-stream leaves out", async () => {
  const store = await filled();
  const [entry] = await store.kv.page({ prefix: keys.allEntries() }, { limit: 1, reverse: true });
  await drop(store, entry!.key);
  const { differences } = await verify(store.kv);
  assertEquals(differences.map(({ what }) => what), ["the all-stream ends at event 1201, the log at 1202"]);
  store.close();
});

Deno.test("verify() names an event whose parts are gone", async () => {
  const store = await filled();
  const [part] = await store.kv.page({ prefix: ["part"] }, { limit: 1 });
  await drop(store, part!.key);
  const { differences } = await verify(store.kv);
  assert(differences.some(({ task, what }) => task === 2 && what.startsWith("event 1 cannot be read")));
  store.close();
});

/** The store as somebody sees it for whom others write between any two reads. */
function whileOthersWrite(store: Store, write: (read: number) => Promise<void>): Kv {
  let reads = 0;
  const before = <A extends unknown[], R>(read: (...args: A) => Promise<R>) => async (...args: A) => {
    await write(++reads);
    return await read(...args);
  };
  const { kv } = store;
  return { ...kv, get: before(kv.get), getMany: before(kv.getMany), page: before(kv.page) } as Kv;
}

Deno.test("verify() raises no false alarm while others write, and repair() writes over nothing of theirs", async () => {
  const store = await filled();
  const append = (task: number | "new", events: NewEvent[]) =>
    store.writer.append({ task, by: "api", priority: "command", decide: () => events });
  const kv = whileOthersWrite(store, async (read) => {
    if (read > 60) return;
    // New tasks, ends of tasks, and more of what has been read already.
    if (read % 3 === 0) await append("new", [{ type: "task.created", data: created(1, 0).data }]);
    else if (read === 7) await append(1, [{ type: "task.completed", data: { output: "done" } }]);
    else await append(2, [{ type: "output.text", data: { text: `between reads ${read}` } }]);
  });
  assertEquals((await verify(kv)).differences, []);
  store.close();
});

Deno.test("repair() leaves alone what was written to since it was found", async () => {
  const store = await filled();
  const append = (events: NewEvent[]) =>
    store.writer.append({ task: 1, by: "api", priority: "command", decide: () => events });
  await drop(store, keys.active(1));
  const found = await verify(store.kv);
  assertEquals(found.differences.length, 1);
  await append([{ type: "task.completed", data: { output: "done" } }]);
  assertEquals(await repair(store.kv, found), { mended: 0, moved: 1 });
  const left = await verify(store.kv);
  assertEquals(left.differences, []);
  store.close();
});
