import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import type { NewEvent } from "../../core/domain/event.ts";
import { decodeHead, encodeHead } from "../../core/kv/head_record.ts";
import { keys } from "../../core/kv/keys.ts";
import type { KvKey } from "../../core/kv/kv.ts";
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
};

for (const [damage, apply] of Object.entries(derived)) {
  Deno.test(`verify() names ${damage}, and repair() mends it from the log alone`, async () => {
    const store = await filled();
    await apply(store);
    const found = await verify(store.kv);
    assert(found.differences.length > 0, "the damage was not found");
    assert(found.differences.every((difference) => difference.repair !== null));
    assertEquals(await repair(store.kv, found), found.differences.length);
    assertEquals((await verify(store.kv)).differences, []);
    store.close();
  });
}

Deno.test("verify() names a gap in a log and does not pretend to mend it", async () => {
  const store = await filled();
  await drop(store, keys.event(3, 7));
  const { differences } = await verify(store.kv);
  const gap = differences.find(({ repair }) => repair === null);
  assertStringIncludes(gap?.what ?? "", "event 7 is missing before event 8");
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
