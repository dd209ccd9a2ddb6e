import { assertEquals, assertMatch } from "@std/assert";
import { routesWorld } from "../world.ts";

Deno.test("GET /api/workers tells of the one worker of a local file what it is and does", async () => {
  await using world = await routesWorld({ maxConcurrent: 2 });
  const { worker } = await world.json(200, "/healthz");
  const own = {
    id: worker.id,
    name: "test",
    self: true,
    state: "alive",
    version: "0",
    repositories: ["repo"],
    labels: {},
    slots: 2,
    free: 2,
    running: [],
    last_beat_ms: null,
    paused: null,
    draining: false,
    disk: null,
    confinement: "off",
    url: null,
  };
  assertEquals(await world.json(200, "/api/workers"), { workers: [own] });
  const { id, worker: before } = await world.create();
  assertEquals(before, null);
  const run = await world.nextRun();
  assertEquals((await world.json(200, "/api/workers")).workers, [{ ...own, free: 1, running: [id] }]);
  assertEquals((await world.json(200, `/api/tasks/${id}`)).worker, { id: worker.id, name: "test" });
  assertEquals((await world.json(200, "/api/board")).running[0].worker, { id: worker.id, name: "test" });
  run.finish();
  const { seq } = await world.until(id, ({ status }) => status === "completed");
  assertEquals((await world.json(200, `/api/tasks/${id}?at=${seq - 1}`)).worker.name, "test");
  assertEquals((await world.json(200, `/api/tasks/${id}?at=1`)).worker, null);
});

Deno.test("a worker that drains finishes what it runs, claims nothing and says so, until it is resumed", async () => {
  await using world = await routesWorld({ maxConcurrent: 2 });
  const first = await world.create();
  const run = await world.nextRun();
  const drained = await world.json(200, "/api/workers/self/drain", { method: "POST" });
  assertEquals([drained.self, drained.draining, drained.running], [true, true, [first.id]]);
  assertEquals((await world.json(200, "/healthz")).draining, true);

  const second = await world.create();
  run.finish();
  await world.until(first.id, ({ status }) => status === "completed");
  await world.engine.tick();
  const waiting = await world.json(200, `/api/tasks/${second.id}`);
  assertEquals([waiting.status, waiting.runs], ["pending", 0]);
  assertMatch(waiting.waiting, /claims nothing more/);

  const resumed = await world.json(200, `/api/workers/${drained.id}/resume`, { method: "POST" });
  assertEquals([resumed.draining, (await world.json(200, "/healthz")).draining], [false, false]);
  (await world.nextRun()).finish();
  await world.until(second.id, ({ status }) => status === "completed");
});

Deno.test("there is no drain of a worker that nobody knows", async () => {
  await using world = await routesWorld({ agent: false });
  for (const what of ["drain", "resume"]) {
    const { detail } = await world.json(404, `/api/workers/mill/${what}`, { method: "POST" });
    assertEquals(detail, "There is no worker mill");
    await world.json(422, `/api/workers/a.b/${what}`, { method: "POST" });
  }
});

Deno.test("a task with labels waits for a worker that has them, and says which; labels can be edited and retried with", async () => {
  await using world = await routesWorld({ labels: { os: "linux" } });
  const task = await world.create({ labels: { gpu: "1" } });
  assertEquals([task.labels, task.waiting], [{ gpu: "1" }, "No living worker has gpu=1"]);
  await world.engine.tick();
  assertEquals((await world.json(200, `/api/tasks/${task.id}`)).runs, 0);
  const path = `/api/tasks/${task.id}`;
  const edited = await world.json(200, path, { method: "PATCH", json: { labels: { os: "linux" } } });
  assertEquals(edited.labels, { os: "linux" });
  (await world.nextRun()).finish({ ok: false });
  await world.until(task.id, ({ status }) => status === "failed");
  const retried = await world.json(202, `${path}/retry`, { json: {} });
  assertEquals([retried.labels, retried.status], [{ os: "linux" }, "pending"]);
  (await world.nextRun()).finish({ ok: false });
  await world.until(task.id, ({ status, attempts }) => status === "failed" && attempts === 1);
  const other = await world.json(202, `${path}/retry`, { json: { labels: { os: "bsd" } } });
  assertEquals([other.labels, other.waiting], [{ os: "bsd" }, "No living worker has os=bsd"]);
});

Deno.test("labels that are none are refused at their place", async () => {
  await using world = await routesWorld({ agent: false });
  const many = Object.fromEntries(Array.from({ length: 17 }, (_, index) => [`k${index}`, "1"]));
  for (
    const labels of [many, { "a b": "1" }, { gpu: "" }, { gpu: 1 }, { gpu: "x".repeat(64) }, { __a: "1" }, "gpu=1"]
  ) {
    const { errors } = await world.json(422, "/api/tasks", { json: { prompt: "Do it", labels } });
    assertMatch(errors[0].path, /^labels/);
  }
  assertEquals((await world.create({ labels: {} })).labels, {});
});
