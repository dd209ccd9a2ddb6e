// Who may call: hosts, origins, tokens, the login page, and the headers that every answer carries.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import type { Service } from "../../../core/engine/service/service.ts";
import { makeApp } from "../../../routes/app.ts";
import { sessionCookie } from "../../../routes/guard/guard.ts";
import { type CallOptions, type RoutesWorld, routesWorld } from "../world.ts";

const token = "a-token-of-the-tests-0123456789";

async function status(world: RoutesWorld, path: string, options?: CallOptions): Promise<number> {
  const response = await world.call(path, options);
  await response.body?.cancel();
  return response.status;
}

Deno.test("only the names of this server are answered, whatever they resolve to", async () => {
  await using world = await routesWorld({ agent: false });
  const at = (host: string) => status(world, "/api/tasks", { headers: { host } });
  const own = ["localhost", "localhost:8000", "LocalHost:1", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000"];
  for (const host of own) assertEquals(await at(host), 200, host);
  const others = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "localhost@evil.example",
    "machine",
    // Addresses of nobody here: bound to loopback, only a page's script or a forwarder would use one.
    "10.0.0.7",
    "0.0.0.0:8000",
    "127.0.0.1:8000.evil.example",
    " ",
  ];
  for (const host of others) assertEquals(await at(host), 421, host);
  // Also what changes nothing, and the health that needs no token: a rebound name could read them.
  assertEquals(await status(world, "/healthz", { headers: { host: "evil.example" } }), 421);

  await using open = await routesWorld({ agent: false, host: "0.0.0.0", token });
  const authorization = `Bearer ${token}`;
  for (const host of ["machine", "machine.local:8000", "192.168.1.2:8000"]) {
    assertEquals(await status(open, "/api/tasks", { headers: { host, authorization } }), 200, host);
  }
  assertEquals(await status(open, "/api/tasks", { headers: { host: "evil.example", authorization } }), 421);
});

Deno.test("behind a proxy the public name and its pages are ours, and no other one's", async () => {
  const publicUrl = "https://coder.example.org";
  await using world = await routesWorld({ agent: false, publicUrl, token });
  const authorization = `Bearer ${token}`;
  const create = (headers: Record<string, string>) =>
    status(world, "/api/tasks", { json: { prompt: "x" }, headers: { authorization, ...headers } });
  const site = { "sec-fetch-site": "same-origin" };
  assertEquals(await create({ host: "coder.example.org", origin: publicUrl, ...site }), 201);
  // A proxy that asks by the address it knows us by.
  assertEquals(await create({ host: "127.0.0.1:8000", origin: publicUrl, ...site }), 201);
  assertEquals(await create({ host: "127.0.0.1:8000", origin: "http://coder.example.org" }), 403);
  assertEquals(await create({ host: "coder.example.org", origin: "https://evil.example" }), 403);
  assertEquals(await create({ host: "coder.example.org", origin: publicUrl, "sec-fetch-site": "cross-site" }), 403);
  assertEquals(await create({ host: "evil.example", origin: publicUrl }), 421);
});

