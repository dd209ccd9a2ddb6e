// What another worker has is asked of its own API; here that is a server which says what it was asked.

import { assertEquals } from "@std/assert";
import { makeApp } from "../../../routes/app.ts";
import { guardOptions } from "../../../routes/guard/guard.ts";
import { routesWorld } from "../world.ts";

Deno.test("a file with a task's work comes from the worker that has it, and the history alone from any", async () => {
  await using world = await routesWorld({ agent: false });
  await world.create({ title: "Here" });
  await using holder = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, (request) => {
    const { pathname, search } = new URL(request.url);
    return new Response(`${pathname}${search}`, { headers: { "content-type": "application/x-ndjson" } });
  });
  const url = `http://127.0.0.1:${holder.addr.port}`;
  const where = { kind: "elsewhere", worker: "two", state: "alive", url, exchanged: false } as const;
  const app = makeApp({
    service: { ...world.service, whereabouts: () => Promise.resolve(where) },
    guard: guardOptions({ host: "127.0.0.1", hostname: "one", publicUrl: null, workerUrl: null, token: null }),
    version: "1",
    pages: [],
    warn() {},
  });
  const text = async (path: string) => {
    const response = await app.request(`http://localhost:8000${path}`, { headers: { host: "localhost:8000" } });
    assertEquals([response.status, response.headers.get("content-type")], [200, "application/x-ndjson"]);
    return await response.text();
  };
  for (const bundle of ["whole", "thin"]) {
    assertEquals(await text(`/api/tasks/1/export?bundle=${bundle}`), `/api/tasks/1/export?bundle=${bundle}`);
  }
  const [header] = (await text("/api/tasks/1/export")).split("\n");
  assertEquals(JSON.parse(header!).title, "Here");
});
