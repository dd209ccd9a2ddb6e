// Two workers on one store: whom somebody asks to drain, and who knows it.

import { assertEquals } from "@std/assert";
import type { EngineContext } from "../../../core/engine/context.ts";
import type { LiveBoard } from "../../../core/engine/dispatch/board.ts";
import { Drains } from "../../../core/engine/dispatch/drains.ts";
import { WorkerWatch } from "../../../core/engine/dispatch/worker_watch.ts";
import { buildStore, openStore, type Store } from "../../../core/kv/store.ts";
import { systemClock, systemRandom } from "../../../core/host/system.ts";

const ports = { clock: systemClock, random: systemRandom };

/** A worker as far as it drains. */
function worker(store: Store, id: string) {
  const context = { store, ...ports, worker: { id, name: id }, warn: () => {} } as unknown as EngineContext;
  let changes = 0;
  const drains = new Drains(context, () => void changes++);
  const watch = new WorkerWatch(context, {
    board: { entries: [] } as unknown as LiveBoard,
    endSurvivors: () => Promise.resolve(0),
    drains,
    slots: { look: () => Promise.resolve() },
  });
  return { drains, watch, changes: () => changes };
}

async function sharedStore() {
  const memory = await openStore(":memory:", ports);
  const store = await buildStore(memory.kv, { ...ports, shared: true });
  return { store, [Symbol.dispose]: () => store.close() };
}

async function serviceLog({ log }: Store): Promise<string[]> {
  const events = await log.read(0, { after: 0, limit: 100 });
  return events.map(({ event: { type, by, data } }) => `${type} ${(data as { worker: string }).worker} ${by}`);
}

Deno.test("a wish to drain is of one worker, is in the log once, and is known after a restart until it is taken back", async () => {
  using shared = await sharedStore();
  const { store } = shared;
  const { drains, changes } = worker(store, "one");
  await drains.ask("one", true, { by: "ui" });
  await drains.ask("one", true, { by: "ui" });
  assertEquals([drains.isDraining, drains.has("two"), changes()], [true, false, 1]);

  const restarted = worker(store, "one");
  assertEquals(restarted.drains.isDraining, false);
  await restarted.drains.load();
  assertEquals([restarted.drains.isDraining, restarted.changes()], [true, 1]);

  await restarted.drains.ask("one", false, { by: "api" });
  await drains.load();
  assertEquals([restarted.drains.isDraining, drains.isDraining], [false, false]);
  assertEquals(await serviceLog(store), ["service.draining one ui", "service.resumed one api"]);
});

Deno.test("a worker hears with its next look at the beats what another was told of it", async () => {
  using shared = await sharedStore();
  const [one, two] = [worker(shared.store, "one"), worker(shared.store, "two")];
  await one.drains.ask("two", true, { by: "ui" });
  assertEquals([one.drains.has("two"), one.drains.isDraining, two.drains.isDraining], [true, false, false]);
  await two.watch.observe();
  assertEquals([two.drains.isDraining, two.changes()], [true, 1]);
  assertEquals([...two.watch.known.keys()], [], "a wish is no beat");
  await one.drains.ask("two", false, { by: "ui" });
  await two.watch.observe();
  assertEquals([two.drains.isDraining, two.changes()], [false, 2]);
});

Deno.test("what was read before this worker changed a wish itself does not undo it", async () => {
  using shared = await sharedStore();
  const { drains } = worker(shared.store, "one");
  const hear = drains.listen();
  await drains.ask("one", true, { by: "ui" });
  hear(new Set());
  assertEquals(drains.isDraining, true);
  drains.listen()(new Set());
  assertEquals(drains.isDraining, false);
});