Deno.test("pages of other origins can neither read nor write", async () => {
  await using world = await routesWorld({ agent: false });
  const { id } = await world.create();
  const foreign: Record<string, string>[] = [
    { origin: "http://evil.example" },
    { origin: "null" },
    { origin: "http://localhost:3000" },
    { origin: "https://localhost:8000", "sec-fetch-site": "same-site" },
    { "sec-fetch-site": "cross-site" },
    { "sec-fetch-site": "same-site" },
  ];
  const requests: [string, CallOptions][] = [
    ["/api/tasks", {}],
    ["/api/tasks", { json: { prompt: "x" } }],
    [`/api/tasks/${id}`, { method: "PATCH", json: { priority: 1 } }],
    [`/api/tasks/${id}/cancel`, { method: "POST" }],
    [`/api/tasks/${id}/stream`, { headers: { accept: "text/event-stream" } }],
    ["/api/stream", { headers: { accept: "text/event-stream" } }],
    ["/api/stream", {}],
  ];
  for (const strange of foreign) {
    for (const [path, options] of requests) {
      // One that has the right scheme is only told apart by its Sec-Fetch-Site.
      const answer = await status(world, path, { ...options, headers: { ...options.headers, ...strange } });
      assertEquals(answer, 403, `${path} ${JSON.stringify(strange)}`);
    }
  }
  assertEquals((await world.json(200, `/api/tasks/${id}`)).seq, 1);
  const ours: Record<string, string>[] = [
    { origin: "http://localhost:8000" },
    { origin: "http://localhost:8000", "sec-fetch-site": "same-origin" },
    { "sec-fetch-site": "none" },
  ];
  for (const headers of ours) assertEquals(await status(world, "/api/tasks", { headers, json: { prompt: "x" } }), 201);

  // A link on another site may open a page, not an answer of the API, and not inside a frame.
  const visit = { "sec-fetch-site": "cross-site", "sec-fetch-mode": "navigate", "sec-fetch-dest": "document" };
  assertEquals(await status(world, "/no-such-page", { headers: visit }), 404);
  assertEquals(await status(world, "/no-such-page", { headers: { ...visit, "sec-fetch-dest": "iframe" } }), 403);
  assertEquals(await status(world, "/api/tasks", { headers: visit }), 403);
});

Deno.test("with a token, everything but the health and the login asks for it", async () => {
  await using world = await routesWorld({ agent: false, token });
  const paths = [
    "/api/tasks",
    "/api/tasks/1",
    "/api/stream",
    "/api/tasks/1/log",
    "/api/openapi.json",
    "/metrics",
    "/",
    "/nothing",
  ];
  for (const path of paths) {
    const answer = await world.call(path);
    assertEquals([answer.status, answer.headers.get("www-authenticate")], [401, "Bearer"], path);
    assertEquals((await answer.json()).status, 401);
  }
  assertEquals(await status(world, "/api/tasks", { json: { prompt: "x" } }), 401);
  assertEquals(await status(world, "/healthz"), 200);
  assertEquals(await status(world, "/login"), 200);
  const wrong = [token.slice(1), `${token}x`, token.toUpperCase(), "", "null", "Bearer"];
  for (const one of wrong) {
    assertEquals(await status(world, "/api/tasks", { headers: { authorization: `Bearer ${one}` } }), 401, one);
    assertEquals(await status(world, "/api/tasks", { headers: { cookie: `${sessionCookie}=${one}` } }), 401, one);
  }
  assertEquals(await status(world, "/api/tasks", { headers: { authorization: token } }), 401);
  assertEquals(await status(world, "/api/tasks", { headers: { authorization: `Basic ${btoa(`:${token}`)}` } }), 401);
  // No secret in addresses: they are logged everywhere.
  assertEquals(await status(world, `/api/tasks?token=${token}`), 401);
  for (const scheme of ["Bearer", "bearer"]) {
    assertEquals(await status(world, "/api/tasks", { headers: { authorization: `${scheme} ${token}` } }), 200);
  }
});

