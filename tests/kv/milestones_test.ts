import { assertEquals } from "@std/assert";
import type { NewEvent } from "../../core/domain/event.ts";
import { totalOf } from "../../core/domain/day_sums.ts";
import { keys } from "../../core/kv/keys.ts";
import type { Kv } from "../../core/kv/kv.ts";
import { buildStore, type Store } from "../../core/kv/store.ts";
import { systemRandom } from "../../core/host/system.ts";
import { spec } from "../domain/world.ts";
import { type HandClock, handClock, openKv, type TestKv } from "./world.ts";

interface World extends Disposable {
  kv: TestKv;
  store: Store;
  clock: HandClock;
  create(repo?: string): Promise<number>;
  append(task: number, ...events: NewEvent[]): Promise<unknown>;
}

const dayMs = 86_400_000;

async function world(): Promise<World> {
  const kv = await openKv();
  const clock = handClock(Date.parse("2026-01-01T12:00:00.000Z"));
  const store = await buildStore(kv, { clock, random: systemRandom, shared: false });
  const append = (task: number | "new", events: NewEvent[]) =>
    store.writer.append({ task, by: "api", priority: "command", decide: () => events });
  return {
    ...{ kv, store, clock },
    create: async (repo = "demo") => (await append("new", [{ type: "task.created", data: spec({ repo }) }])).head.id,
    append: (task, ...events) => append(task, events),
    [Symbol.dispose]: () => store.close(),
  };
}

/** How many tasks were created on each day. */
async function createdByDay(store: Store, from = "2026-01-01", to = "2026-01-31"): Promise<[string, number][]> {
  return (await store.milestones.days({ from, to })).map(({ day, sums }) => [day, totalOf(sums).tasks.created]);
}

const completed: NewEvent = { type: "task.completed", data: { output: "done" } };

Deno.test("days() has the sums of each day on which anything happened, within both ends", async () => {
  using at = await world();
  await at.create();
  await at.create("other");
  at.clock.time += 2 * dayMs;
  await at.create();
  assertEquals(await createdByDay(at.store), [["2026-01-01", 2], ["2026-01-03", 1]]);
  assertEquals(await createdByDay(at.store, "2026-01-02", "2026-01-03"), [["2026-01-03", 1]]);
  assertEquals(await createdByDay(at.store, "2026-01-01", "2026-01-02"), [["2026-01-01", 2]]);
});

Deno.test("days() counts a milestone of a day that was summed already, whoever wrote it", async () => {
  using at = await world();
  await at.create();
  assertEquals(await createdByDay(at.store), [["2026-01-01", 1]]);
  await at.create();
  assertEquals(await createdByDay(at.store), [["2026-01-01", 2]]);
  // Another worker, whose clock is a day behind.
  const other = await buildStore(at.kv, {
    clock: handClock(at.clock.time - dayMs),
    random: systemRandom,
    shared: true,
  });
  const create = { type: "task.created" as const, data: spec() };
  await other.writer.append({ task: "new", by: "api", priority: "command", decide: () => [create] });
  assertEquals(await createdByDay(at.store, "2025-12-01"), [["2025-12-31", 1], ["2026-01-01", 2]]);
});

Deno.test("days() reads no milestone again of a day that it summed", async () => {
  using at = await world();
  for (let day = 0; day < 20; day++) {
    await at.create();
    at.clock.time += dayMs;
  }
  await createdByDay(at.store);
  const read: string[] = [];
  const kv: Kv = {
    ...at.kv,
    page: (range, options) => {
      read.push(String(range.prefix[0]));
      return at.kv.page(range, options);
    },
  };
  const later = await buildStore(kv, { clock: at.clock, random: systemRandom, shared: true });
  assertEquals((await createdByDay(later)).length, 20);
  assertEquals(read.filter((prefix) => prefix === "milestone"), []);
});

