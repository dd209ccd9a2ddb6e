// The pages as the server draws them; tests/browser has what people do with them.

import { assertEquals, assertMatch } from "@std/assert";
import { DomainError } from "../../core/domain/error.ts";
import type { Service } from "../../core/engine/service/service.ts";
import { makeApp } from "../../routes/app.ts";
import { guardOptions } from "../../routes/guard/guard.ts";
import { pageAnswers } from "../../routes/pages/page_answer.ts";
import { pages } from "../../routes/pages/pages.tsx";
import { eventually } from "../support/temp.ts";
import { ready, routesWorld } from "./world.ts";

const assets = {
  scripts: new Map(),
  urls: {
    ...{ script: "/s.js", style: "/s.css", worker: "/w.js", markdown: "/m.js", highlight: "/h.js" },
    ...{ font: "/f.woff2", touchIcon: "/i.png", manifest: "/m.json" },
  },
};

const warn = () => {};

interface Counted {
  service: Service;
  /** How often each method was called since this was asked last. */
  calls(): Record<string, number>;
  hasCalled(name: string): boolean;
}

function counted(service: Service): Counted {
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
    hasCalled: (name) => counts[name] !== undefined,
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
  const { service, calls, hasCalled } = counted(world.service);
  const app = pages({ service, begin: pageAnswers({ service, assets, warn }) });
  for (const method of ["GET", "HEAD"]) {
    const board = await app.request("/", { method });
    assertEquals([board.status, calls()], [200, { board: 1, cursor: 1, health: 1 }]);
    if (method === "GET") assertMatch(await board.text(), /Count me/);

    const task = await app.request(`/tasks/${id}/changes`, { method });
    await task.body?.cancel();
    // It answers before it has read everything.
    await eventually(() => hasCalled("health"));
    assertEquals([task.status, calls()], [200, { cursor: 1, read: 1, events: 1, diff: 1, health: 1 }]);
  }
});

Deno.test("a board is drawn with the columns folded that a reader folded, whatever else the cookie says", async () => {
  await using world = await routesWorld({ agent: false });
  await world.create({ prompt: "Fold me" });
  const app = pages({ service: world.service, begin: pageAnswers({ service: world.service, assets, warn }) });
  const draw = async (cookie: string) => await (await app.request("/", { headers: { cookie } })).text();
  const folded = (html: string) =>
    [...html.matchAll(/<section class="column folded" aria-labelledby="(\w+)"/g)].map(([, name]) => name);
  const [plain, some] = [await draw("coder_theme=dark"), await draw("coder_folded=done.queue.nothing.<b>")];
  assertEquals([folded(plain), folded(some)], [[], ["queue", "done"]]);
  assertEquals([plain, some].map((html) => /data-card="\d+"/.test(html)), [true, false]);
});

Deno.test("a page of changes begins before git has answered, with what a browser can make ready meanwhile", async () => {
  await using world = await routesWorld({ agent: false });
  const { id } = await world.create({ prompt: "Look" });
  const diff = Promise.withResolvers<never>();
  const service: Service = { ...world.service, diff: () => diff.promise };
  const warned: string[] = [];
  const begin = pageAnswers({ service, assets, warn: (message) => void warned.push(message) });
  const answering = Promise.resolve(pages({ service, begin }).request(`/tasks/${id}/changes`));
  let begun: Response | null = null;
  void answering.then((response) => begun = response).catch(() => {});
  try {
    await eventually(() => begun, { what: "the headers are there" });
  } finally {
    diff.reject(new Error("secret"));
  }
  const answer = await answering;
  const link = answer.headers.get("link") ?? "";
  assertMatch(link, /<\/s\.css>; rel=preload; as=style/);
  assertMatch(link, /<\/s\.js>; rel=modulepreload/);
  const text = await answer.text();
  assertMatch(text, /<h1>Internal error<\/h1>/);
  assertEquals([text.includes("secret"), warned], [false, [`GET /tasks/${id}/changes failed`]]);
});

