// The stream of the pages: summaries of what changes, events of what is followed, and a cursor to come back with.

import { assert, assertEquals, assertMatch } from "@std/assert";
import { deadline } from "@std/async";
import { taskSchema } from "../../../routes/api/task_schemas.ts";
import { ready, type RoutesWorld, routesWorld, text } from "../world.ts";

interface Frame {
  id: string | null;
  event: string | null;
  // deno-lint-ignore no-explicit-any -- the JSON of a frame, of which each test reads a few fields
  data: any;
}

/** The frames of one connection, flush by flush, with exactly the ids they carry. */
async function connect(world: Pick<RoutesWorld, "call">, query = "", headers?: Record<string, string>) {
  const response = await world.call(`/api/stream${query}`, { headers });
  assertEquals(response.status, 200);
  const reader = response.body!.getReader();
  const frames: Frame[] = [];

  async function flush(): Promise<Frame[]> {
    const { value, done } = await deadline(reader.read(), 10_000);
    if (done) throw new Error(`The stream ended: ${JSON.stringify(frames.slice(-3))}`);
    const blocks = new TextDecoder().decode(value).split("\n\n").filter((block) => block !== "");
    const parsed = blocks.filter((block) => !/^(retry|:)/.test(block)).map((block) => {
      const field = (name: string) => new RegExp(`^${name}: (.*)$`, "m").exec(block)?.[1] ?? null;
      return { id: field("id"), event: field("event"), data: JSON.parse(field("data") ?? "null") };
    });
    assert(parsed.slice(0, -1).every(({ id }) => id === null), "only the last frame of a flush has an id");
    frames.push(...parsed);
    return parsed;
  }

  return {
    frames,
    /** Reads on until a frame fits. */
    async until(fits: (frame: Frame) => unknown): Promise<Frame> {
      for (let read = 0;;) {
        for (; read < frames.length; read++) if (fits(frames[read]!)) return frames[read]!;
        await flush();
      }
    },
    get lastId(): string {
      return frames.findLast(({ id }) => id !== null)!.id!;
    },
    [Symbol.asyncDispose]: () => reader.cancel(),
  };
}

/** The cursor of the last commit. */
const cursorOf = ({ store }: RoutesWorld) => `${store.id}.${store.tail.cursor}`;

const isTask = (id: number, fits: (task: Frame["data"]) => unknown = () => true) => ({ event, data }: Frame) =>
  event === "task" && data.id === id && fits(data);

Deno.test("a page hears of every task that changes, also of those that wait for it", async () => {
  await using world = await routesWorld();
  await using page = await connect(world);
  const hello = await page.until(({ event }) => event === "hello");
  assertMatch(hello.id!, /^[0-9a-f-]{36}\.[0-9a-f]{0,20}$/);
  const { id } = await world.create();
  const created = await page.until(isTask(id));
  taskSchema.strict().parse(created.data);
  const run = await world.nextRun();
  const waiting = await world.create({ depends_on: [id] });
  await page.until(isTask(waiting.id, ({ blocked_by }) => blocked_by.length === 1));
  run.finish();
  await page.until(isTask(id, ({ status }) => status === "completed"));
  await page.until(isTask(waiting.id, ({ blocked_by }) => blocked_by.length === 0));
  (await world.nextRun()).finish();
  await page.until(isTask(waiting.id, ({ status }) => status === "completed"));
  const health = await page.until(({ event }) => event === "health");
  assertEquals(health.data.status, "ok");
});

Deno.test("a page that comes is told the condition of now, however soon after another one", async () => {
  await using world = await routesWorld();
  const isHealth = ({ event }: Frame) => event === "health";
  await using before = await connect(world);
  assertEquals((await before.until(isHealth)).data.draining, false);
  await world.json(200, "/api/workers/self/drain", { method: "POST" });
  await using after = await connect(world);
  assertEquals((await after.until(isHealth)).data.draining, true);
});

Deno.test("a page where no task changes hears at once that the worker drains, has other slots, or goes on", async () => {
  await using world = await routesWorld();
  await using page = await connect(world);
  const heard = (fits: (health: Frame["data"]) => boolean) =>
    page.until(({ event, data }) => event === "health" && fits(data));
  const { data: { slots } } = await heard(() => true);
  await world.json(200, "/api/workers/self/drain", { method: "POST" });
  await heard(({ draining }) => draining);
  page.frames.length = 0;
  await world.json(200, "/api/workers/self/resume", { method: "POST" });
  await heard(({ draining }) => !draining);
  const total = slots.total + 1;
  await world.json(200, "/api/workers/self/slots", { method: "POST", json: { slots: total } });
  await heard((health) => health.slots.total === total);
});

Deno.test("followed tasks bring their events from the seq on that the page has", async () => {
  await using world = await routesWorld();
  const { id } = await world.create();
  const other = await world.create();
  const run = await world.nextRun();
  const second = await world.nextRun();
  await using page = await connect(world, `?follow=${id}:1,${other.id}:0,99:0`);
  await page.until(({ event }) => event === "run.started");
  for (let n = 0; n < 500; n++) run.say(text(`line ${n}`));
  second.say(ready);
  run.finish();
  second.finish();
  await page.until(({ event, data }) => event === "task.completed" && data.task === id);
  await page.until(({ event, data }) => event === "task.completed" && data.task === other.id);
  const seqs = (task: number) =>
    page.frames.filter(({ data }) => data?.v && data.task === task).map(({ data }) => data.seq);
  const newest = async (task: number) => (await world.json(200, `/api/tasks/${task}`)).seq;
  assertEquals(seqs(id), Array.from({ length: await newest(id) - 1 }, (_, n) => n + 2));
  assertEquals(seqs(other.id), Array.from({ length: await newest(other.id) }, (_, n) => n + 1));
  // When all is sent, the cursor is, too.
  await page.until(({ id }) => id === cursorOf(world));
});

