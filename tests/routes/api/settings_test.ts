import { assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { readAddedRepositories } from "../../../core/host/added_repositories.ts";
import type { SettingsView } from "../../../core/view/settings_view.ts";
import { tempRepository } from "../../support/temp.ts";
import { type RoutesWorld, routesWorld } from "../world.ts";

const add = (world: RoutesWorld, status: number, json: Record<string, unknown>) =>
  world.json(status, "/api/repositories", { json });
const names = async (world: RoutesWorld) =>
  (await world.json(200, "/api/settings") as SettingsView).repositories.map(({ name, reason }) => [name, reason]);

Deno.test("POST /api/repositories gives the service another one, which tasks can have at once", async () => {
  await using world = await routesWorld();
  await using other = await tempRepository();
  const added = await add(world, 201, { path: join(other.path, ".git", ".."), name: "shop" });
  assertEquals(added, { name: "shop", path: other.path, added: true, reason: null, unfinished: 0 });
  assertEquals(await names(world), [["repo", null], ["shop", null]]);
  const { id } = await world.create({ repo: "shop" });
  const run = await world.nextRun();
  assertEquals(run.start.cwd.startsWith(`${other.path}-worktrees/`), true, run.start.cwd);
  run.finish();
  await world.until(id, ({ status }) => status === "completed");
  const { repositories } = await world.json(200, "/api/repositories");
  assertEquals(repositories.map(({ name }: { name: string }) => name), ["repo", "shop"]);
  assertEquals((await world.json(200, "/api/workers")).workers[0].repositories, ["repo", "shop"]);
});

Deno.test("each change is an event of the service's log that says by whom, and is kept for the launcher", async () => {
  await using world = await routesWorld();
  await using other = await tempRepository();
  await add(world, 201, { path: other.path, name: "shop" });
  assertEquals(await readAddedRepositories(world.data), [{ name: "shop", path: other.path }]);
  const headers = { "x-coder-client": "ui", "sec-fetch-site": "same-origin" };
  assertEquals((await world.call("/api/repositories/shop", { method: "DELETE", headers })).status, 204);
  assertEquals(await readAddedRepositories(world.data), []);
  const log = await world.store.log.read(0, { after: 0, limit: 100 });
  const said = log.filter(({ event }) => event.type.startsWith("repository.")).map((
    { event },
  ) => [event.type, event.by]);
  assertEquals(said, [["repository.added", "api"], ["repository.removed", "ui"]]);
  assertEquals(await names(world), [["repo", null]]);
  assertMatch((await world.json(422, "/api/tasks", { json: { prompt: "x", repo: "shop" } })).detail, /shop/);
});

Deno.test("POST /api/repositories says what is wrong with a path or a name", async () => {
  await using world = await routesWorld();
  await using other = await tempRepository();
  const refused = async (status: number, json: Record<string, unknown>) => (await add(world, status, json)).detail;
  assertMatch(await refused(422, { path: "src/shop" }), /write its whole path/);
  assertMatch(await refused(422, { path: "/nowhere/at/all" }), /the folder does not exist/);
  assertMatch(await refused(422, { path: world.data }), /it is not a git repository/);
  assertMatch(await refused(409, { path: world.repository.path }), /is there already, as repo/);
  assertMatch(await refused(409, { path: other.path, name: "repo" }), /named repo already/);
  assertMatch(await refused(422, { path: other.path, name: "a b" }), /letters, digits/);
  assertEquals(await names(world), [["repo", null]]);
});

Deno.test("DELETE /api/repositories/{name} is refused while a task of it is unfinished, and for a configured one", async () => {
  await using world = await routesWorld();
  await using other = await tempRepository();
  await add(world, 201, { path: other.path, name: "shop" });
  const { id } = await world.create({ repo: "shop" });
  const run = await world.nextRun();
  const remove = (name: string) => world.call(`/api/repositories/${name}`, { method: "DELETE" });
  const refusal = await remove("shop");
  assertEquals([refusal.status, (await refusal.json()).detail], [
    409,
    `Cannot remove repository shop: #${id} of it are not finished`,
  ]);
  // It is in use as before.
  const second = await world.create({ repo: "shop" });
  run.finish();
  (await world.nextRun()).finish();
  await world.until(second.id, ({ status }) => status === "completed");
  const gone = await remove("shop");
  assertEquals(gone.status, 204);
  for (
    const [name, status, words] of [["repo", 409, /CODER_REPO names it/], ["shop", 404, /no repository shop/]] as const
  ) {
    const response = await remove(name);
    assertEquals(response.status, status);
    assertMatch((await response.json()).detail, words);
  }
});
