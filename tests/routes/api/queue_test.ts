// The queue by hand: its order, more and fewer slots, one command for many tasks, and what was spent.

import { assertEquals, assertMatch } from "@std/assert";
import { type RoutesWorld, routesWorld } from "../world.ts";

interface Result {
  id: number;
  status: number;
  task?: { priority: number };
  problem?: { detail: string };
}

async function queued({ json }: RoutesWorld): Promise<number[]> {
  return (await json(200, "/api/board")).queue.map(({ id }: { id: number }) => id);
}

Deno.test("POST /api/tasks/{id}/move orders the queue within a priority, and the queue starts in that order", async () => {
  await using world = await routesWorld({ maxConcurrent: 1 });
  const busy = await world.create({ title: "Busy" });
  const run = await world.nextRun();
  for (const title of ["b", "c", "d"]) await world.create({ title });
  const urgent = await world.create({ title: "urgent", priority: 5 });
  const move = (id: number, json: unknown) => world.json(202, `/api/tasks/${id}/move`, { json });
  assertEquals(await queued(world), [urgent.id, 2, 3, 4]);
  assertEquals((await move(4, { to: "first" })).queue_position, 2);
  assertEquals(await queued(world), [urgent.id, 4, 2, 3]);
  await move(4, { after: 2 });
  await move(3, { before: 2 });
  assertEquals(await queued(world), [urgent.id, 3, 2, 4]);
  await move(3, { to: "last" });
  assertEquals(await queued(world), [urgent.id, 2, 4, 3]);
  const { events } = await world.json(200, "/api/tasks/3/events");
  assertEquals(
    events.slice(1).map(({ type, by, data }: { type: string; by: string; data: unknown }) => [type, by, data]),
    [["task.moved", "api", { order: 1, before: 2 }], ["task.moved", "api", { order: 3.5, after: 4 }]],
  );

  run.finish();
  await world.until(busy.id, ({ status }) => status === "completed");
  for (const id of [urgent.id, 2, 4, 3]) {
    const next = await world.nextRun();
    assertEquals((await world.json(200, "/api/board")).running[0].id, id);
    next.finish();
    await world.until(id, ({ status }) => status === "completed");
  }
  assertEquals((await world.store.verify()).differences, []);
});

Deno.test("a task is moved next to a pending one of its own priority alone, and the refusal says what to do", async () => {
  await using world = await routesWorld({ agent: false });
  const [one, two] = [await world.create(), await world.create({ priority: 1 })];
  const refused = async (id: number, json: unknown, status = 409) =>
    (await world.json(status, `/api/tasks/${id}/move`, { json })).detail;
  assertEquals(
    await refused(one.id, { before: two.id }),
    "Cannot move task 1 next to task 2: its priority is 0, that one's 1; change its priority first",
  );
  assertEquals(await refused(one.id, { after: one.id }), "Cannot move task 1 next to task 1: they are the same");
  assertEquals(await refused(one.id, { after: 77 }), "Cannot move task 1 next to task 77: that one is not pending");
  await world.json(202, `/api/tasks/${two.id}/cancel`, { method: "POST" });
  assertMatch(await refused(two.id, { to: "first" }), /^Cannot move task 2: it is cancelled/);
  assertEquals(await refused(77, { to: "first" }, 404), "There is no task 77");
  await refused(one.id, { to: "first", before: 2 }, 422);
});