Deno.test("a browser is led to the login, gets a session and returns to where it wanted to go", async () => {
  await using world = await routesWorld({ agent: false, token });
  const html = { accept: "text/html,*/*;q=0.8" };
  const sent = await world.call("/tasks/7?tab=events", { headers: html });
  assertEquals([sent.status, sent.headers.get("location")], [303, "/login?next=%2Ftasks%2F7%3Ftab%3Devents"]);
  assertEquals((await world.call("/", { headers: html })).headers.get("location"), "/login");

  const page = await world.call("/login?next=%2Ftasks%2F7", { headers: html });
  assertMatch(page.headers.get("content-type")!, /^text\/html/);
  assertEquals(page.headers.get("cache-control"), "no-store");
  const policy = page.headers.get("content-security-policy")!;
  assertMatch(policy, /^default-src 'none'; .*form-action 'self'/);
  assert(!policy.includes("script") && !policy.includes("unsafe"));
  // "no-referrer" would make browsers send the form with `Origin: null`.
  assertEquals(page.headers.get("referrer-policy"), "same-origin");
  const markup = await page.text();
  assertStringIncludes(markup, 'action="/login?next=%2Ftasks%2F7"');
  assert(!markup.includes("<script") && !markup.includes("style="));

  const post = (body: string, next = "") =>
    world.call(`/login${next}`, {
      body,
      headers: { "content-type": "application/x-www-form-urlencoded", origin: "http://localhost:8000", ...html },
    });
  const refused = await post("token=wrong");
  assertEquals([refused.status, refused.headers.get("set-cookie")], [403, null]);
  assertStringIncludes(await refused.text(), "That is not the token");
  const right = `token=${encodeURIComponent(` ${token} `)}`;
  const entered = await post(right, "?next=%2Ftasks%2F7");
  assertEquals([entered.status, entered.headers.get("location")], [303, "/tasks/7"]);
  const cookie = entered.headers.get("set-cookie")!;
  assertMatch(cookie, new RegExp(`^${sessionCookie}=[0-9a-f]{64}; `));
  for (const part of ["HttpOnly", "SameSite=Strict", "Path=/"]) assertStringIncludes(cookie, part);
  assert(!cookie.includes(token) && !cookie.includes("Secure"));
  assertEquals(await status(world, "/api/tasks", { headers: { cookie: cookie.split(";")[0]! } }), 200);
  // Over https, which a proxy speaks for us, the cookie stays there.
  const secure = await world.call("/login", {
    body: right,
    headers: { "content-type": "application/x-www-form-urlencoded", "x-forwarded-proto": "https" },
  });
  assertStringIncludes(secure.headers.get("set-cookie")!, "Secure");

  for (
    const next of ["//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "x", "/a b"]
  ) {
    const answer = await post(right, `?next=${encodeURIComponent(next)}`);
    assertEquals(answer.headers.get("location"), "/", next);
  }
  const markupOfEvil = await (await world.call(`/login?next=${encodeURIComponent('/"><script>')}`)).text();
  assert(!markupOfEvil.includes("<script>"));
  assertEquals(await status(world, "/login", { body: right, headers: { origin: "http://evil.example" } }), 403);
});

Deno.test("after ten wrong tokens at the login guessing is slow, and the right one is let in", async () => {
  await using world = await routesWorld({ agent: false, token });
  const headers = { "content-type": "application/x-www-form-urlencoded" };
  for (let n = 0; n < 10; n++) {
    assertEquals(await status(world, "/login", { body: `token=guess-${n}`, headers }), 403);
  }
  const answer = await world.call("/login", { body: "token=guess-10", headers });
  assertEquals([answer.status, answer.headers.get("set-cookie")], [429, null]);
  const seconds = Number(answer.headers.get("retry-after"));
  assert(seconds > 40 && seconds <= 60, String(seconds));
  assertStringIncludes(await answer.text(), "Too many wrong tokens");
  assertEquals(await status(world, "/login", { body: `token=${token}`, headers }), 303);
  assertEquals(await status(world, "/api/tasks", { headers: { authorization: `Bearer ${token}` } }), 200);
});

Deno.test("a login without a body or a token asks for one, and counts as no guess", async () => {
  await using world = await routesWorld({ agent: false, token });
  const form = { "content-type": "application/x-www-form-urlencoded" };
  const nothing: CallOptions[] = [{}, { headers: form }, { body: "", headers: form }, {
    body: "token=",
    headers: form,
  }];
  for (let round = 0; round < 5; round++) {
    for (const options of nothing) {
      const answer = await world.call("/login", { method: "POST", ...options });
      assertEquals(answer.status, 403);
      assertStringIncludes(await answer.text(), "Type the token");
    }
  }
  assertEquals(await status(world, "/login", { body: "token=wrong", headers: form }), 403);
  assertEquals(world.warnings, []);
  await using open = await routesWorld({ agent: false });
  assertEquals(await status(open, "/login", { method: "POST" }), 303);
});

Deno.test("without a token there is nothing to log in to", async () => {
  await using world = await routesWorld({ agent: false });
  const answer = await world.call("/login");
  assertEquals([answer.status, answer.headers.get("location")], [303, "/"]);
  assertEquals(await status(world, "/api/tasks", { headers: { authorization: "Bearer whatever" } }), 200);
});

Deno.test("every answer carries the headers that keep a browser from being fooled", async () => {
  await using world = await routesWorld({ agent: false });
  const answers: [string, CallOptions][] = [
    ["/api/tasks", {}],
    ["/api/tasks", { json: { prompt: "x" } }],
    ["/api/tasks", { json: {} }],
    ["/api/tasks", { body: "x", headers: { "content-type": "text/plain" } }],
    ["/api/tasks/1/stream", {}],
    ["/api/tasks/99", {}],
    ["/nothing", {}],
    ["/healthz", {}],
    ["/healthz", { headers: { host: "evil.example" } }],
    ["/api/tasks", { headers: { origin: "http://evil.example" } }],
    ["/api/openapi.json", {}],
  ];
  for (const [path, options] of answers) {
    const { headers, body } = await world.call(path, options);
    await body?.cancel();
    assertEquals(headers.get("x-content-type-options"), "nosniff", path);
    assertEquals(headers.get("referrer-policy"), "no-referrer", path);
    assertEquals(headers.get("cross-origin-resource-policy"), "same-origin", path);
    assertEquals(headers.get("x-frame-options"), "DENY", path);
    assertEquals(headers.get("content-security-policy"), "default-src 'none'; frame-ancestors 'none'", path);
    assertEquals(headers.get("access-control-allow-origin"), null, path);
  }
});

Deno.test("the health is open and whole; the document names every call", async () => {
  await using world = await routesWorld({ agent: false });
  const { id } = await world.create();
  const health = await world.json(200, "/healthz");
  assertEquals([health.slots, health.tasks.pending], [{ busy: 0, configured: 3, total: 3 }, 1]);
  assertMatch(health.store, /^[0-9a-f-]{36}$/);
  await world.engine.tick();
  const paused = await world.json(200, "/healthz");
  assertEquals([paused.status, paused.pause], ["paused", { reason: "claude not found", until: null }]);
  assertEquals((await world.json(200, `/api/tasks/${id}`)).waiting, "Dispatch is paused: claude not found");

  const document = await world.json(200, "/api/openapi.json");
  assertEquals(document.openapi, "3.1.0");
  const calls = Object.entries(document.paths as Record<string, object>).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`)
  );
  const fixed = [
    "POST /api/tasks",
    "GET /api/tasks",
    "GET /api/tasks/{id}",
    "PATCH /api/tasks/{id}",
    "POST /api/tasks/{id}/cancel",
    "POST /api/tasks/{id}/retry",
    "POST /api/tasks/{id}/messages",
    "POST /api/tasks/{id}/plan/approve",
    "POST /api/tasks/{id}/plan/reject",
    "GET /api/tasks/{id}/events",
    "GET /api/tasks/{id}/stream",
    "GET /api/stream",
    "GET /api/tasks/{id}/diff",
    "GET /api/tasks/{id}/log",
    "GET /healthz",
    "GET /metrics",
  ];
  for (const call of fixed) assert(calls.includes(call), call);
});

Deno.test("an error that nobody expected tells a stranger nothing and the log everything", async () => {
  const warnings: string[] = [];
  const app = makeApp({
    service: {
      read: () => Promise.reject(new TypeError("secret detail")),
    } as unknown as Service,
    guard: { hosts: new Set(["localhost"]), anyAddress: false, publicOrigin: null, token: null },
    version: "0",
    pages: [],
    warn: (message, error) => void warnings.push(`${message}: ${error}`),
  });
  const answer = await app.request("http://localhost/api/tasks/1", { headers: { host: "localhost" } });
  assertEquals(answer.status, 500);
  const body = await answer.text();
  assertStringIncludes(body, "Internal error");
  assert(!body.includes("secret"));
  assertEquals(warnings, ["GET /api/tasks/1 failed: TypeError: secret detail"]);
  assertEquals(answer.headers.get("x-content-type-options"), "nosniff");
});
