import { assertEquals } from "@std/assert";
import { type Needed, neededFor } from "../../../routes/guard/scopes.ts";
import { routesWorld } from "../world.ts";

Deno.test("every route of the service needs operate, but to read and to submit, and tokens are their owner's", async () => {
  await using world = await routesWorld({ agent: false });
  const needed = new Map<Needed, Set<string>>();
  for (const { method, path } of world.app.routes) {
    // What every request goes through.
    if (method === "ALL" && path.includes("*")) continue;
    const scope = neededFor(method, path);
    const routes = needed.get(scope) ?? new Set();
    needed.set(scope, routes.add(`${method} ${path}`));
  }
  assertEquals([...needed.get("owner")!].sort(), ["DELETE /api/tokens/:name", "GET /api/tokens", "POST /api/tokens"]);
  assertEquals([...needed.get("submit")!], ["POST /api/tasks"]);
  const reading = [...needed.get("read")!].filter((route) => !route.startsWith("GET "));
  assertEquals(reading, ["POST /mcp"]);
  const changing = [...needed.get("operate")!].filter((route) => route.startsWith("GET "));
  assertEquals(changing, []);
});