Deno.test("POST /api/bulk does the same to many tasks, and says of each what became of it", async () => {
  await using world = await routesWorld({ agent: false });
  for (let count = 0; count < 4; count++) await world.create();
  const bulk = (json: unknown) => world.json(200, "/api/bulk", { json });
  const raised = await bulk({ ids: [2, 3, 77], action: "prioritize", priority: 3 });
  assertEquals(raised.failed, 1);
  assertEquals(
    raised.results.map((one: Result) => [one.id, one.status, one.task?.priority, one.problem?.detail]),
    [[2, 202, 3, undefined], [3, 202, 3, undefined], [77, 404, undefined, "There is no task 77"]],
  );
  await bulk({ ids: [4, 1], action: "move_first" });
  assertEquals(await queued(world), [2, 3, 4, 1]);
  await bulk({ ids: [1, 4], action: "move_first" });
  assertEquals(await queued(world), [2, 3, 1, 4]);

  await bulk({ ids: [1, 2, 2], action: "cancel" });
  const again = await bulk({ ids: [1, 3], action: "retry" });
  assertEquals(again.results.map(({ status }: { status: number }) => status), [202, 409]);
  assertEquals(again.results[1].problem.title, "Conflict");
  assertEquals((await queued(world)).sort(), [1, 3, 4]);
  const wrong = await world.json(422, "/api/bulk", { json: { ids: [1], action: "cancel", priority: 1 } });
  assertEquals(wrong.errors, [{ path: "priority", message: "It belongs to `prioritize`, and only there" }]);
  await world.json(422, "/api/bulk", { json: { ids: [], action: "cancel" } });
});

Deno.test("POST /api/workers/self/slots starts more at once, or fewer without ending a run, and is in the log", async () => {
  await using world = await routesWorld({ maxConcurrent: 1 });
  const first = await world.create();
  const runs = [await world.nextRun()];
  await world.create();
  const more = await world.json(200, "/api/workers/self/slots", { json: { slots: 2 } });
  assertEquals(more.slots, 2);
  runs.push(await world.nextRun());
  await world.json(200, "/api/workers/self/slots", { json: { slots: 1 } });
  assertEquals((await world.json(200, "/healthz")).slots, { busy: 2, total: 1, configured: 1 });
  const third = await world.create();
  assertEquals(third.waiting, "Next; the only slot is busy");
  runs[0]!.finish();
  await world.until(first.id, ({ status }) => status === "completed");
  await world.engine.tick();
  assertEquals((await world.json(200, `/api/tasks/${third.id}`)).status, "pending");
  await world.json(200, "/api/workers/self/slots", { json: { slots: null } });
  const log = await world.store.log.read(0, { after: 0, limit: 100 });
  assertEquals(
    log.filter(({ event: { type } }) => type === "service.slots_changed").map(({ event }) => [event.by, event.data]),
    [2, 1, null].map((slots) => ["api", { worker: more.id, slots }]),
  );
  const { detail } = await world.json(422, "/api/workers/self/slots", { json: { slots: 17 } });
  assertEquals(detail, "At most 16; start this worker with a larger CODER_MAX_CONCURRENT for more");
  await world.json(404, "/api/workers/mill/slots", { json: { slots: 2 } });
  runs[1]!.finish();
  await world.until(2, ({ status }) => status === "completed");
  (await world.nextRun()).finish();
  await world.until(third.id, ({ status }) => status === "completed");
});

Deno.test("GET /api/spending is what runs cost since a moment, without what they cost before", async () => {
  await using world = await routesWorld();
  const spending = async (since: string) => {
    const { cost_usd, running_usd, tasks, whole } = await world.json(
      200,
      `/api/spending?since=${encodeURIComponent(since)}`,
    );
    return [cost_usd, running_usd, tasks, whole];
  };
  const start = new Date(Date.now() - 60_000).toISOString();
  await world.create({ title: "Goes on" });
  (await world.nextRun()).finish();
  const { updated_at } = await world.until(1, ({ status }) => status === "completed");
  const between = new Date(Date.parse(updated_at) + 1).toISOString();
  assertEquals(await spending(start), [0.5, 0, 1, true]);
  assertEquals(await spending(between), [0, 0, 0, true]);

  await world.json(202, "/api/tasks/1/messages", { json: { text: "More" } });
  (await world.nextRun()).finish();
  await world.until(1, ({ status, epoch }) => status === "completed" && epoch === 2);
  await world.create({ title: "Fails" });
  (await world.nextRun()).finish({ ok: false });
  await world.until(2, ({ status }) => status === "failed");
  assertEquals(await spending(start), [1.5, 0, 2, true]);
  assertEquals(await spending(between), [1, 0, 2, true]);
  assertEquals(await spending(between.replace("Z", "+00:00")), [1, 0, 2, true]);
  await world.json(422, "/api/spending?since=yesterday");
  await world.json(422, "/api/spending");
});
