// Finding by HTTP: tasks by tags and labels, a task's events and its log.

import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { ready, routesWorld, text } from "../world.ts";

Deno.test("tags are words of a task, changed in any status, and filters of the list with labels", async () => {
  await using world = await routesWorld();
  const { id, tags } = await world.create({ tags: ["web", "web", "flaky"], labels: {} });
  assertEquals(tags, ["web", "flaky"]);
  (await world.nextRun()).finish();
  await world.until(id, ({ status }) => status === "completed");
  const edited = await world.json(200, `/api/tasks/${id}`, { method: "PATCH", json: { tags: ["docs"] } });
  assertEquals([edited.tags, edited.status], [["docs"], "completed"]);
  const found = async (query: string) =>
    (await world.json(200, `/api/tasks?${query}`)).tasks.map((task: { id: number }) => task.id);
  assertEquals([await found("label=docs"), await found("label=web"), await found("label=docs&outcome=failed")], [
    [id],
    [],
    [],
  ]);
  for (const wrong of [["a b"], ["gpu=1"], [1], Array(9).fill("x").map((tag, at) => tag + at)]) {
    const { errors } = await world.json(422, "/api/tasks", { json: { prompt: "x", tags: wrong } });
    assertEquals(errors[0].path.split(".")[0], "tags");
  }
});

Deno.test("GET /api/tasks/{id}/search finds what was said, from an event on", async () => {
  await using world = await routesWorld();
  const { id } = await world.create({ prompt: "Look for it" });
  const run = await world.nextRun();
  run.say(ready, text("Here is the Needle"), text("and hay"), text("another needle"));
  run.finish();
  const { seq } = await world.until(id, ({ status }) => status === "completed");
  const { hits, searched, next } = await world.json(200, `/api/tasks/${id}/search?q=needle`);
  assertEquals(hits.map((hit: { text: string }) => hit.text), ["Here is the Needle", "another needle"]);
  assertEquals([searched, next], [seq, null]);
  const later = await world.json(200, `/api/tasks/${id}/search?q=needle&after=${hits[0].seq}&limit=1`);
  assertEquals(later.hits, [hits[1]]);
  assertEquals(later.next, hits[1].seq);
  await world.json(404, "/api/tasks/77/search?q=x");
});

Deno.test("GET /api/tasks/{id}/log/search finds lines of the raw log, and follows no link", async () => {
  await using world = await routesWorld({ agent: false });
  const { id } = await world.create();
  const logs = join(world.operatorFolder, "..", "logs");
  const path = join(logs, `task-${id}.log`);
  assertEquals((await world.json(404, `/api/tasks/${id}/log/search?q=x`)).detail, `Task ${id} has no log yet`);
  await Deno.mkdir(logs, { recursive: true });
  await Deno.writeTextFile(path, "one\ntwo needles\nthree\nNeedle\n");
  const found = await world.json(200, `/api/tasks/${id}/log/search?q=needle&limit=1`);
  assertEquals(found.hits, [{ line: 2, offset: 4, at: null, text: "two needles" }]);
  const next = await world.json(200, `/api/tasks/${id}/log/search?q=needle&cursor=${found.next}`);
  assertEquals([next.hits, next.next], [[{ line: 4, offset: 22, at: null, text: "Needle" }], null]);
  await Deno.remove(path);
  await Deno.symlink("/etc/hostname", path);
  assertEquals((await world.json(404, `/api/tasks/${id}/log/search?q=a`)).detail, `Task ${id} has no log of its own`);
});