Deno.test("a browser gets a page where a page cannot be made, and where only a form is sent to; a program a problem", async () => {
  await using world = await routesWorld({ agent: false });
  const broken: Service = {
    ...world.service,
    board: () => Promise.reject(new Error("secret")),
    repositories: () => Promise.reject(new DomainError("unavailable", "The store cannot be reached <now>")),
  };
  const warned: string[] = [];
  const begin = pageAnswers({ service: broken, assets, warn });
  const app = makeApp({
    service: broken,
    guard: guardOptions({ host: "127.0.0.1", hostname: "machine", publicUrl: null, workerUrl: null, token: null }),
    version: "0",
    pages: [pages({ service: broken, begin })],
    missing: (c) => begin(c)({ kind: "nowhere" }, 404),
    stylesheet: "/s.css",
    warn: (message) => void warned.push(message),
  });
  const get = async (path: string, accept: string) => {
    const answer = await app.request(`http://localhost:8000${path}`, { headers: { host: "localhost:8000", accept } });
    return { status: answer.status, type: answer.headers.get("content-type") ?? "", text: await answer.text() };
  };
  const expected = [
    ["/", 500, /<h1>Internal error<\/h1><p>Internal error: the service/],
    ["/repositories", 503, /<h1>Unavailable<\/h1><p>The store cannot be reached &lt;now/],
    ["/logout", 404, /There is no page at this address/],
  ] as const;
  for (const [path, status, words] of expected) {
    const page = await get(path, "text/html,*/*;q=0.8");
    assertEquals([page.status, page.type.split(";")[0]], [status, "text/html"], path);
    assertMatch(page.text, words);
    assertEquals(page.text.includes("secret"), false);
    const answer = await get(path, "*/*");
    assertEquals([answer.status, answer.type], [path === "/logout" ? 405 : status, "application/problem+json"], path);
  }
  assertEquals(warned, ["GET / failed", "GET / failed"]);
});

Deno.test("insights keep to a repository and model in all of the page, and lead to no model that is not known", async () => {
  await using world = await routesWorld({ maxConcurrent: 1 });
  const { id: good } = await world.create();
  const { id: bad } = await world.create();
  const first = await world.nextRun();
  first.say(ready);
  first.finish();
  (await world.nextRun()).finish({ ok: false });
  await world.until(good, ({ status }) => status === "completed");
  await world.until(bad, ({ status }) => status === "failed");
  const app = pages({ service: world.service, begin: pageAnswers({ service: world.service, assets, warn }) });
  const html = async (query: string) =>
    (await (await app.request(`/insights?${query}`)).text()).replaceAll("&amp;", "&");
  const page = await html("repo=repo&model=played");
  for (const csv of ["slots.csv?hours=24&repo=repo&model=played", 'activity.csv?hours=24&repo=repo"']) {
    assertMatch(page, new RegExp(RegExp.escape(csv)));
  }
  assertMatch(page, /of every model/);
  const all = await html("");
  assertMatch(all, /not known/);
  assertEquals([all.includes("model=played"), all.includes("model=not")], [true, false]);
});

Deno.test("without a repository the pages lead to where one is added", async () => {
  await using world = await routesWorld({ agent: false });
  const { service } = world;
  const health = { ...await service.health(), repos: [] };
  const empty = new Proxy(service, {
    get: (target, name) =>
      name === "health"
        ? () => Promise.resolve(health)
        : name === "repositories"
        ? () => Promise.resolve([])
        : Reflect.get(target, name, target),
  });
  const app = pages({ service: empty, begin: pageAnswers({ service: empty, assets, warn }) });
  for (const path of ["/", "/repositories"]) {
    const html = await (await app.request(path)).text();
    assertMatch(html, /<a class="button[^"]*" href="\/settings">Add a repository/, path);
    assertEquals(html.includes("CODER_REPO"), false, path);
  }
});