Deno.test("days() does not keep sums that a milestone overtook", async () => {
  using at = await world();
  await at.create();
  let isFirst = true;
  const kv: Kv = {
    ...at.kv,
    async page(range, options) {
      const page = await at.kv.page(range, options) as never;
      if (range.prefix[0] === "milestone" && isFirst) {
        isFirst = false;
        await at.create();
      }
      return page;
    },
  };
  const reader = await buildStore(kv, { clock: at.clock, random: systemRandom, shared: true });
  assertEquals(await createdByDay(reader), [["2026-01-01", 1]]);
  assertEquals((await at.kv.get(keys.daySums("2026-01-01"))).value, null);
  assertEquals(await createdByDay(reader), [["2026-01-01", 2]]);
});

Deno.test("newestFirst() reads back to a moment and no further, over its pages", async () => {
  using at = await world();
  const names = async (from: string) =>
    (await Array.fromAsync(at.store.milestones.newestFirst(from))).flat().map(({ task, milestone }) =>
      `${task} ${milestone.type}`
    );
  assertEquals(await names("2026-01-01T00:00:00.000Z"), []);
  await at.create();
  at.clock.time += 1_000;
  await at.create();
  at.clock.time += 1_000;
  await at.append(1, completed);
  assertEquals(await names("2026-01-01T12:00:01.000Z"), ["1 task.completed", "2 task.created"]);
  await Promise.all(Array.from({ length: 1_100 }, () => at.create()));
  const all = await names("2026-01-01T12:00:01.000Z");
  assertEquals([all.length, new Set(all).size, all.at(-1)], [1_102, 1_102, "2 task.created"]);
});

/** As a store that was written before there were milestones. */
async function forgetMilestones(kv: Kv): Promise<void> {
  for (const prefix of [keys.milestones(), keys.milestoneDays(), keys.allDaySums(), keys.gathered()]) {
    const page = await kv.page({ prefix }, { limit: 1_000 });
    await kv.commit({ checks: [], sets: [], deletes: [...page.map(({ key }) => key), keys.gathered()] });
  }
}

Deno.test("gatherMilestones() gives an older store what it would have had from the start", async () => {
  using at = await world();
  for (let index = 0; index < 120; index++) await at.append(await at.create(index % 2 ? "demo" : "other"), completed);
  const before = await at.kv.page({ prefix: keys.milestones() }, { limit: 1_000 });
  const days = await createdByDay(at.store);
  await forgetMilestones(at.kv);
  assertEquals(await at.store.gathered(), { next: 1, last: 1 });
  // They are no differences while they are gathered.
  assertEquals((await at.store.verify()).differences, []);
  await at.store.gatherMilestones({ signal: new AbortController().signal });
  const after = await at.kv.page({ prefix: keys.milestones() }, { limit: 1_000 });
  assertEquals(after.map(({ key, value }) => [key, value]), before.map(({ key, value }) => [key, value]));
  assertEquals(after.length, 240);
  assertEquals([await at.store.gathered(), await createdByDay(at.store)], ["complete", days]);
  assertEquals((await at.store.verify()).differences, []);
});

Deno.test("gatherMilestones() goes on where it was stopped, and beside another worker", async () => {
  using at = await world();
  for (let index = 0; index < 250; index++) await at.create();
  await forgetMilestones(at.kv);
  const stopped = new AbortController();
  const kv: Kv = {
    ...at.kv,
    async commit(commit) {
      const result = await at.kv.commit(commit);
      if (commit.sets.some(({ key }) => key[0] === "milestones_gathered")) stopped.abort();
      return result;
    },
  };
  const worker = await buildStore(kv, { clock: at.clock, random: systemRandom, shared: true });
  await worker.gatherMilestones({ signal: stopped.signal });
  assertEquals(await at.store.gathered(), { next: 101, last: 250 });
  // What is made meanwhile has its own, and is not looked at again.
  await at.create();
  const { signal } = new AbortController();
  await Promise.all([at.store.gatherMilestones({ signal }), worker.gatherMilestones({ signal })]);
  assertEquals([await at.store.gathered(), await createdByDay(at.store)], ["complete", [["2026-01-01", 251]]]);
});
