import { assertEquals } from "@std/assert";
import { islands } from "../../islands/islands.ts";
import { lazyIslands } from "../../islands/lazy_islands.ts";

Deno.test("the browser loads the same islands that the server draws", async () => {
  assertEquals(Object.keys(lazyIslands), Object.keys(islands));
  for (const [name, load] of Object.entries(lazyIslands)) assertEquals(await load(), islands[name], name);
});
