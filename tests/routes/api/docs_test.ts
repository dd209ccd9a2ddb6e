import { assertEquals } from "@std/assert";
import { routesWorld } from "../world.ts";

Deno.test("no two landmarks of the page of the API have one name", async () => {
  await using world = await routesWorld({ agent: false });
  const page = await (await world.call("/api/docs")).text();
  const names = [...page.matchAll(/role="region" aria-label="([^"]*)"/g)].map(([, name]) => name!);
  assertEquals(names.includes("Answers of POST /api/tasks"), true);
  assertEquals(names.filter((name, index) => names.indexOf(name) !== index), []);
});
