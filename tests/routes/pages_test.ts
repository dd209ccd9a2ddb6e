// The pages as the server draws them; tests/browser has what people do with them.

import { assertEquals, assertMatch } from "@std/assert";
import type { Service } from "../../core/engine/service/service.ts";
import { pageAnswers } from "../../routes/pages/page_answer.ts";
import { pages } from "../../routes/pages/pages.tsx";
import { routesWorld } from "./world.ts";

const assets = {
  scripts: { shared: [], rare: [] },
  urls: {
    ...{ script: "/s.js", style: "/s.css", worker: "/w.js", markdown: "/m.js", highlight: "/h.js" },
    ...{ font: "/f.woff2", touchIcon: "/i.png", manifest: "/m.json" },
  },
};

/** The service, and how often each of its methods was called since it was asked last. */
function counted(service: Service): { service: Service; calls(): Record<string, number> } {
  let counts: Record<string, number> = {};
  const proxy = new Proxy(service, {
    get(target, name: keyof Service & string) {
      const method = target[name];
      if (typeof method !== "function") return method;
      return (...given: unknown[]) => {
        counts[name] = (counts[name] ?? 0) + 1;
        return (method as (...given: unknown[]) => unknown).apply(target, given);
      };
    },
  });
  return {
    service: proxy,
    calls() {
      const now = counts;
      counts = {};
      return now;
    },
  };
}

Deno.test("a page asks for each of its parts once, also where it is only looked at (HEAD)", async () => {
  await using world = await routesWorld({ agent: false });
  const { id } = await world.create({ prompt: "Count me" });
  const { service, calls } = counted(world.service);
  const app = pages({ service, begin: pageAnswers({ service, assets }) });
  for (const method of ["GET", "HEAD"]) {
    const board = await app.request("/", { method });
    assertEquals([board.status, calls()], [200, { board: 1, cursor: 1, health: 1 }]);
    if (method === "GET") assertMatch(await board.text(), /Count me/);

    const task = await app.request(`/tasks/${id}/changes`, { method });
    await task.body?.cancel();
    assertEquals([task.status, calls()], [200, { cursor: 1, read: 1, events: 1, diff: 1, health: 1 }]);
  }
});