Deno.test("a page that comes back with its cursor gets what changed meanwhile, and only that", async () => {
  await using world = await routesWorld({ agent: false });
  const old = await world.create({ title: "Old" });
  const base = await world.create({ title: "Base" });
  const held = await world.create({ title: "Held", depends_on: [base.id] });
  let cursor = "";
  {
    await using page = await connect(world);
    await page.until(({ event }) => event === "hello");
    cursor = page.lastId;
  }
  const fresh = await world.create({ title: "Fresh" });
  await world.json(202, `/api/tasks/${base.id}/cancel`, { method: "POST" });
  for (const way of ["header", "query"]) {
    await using page = way === "header"
      ? await connect(world, "", { "last-event-id": cursor })
      : await connect(world, `?cursor=${cursor}`);
    const changed = await page.until(isTask(base.id));
    assertEquals(changed.data.status, "cancelled");
    await page.until(isTask(fresh.id));
    const blocked = await page.until(isTask(held.id));
    assertEquals(blocked.data.blocked_by, [{ id: base.id, status: "cancelled" }]);
    assert(!page.frames.some(isTask(old.id)) && !page.frames.some(({ event }) => event === "reset"));
    // The next time there is nothing to say about these.
    await page.until(({ event }) => event === "health");
    await using again = await connect(world, "", { "last-event-id": page.lastId });
    await again.until(({ event }) => event === "health");
    assert(!again.frames.some(isTask(fresh.id)) && !again.frames.some(isTask(old.id)));
  }
});

Deno.test("a cursor of another store, or one that is none, is answered with a reset", async () => {
  await using world = await routesWorld({ agent: false });
  await world.create();
  const { id: store, tail } = world.store;
  const cursors = [
    `${crypto.randomUUID()}.${tail.cursor}`,
    `${store}.not-a-stamp`,
    `${store}.${"f".repeat(21)}`,
    store,
    "12",
    "",
  ];
  for (const cursor of cursors) {
    await using page = await connect(world, "", { "last-event-id": cursor });
    const reset = await page.until(() => true);
    assertEquals([reset.event, reset.id], ["reset", cursorOf(world)], cursor);
    // It goes on from there.
    const { id } = await world.create();
    await page.until(isTask(id));
  }
});

Deno.test("what to follow must be pairs of task and seq, twenty at most", async () => {
  await using world = await routesWorld({ agent: false });
  const many = (count: number) => Array.from({ length: count }, (_, n) => `${n + 1}:0`).join(",");
  for (const follow of ["", "1", "1:", ":1", "1:x", "1:0;2:0", "-1:0", many(21)]) {
    const answer = await world.call(`/api/stream?follow=${follow}`);
    assertEquals([answer.status, (await answer.json()).errors[0].path], [422, "follow"], follow);
  }
  await using page = await connect(world, `?follow=${many(20)}`);
  await page.until(({ event }) => event === "hello");
});

Deno.test("a followed task that is longer than a page comes to its end, and only then with a cursor", async () => {
  await using world = await routesWorld({ agent: false });
  const first = await world.create();
  const cursor = cursorOf(world);
  const { id } = await world.create();
  const count = 8_007;
  for (let n = 1; n < count; n += 500) {
    const lines = Array.from({ length: Math.min(500, count - n) }, (_, index) => text(`line ${n + index}`));
    await world.store.writer.append({ task: id, by: "test/1", priority: "output", decide: () => lines });
  }
  // Nothing happens any more: what comes, comes by itself.
  await using page = await connect(world, `?follow=${first.id}:0,${id}:0`, { "last-event-id": cursor });
  await page.until(({ event, data }) => event === "output.text" && data.seq === count);
  const events = page.frames.filter(({ data }) => data?.v && data.task === id);
  assertEquals(events.map(({ data }) => data.seq), Array.from({ length: count }, (_, n) => n + 1));
  const last = page.frames.indexOf(events.at(-1)!);
  assertEquals(page.frames.slice(0, last).filter((frame) => frame.id !== null), []);
  await page.until(({ id }) => id !== null);
});

Deno.test("a cursor covers what was sent with it, and nothing that happened while that was put together", async () => {
  await using world = await routesWorld({ agent: false });
  const before = cursorOf(world);
  const { id } = await world.create();
  // What memory does not reach back to is read from the log, and meanwhile the world goes on.
  const meanwhile: number[] = [];
  const { read } = world.store.log;
  world.store.tail.since = () => null;
  world.store.log.read = async (task, options) => {
    const page = await read(task, options);
    // Two commits: a client that comes back is told the last one anyway.
    while (meanwhile.length < 2) meanwhile.push((await world.create()).id);
    return page;
  };
  await using page = await connect(world, `?follow=${id}:0`, { "last-event-id": before });
  const carrier = await page.until((frame) => frame.id !== null);
  assertEquals(meanwhile.length, 2);
  assertEquals(page.frames.slice(0, page.frames.indexOf(carrier)).filter(isTask(meanwhile[0]!)), []);
  // Cut off here, it hears of both with the cursor it has.
  await using again = await connect(world, "", { "last-event-id": carrier.id! });
  for (const task of meanwhile) await again.until(isTask(task));
});
