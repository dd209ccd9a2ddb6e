import { assertEquals } from "@std/assert";
import { islands } from "../../islands/islands.ts";
import { lazyIslands } from "../../islands/lazy_islands.ts";
import { lazy } from "../../islands/parts/lazy.tsx";

Deno.test("the browser loads the same islands that the server draws", async () => {
  assertEquals(Object.keys(lazyIslands), Object.keys(islands));
  for (const [name, part] of Object.entries(lazyIslands)) {
    await part.load();
    assertEquals(part.component(), islands[name], name);
  }
});

Deno.test("a part that a page came with is drawn without waiting for it", async () => {
  const folder = new URL("../../islands/loaded/", import.meta.url);
  const drawn: string[] = [];
  for await (const { name: file } of Deno.readDir(folder)) {
    if (file === "stream.ts") continue;
    for (const [name, component] of Object.entries(await import(new URL(file, folder).href))) {
      const never = lazy(name, () => new Promise<Record<string, never>>(() => {}));
      assertEquals(never.component(), component, name);
      drawn.push(name);
    }
  }
  assertEquals(drawn.includes("TaskPage"), true);
});
