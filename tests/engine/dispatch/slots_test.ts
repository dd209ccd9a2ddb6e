// How many runs a worker may have at once when somebody says so: on one store, by two workers.

import { assertEquals, assertRejects } from "@std/assert";
import { DomainError } from "../../../core/domain/error.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { Slots } from "../../../core/engine/dispatch/slots.ts";
import { buildStore, openStore, type Store } from "../../../core/kv/store.ts";
import { systemClock, systemRandom } from "../../../core/host/system.ts";

const ports = { clock: systemClock, random: systemRandom };
const me = { id: "one", name: "one", total: 3 };

function worker(store: Store, id: string, { maxConcurrent = 3 } = {}) {
  const context = {
    store,
    ...ports,
    worker: { id, name: id },
    settings: { maxConcurrent },
  } as unknown as EngineContext;
  let changes = 0;
  const slots = new Slots(context, () => void changes++);
  return { slots, changes: () => changes };
}

async function sharedStore() {
  const memory = await openStore(":memory:", ports);
  const store = await buildStore(memory.kv, { ...ports, shared: true });
  return { store, [Symbol.dispose]: () => store.close() };
}

async function serviceLog({ log }: Store): Promise<unknown[]> {
  const events = await log.read(0, { after: 0, limit: 100 });
  return events.map(({ event: { type, by, data } }) => [type, by, data]);
}

Deno.test("a wish for slots is in the log once with who asked, holds after a restart, and null takes it back", async () => {
  using shared = await sharedStore();
  const { store } = shared;
  const { slots, changes } = worker(store, "one");
  await slots.ask(me, 5, { by: "ui" });
  await slots.ask(me, 5, { by: "ui" });
  assertEquals([slots.total, slots.configured, changes()], [5, 3, 1]);

  const restarted = worker(store, "one");
  assertEquals(restarted.slots.total, 3);
  await restarted.slots.look();
  assertEquals([restarted.slots.total, restarted.changes()], [5, 1]);
  await restarted.slots.ask(me, null, { by: "api" });
  assertEquals([restarted.slots.total, restarted.changes()], [3, 2]);
  assertEquals(await serviceLog(store), [
    ["service.slots_changed", "ui", { worker: "one", slots: 5 }],
    ["service.slots_changed", "api", { worker: "one", slots: null }],
  ]);
});

Deno.test("a wish for another worker is heard there with the beats, and an older look does not undo a newer wish", async () => {
  using shared = await sharedStore();
  const [one, two] = [worker(shared.store, "one"), worker(shared.store, "two")];
  await one.slots.ask({ id: "two", name: "two", total: 3 }, 1, { by: "ui" });
  assertEquals([one.slots.total, two.slots.total], [3, 3]);
  await two.slots.look();
  assertEquals([two.slots.total, two.changes()], [1, 1]);

  const looking = two.slots.look();
  await two.slots.ask({ id: "two", name: "two", total: 1 }, 4, { by: "ui" });
  await looking;
  assertEquals(two.slots.total, 4);
});

Deno.test("a door gets no slots, and no worker more than it has descriptors for", async () => {
  using shared = await sharedStore();
  await worker(shared.store, "one").slots.ask(me, 5, { by: "ui" });
  const door = worker(shared.store, "one", { maxConcurrent: 0 });
  await door.slots.look();
  const refused = await assertRejects(() => door.slots.ask({ ...me, total: 0 }, 2, { by: "ui" }), DomainError);
  assertEquals([refused.code, door.slots.total], ["conflict", 0]);

  const { slots } = worker(shared.store, "one");
  await slots.ask(me, null, { by: "ui" });
  const much = await assertRejects(() => slots.ask(me, 17, { by: "ui" }), DomainError);
  assertEquals([much.code, slots.total], ["invalid", 3]);
  await worker(shared.store, "two").slots.ask(me, 40, { by: "ui" });
  await slots.look();
  assertEquals(slots.total, 16);
  const large = worker(shared.store, "one", { maxConcurrent: 32 });
  await large.slots.ask({ ...me, total: 32 }, 30, { by: "ui" });
  assertEquals(large.slots.total, 30);
});
