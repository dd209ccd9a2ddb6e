// Tasks over HTTP: what is accepted, what is refused and with which words.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { keys } from "../../../core/kv/keys.ts";
import { limits } from "../../../routes/api/limits.ts";
import { problemSchema } from "../../../routes/api/problem_schema.ts";
import { taskSchema } from "../../../routes/api/task_schemas.ts";
import { eventually } from "../../support/temp.ts";
import { ready, type RoutesWorld, routesWorld, text } from "../world.ts";

/** A problem of that status; its detail and the paths of its errors. */
async function problem(response: Response, status: number): Promise<{ detail: string; paths: string[] }> {
  const body = await response.json();
  assertEquals(response.status, status, JSON.stringify(body));
  assertEquals(response.headers.get("content-type"), "application/problem+json");
  const { detail, errors = [], ...rest } = problemSchema.strict().parse(body);
  assertEquals(rest.status, status);
  assert(detail !== "" && !detail.endsWith("."), detail);
  return { detail, paths: errors.map(({ path }) => path) };
}

async function running(world: RoutesWorld, task: Record<string, unknown> = {}) {
  const { id } = await world.create(task);
  const run = await world.nextRun();
  run.say(ready);
  await world.until(id, (head) => head.session_id === "00000000-0000-4000-8000-000000000000");
  return { id, run };
}

Deno.test("POST /api/tasks makes a task with every default, and says where it is", async () => {
  await using world = await routesWorld({ agent: false });
  const response = await world.call("/api/tasks", { json: { prompt: "# Fix  the *build*\n\nIt is red" } });
  assertEquals(response.status, 201);
  assertEquals(response.headers.get("location"), "/api/tasks/1");
  const task = taskSchema.strict().parse(await response.json());
  assertEquals(
    [task.id, task.title, task.prompt, task.status, task.priority, task.mode, task.repo, task.max_attempts],
    [1, "Fix the *build*", "# Fix  the *build*\n\nIt is red", "pending", 0, "execute", "repo", 1],
  );
  assertEquals([task.depends_on, task.blocked_by, task.attempts, task.cost_usd, task.seq], [[], [], 0, 0, 1]);
  assertEquals(
    [task.base, task.model, task.timeout_seconds, task.max_budget_usd, task.output, task.error, task.plan],
    [null, null, null, null, null, null, null],
  );
  assertMatch(task.created_at, /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/);

  const all = {
    prompt: "x",
    title: "  Named  ",
    priority: -3,
    depends_on: [1, 1],
    repo: "repo",
    base: "main",
    model: "opus",
    mode: "plan",
    max_attempts: 20,
    timeout_seconds: 60,
    silence_seconds: 600,
    max_budget_usd: 0.25,
  };
  const second = await world.create(all);
  assertEquals<unknown>(second, { ...second, ...all, title: "Named", depends_on: [1] });
  assertEquals(second.blocked_by, [{ id: 1, status: "pending" }]);
  assertEquals(await world.json(200, "/api/tasks/2"), { ...second, waiting: "After #1" });
});

Deno.test("a body that is not a task is refused with the path of each wrong field", async () => {
  await using world = await routesWorld({ agent: false });
  await world.create();
  const cases: [unknown, string[]][] = [
    [{}, ["prompt"]],
    [{ prompt: "" }, ["prompt"]],
    [{ prompt: " \n\t " }, ["prompt"]],
    [{ prompt: 7 }, ["prompt"]],
    [{ prompt: "x".repeat(limits.prompt + 1) }, ["prompt"]],
    [{ prompt: "x", colour: "red", size: 3 }, ["colour", "size"]],
    [{ prompt: "x", id: 7 }, ["id"]],
    [{ prompt: "x", status: "completed" }, ["status"]],
    [{ prompt: "x", title: "" }, ["title"]],
    [{ prompt: "x", title: "a\nb" }, ["title"]],
    [{ prompt: "x", title: "x".repeat(201) }, ["title"]],
    [{ prompt: "x", priority: 1.5 }, ["priority"]],
    [{ prompt: "x", priority: "high" }, ["priority"]],
    [{ prompt: "x", priority: null }, ["priority"]],
    [{ prompt: "x", depends_on: 1 }, ["depends_on"]],
    [{ prompt: "x", depends_on: [1, 0] }, ["depends_on.1"]],
    [{ prompt: "x", depends_on: [1, 99] }, ["depends_on.1"]],
    [{ prompt: "x", depends_on: Array.from({ length: 101 }, (_, n) => n + 1) }, ["depends_on"]],
    [{ prompt: "x", repo: "other" }, ["repo"]],
    [{ prompt: "x", base: "" }, ["base"]],
    [{ prompt: "x", base: "a b" }, ["base"]],
    [{ prompt: "x", base: "task:99" }, ["base"]],
    [{ prompt: "x", base: "task:one" }, ["base"]],
    [{ prompt: "x", model: "--help" }, ["model"]],
    [{ prompt: "x", mode: "yolo" }, ["mode"]],
    [{ prompt: "x", max_attempts: 0 }, ["max_attempts"]],
    [{ prompt: "x", max_attempts: 21 }, ["max_attempts"]],
    [{ prompt: "x", timeout_seconds: 0 }, ["timeout_seconds"]],
    [{ prompt: "x", silence_seconds: 4 }, ["silence_seconds"]],
    [{ prompt: "x", max_budget_usd: 0 }, ["max_budget_usd"]],
    [{ prompt: "x", max_budget_usd: -1 }, ["max_budget_usd"]],
    [{ priority: "high", mode: "yolo" }, ["prompt", "priority", "mode"]],
    [[], [""]],
    [null, [""]],
    ["text", [""]],
  ];
  for (const [json, paths] of cases) {
    const found = await problem(await world.call("/api/tasks", { json }), 422);
    assertEquals([...new Set(found.paths)], paths, JSON.stringify(json).slice(0, 100));
  }
  assertEquals((await world.json(200, "/api/tasks")).tasks.length, 1);
});

Deno.test("what is not JSON, not announced as JSON or too large has its own status", async () => {
  await using world = await routesWorld({ agent: false });
  const { id } = await world.create();
  const asJson = { "content-type": "application/json" };
  const paths = [
    ["POST", "/api/tasks"],
    ["PATCH", `/api/tasks/${id}`],
    ["POST", `/api/tasks/${id}/messages`],
    ["POST", `/api/tasks/${id}/plan/reject`],
  ] as const;
  for (const [method, path] of paths) {
    for (const body of ["{", "", "{'a': 1}", '{"prompt": "x"', "\u0000"]) {
      const { detail } = await problem(await world.call(path, { method, headers: asJson, body }), 400);
      assertMatch(detail, /^The body is not valid JSON/);
    }
    const bytes = await world.call(path, { method, headers: asJson, body: new Uint8Array([0x22, 0xff, 0x22]) });
    assertEquals((await problem(bytes, 400)).detail, "The body is not UTF-8");
    for (const type of ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", ""]) {
      const answer = await world.call(path, { method, headers: { "content-type": type }, body: '{"prompt":"x"}' });
      await problem(answer, 415);
    }
    await problem(await world.call(path, { method }), 415);

    const large = JSON.stringify({ prompt: "x".repeat(limits.body) });
    const announced = { ...asJson, "content-length": String(large.length) };
    await problem(await world.call(path, { method, headers: announced, body: large }), 413);
    // Chunked: nobody said in advance how much it is.
    const chunks = new Blob([large]).stream();
    const chunked = { ...asJson, "transfer-encoding": "chunked" };
    await problem(await world.call(path, { method, headers: chunked, body: chunks }), 413);
  }
  const withCharset = { "content-type": "application/json; charset=utf-8" };
  await world.json(201, "/api/tasks", { headers: withCharset, body: '{"prompt":"x"}' });
  await world.create({ prompt: "é".repeat(limits.prompt / 2) });
});

Deno.test("a request that is sent again is answered with its task, also when its base is gone by now", async () => {
  await using world = await routesWorld();
  await world.repository.git("branch", "soon-gone");
  const send = (status: number, key: string) =>
    world.json(status, "/api/tasks", {
      json: { prompt: "Do it", base: "soon-gone" },
      headers: { "idempotency-key": key },
    });
  const first = await send(201, "a");
  await world.repository.git("branch", "-D", "soon-gone");
  assertEquals((await send(200, "a")).id, first.id);
  assertEquals((await send(422, "b")).errors[0].path, "base");
});

Deno.test("an Idempotency-Key makes one task, however often it is sent", async () => {
  await using world = await routesWorld({ agent: false });
  const send = (json: unknown, key = "key-1") =>
    world.call("/api/tasks", { json, headers: { "idempotency-key": key } });
  const first = await send({ prompt: "Once", priority: 2 });
  assertEquals(first.status, 201);
  const task = await first.json();
  // The same wish in other words: fields in another order, defaults spelled out.
  const again = await send({ priority: 2, prompt: "Once", depends_on: [] });
  assertEquals([again.status, again.headers.get("location")], [200, `/api/tasks/${task.id}`]);
  assertEquals((await again.json()).id, task.id);
  const { detail } = await problem(await send({ prompt: "Something else" }), 409);
  assertMatch(detail, /Idempotency-Key/i);
  assertEquals((await send({ prompt: "Once", priority: 2 }, "key-2")).status, 201);
  for (const key of ["x".repeat(201), "two words"]) {
    assertEquals((await problem(await send({ prompt: "x" }, key), 422)).paths, ["Idempotency-Key"]);
  }
  // Ten at once: one wins, nine get its task.
  const answers = await Promise.all(Array.from({ length: 10 }, () => send({ prompt: "Race" }, "key-3")));
  assertEquals(answers.map(({ status }) => status).toSorted(), [...Array(9).fill(200), 201]);
  const ids = await Promise.all(answers.map(async (answer) => (await answer.json()).id));
  assertEquals(new Set(ids).size, 1);
  // After a week the minutely look forgets it: the same request makes another task.
  const aged = { key: "key-1", at: "2020-01-01T00:00:00.000Z" };
  await world.store.kv.commit({ checks: [], sets: [{ key: keys.idempotencyOf(task.id), value: aged }], deletes: [] });
  assertEquals((await send({ prompt: "Once", priority: 2 })).status, 200);
  await world.engine.tick();
  assertEquals((await send({ prompt: "Once", priority: 2 })).status, 201);
});

Deno.test("a task is read as it is and as it was; what does not exist is a problem", async () => {
  await using world = await routesWorld({ agent: false });
  const { id } = await world.create({ title: "First" });
  await world.json(200, `/api/tasks/${id}`, { method: "PATCH", json: { title: "Second", priority: 4 } });
  await world.json(202, `/api/tasks/${id}/cancel`, { method: "POST" });
  const now = await world.call(`/api/tasks/${id}`);
  assertEquals(now.headers.get("etag"), '"4"');
  assertEquals(taskSchema.strict().parse(await now.json()).status, "cancelled");
  const then = await world.json(200, `/api/tasks/${id}?at=1`);
  assertEquals([then.title, then.priority, then.status, then.seq], ["First", 0, "pending", 1]);
  assertEquals((await world.json(200, `/api/tasks/${id}?at=2`)).title, "Second");
  assertEquals((await world.json(200, `/api/tasks/${id}?at=4`)).status, "cancelled");
  for (const path of ["", "/why"]) {
    const { detail } = await problem(await world.call(`/api/tasks/${id}${path}?at=5`), 404);
    assertEquals(detail, `Task ${id} has no event 5: its last one is 4`);
  }

  const calls = ["", "/events", "/stream", "/diff", "/log", "/cancel", "/retry", "/plan/approve"];
  for (const path of calls) {
    const method = /cancel|retry|approve/.test(path) ? "POST" : "GET";
    const { detail } = await problem(await world.call(`/api/tasks/99${path}`, { method }), 404);
    assertEquals(detail, "There is no task 99");
    for (const wrong of ["0", "-1", "1.5", "one", "01x", "9".repeat(16), "%20"]) {
      await problem(await world.call(`/api/tasks/${wrong}${path}`, { method }), 422);
    }
  }
  for (const json of [{ text: "x" }, { feedback: "x" }]) {
    const path = "text" in json ? "messages" : "plan/reject";
    await problem(await world.call(`/api/tasks/99/${path}`, { json }), 404);
  }
  await problem(await world.call("/api/tasks/99", { method: "PATCH", json: {} }), 404);
  for (const at of ["0", "x", "-1"]) await problem(await world.call(`/api/tasks/${id}?at=${at}`), 422);
  for (const path of ["/api/nothing", "/api/tasks/1/nothing", "/nothing", "/api"]) {
    const { detail } = await problem(await world.call(path), 404);
    assertEquals(detail, `There is nothing at ${path}`);
  }
});

Deno.test("a pending task is edited, only by those who know its version when they say so", async () => {
  await using world = await routesWorld({ agent: false });
  const { id } = await world.create();
  const edit = (json: unknown, headers?: Record<string, string>) =>
    world.call(`/api/tasks/${id}`, { method: "PATCH", json, headers });
  const changes = {
    prompt: "Do that",
    title: "That",
    priority: 9,
    base: "main",
    model: "opus",
    mode: "plan",
    max_attempts: 3,
    timeout_seconds: 5,
    max_budget_usd: 2,
  };
  const edited = await (await edit(changes, { "if-match": '"1"' })).json();
  assertEquals(edited, { ...edited, ...changes, seq: 2 });
  assertEquals((await world.json(200, `/api/tasks/${id}`)).prompt, "Do that");
  for (const tag of ["1", '"1"', '"3"', "0"]) {
    const { detail } = await problem(await edit({ priority: 1 }, { "if-match": tag }), 412);
    assertMatch(detail, /it is at version 2/);
  }
  for (const tag of ["2", '"2"', "*"]) assertEquals((await edit({}, { "if-match": tag })).status, 200);
  assertEquals((await problem(await edit({}, { "if-match": 'W/"x"' }), 422)).paths, ["If-Match"]);
  // An edit that changes nothing is no event.
  assertEquals((await (await edit({})).json()).seq, 2);
  const nothing = { base: null, model: null, timeout_seconds: null, max_budget_usd: null };
  const cleared = await (await edit(nothing)).json();
  assertEquals(cleared, { ...cleared, ...nothing });

  for (
    const [json, paths] of [
      [{ status: "completed" }, ["status"]],
      [{ priority: null }, ["priority"]],
      [{ prompt: "" }, ["prompt"]],
      [{ repo: "other" }, ["repo"]],
      [{ base: "task:77" }, ["base"]],
      [{ depends_on: [77] }, ["depends_on.0"]],
      [{ depends_on: [id] }, ["depends_on"]],
    ] as const
  ) {
    assertEquals((await problem(await edit(json), 422)).paths, [...paths]);
  }
});

Deno.test("dependencies that would make a cycle are refused with its path", async () => {
  await using world = await routesWorld({ agent: false });
  const first = await world.create();
  const second = await world.create({ depends_on: [first.id] });
  const third = await world.create({ depends_on: [second.id] });
  const aside = await world.create();
  const depend = (id: number, depends_on: number[]) =>
    world.call(`/api/tasks/${id}`, { method: "PATCH", json: { depends_on } });
  const { detail, paths } = await problem(await depend(first.id, [aside.id, third.id]), 422);
  assertEquals([detail, paths], ["These dependencies make a cycle: #1 -> #3 -> #2 -> #1", ["depends_on"]]);
  assertEquals((await world.json(200, "/api/tasks/1")).depends_on, []);
  assertEquals((await depend(first.id, [aside.id])).status, 200);
  assertEquals((await world.json(200, `/api/tasks/${aside.id}`)).dependants, [1]);

  // Two edits at once, each fine alone, never both.
  const left = await world.create();
  const right = await world.create();
  const answers = await Promise.all([depend(left.id, [right.id]), depend(right.id, [left.id])]);
  assertEquals(answers.map(({ status }) => status).toSorted(), [200, 422]);
  await Promise.all(answers.map((answer) => answer.body!.cancel()));
});

Deno.test("what a state does not allow is refused with 409 and writes nothing", async () => {
  await using world = await routesWorld();
  const commands = {
    edit: (id: number) => world.call(`/api/tasks/${id}`, { method: "PATCH", json: { priority: 1 } }),
    cancel: (id: number) => world.call(`/api/tasks/${id}/cancel`, { method: "POST" }),
    retry: (id: number) => world.call(`/api/tasks/${id}/retry`, { method: "POST" }),
    message: (id: number) => world.call(`/api/tasks/${id}/messages`, { json: { text: "Hello" } }),
    approve: (id: number) => world.call(`/api/tasks/${id}/plan/approve`, { method: "POST" }),
    reject: (id: number) => world.call(`/api/tasks/${id}/plan/reject`, { json: { feedback: "No" } }),
  };
  async function refuses(id: number, ...names: (keyof typeof commands)[]): Promise<void> {
    const { seq, status } = await world.json(200, `/api/tasks/${id}`);
    for (const name of names) {
      const { detail } = await problem(await commands[name](id), 409);
      assertStringIncludes(detail, `task ${id}: it is ${status.replace("_", " ")}`);
    }
    assertEquals((await world.json(200, `/api/tasks/${id}`)).seq, seq);
  }
  async function takes(id: number, name: keyof typeof commands): Promise<void> {
    const answer = await commands[name](id);
    assertEquals(answer.status, 202, name);
    taskSchema.strict().parse(await answer.json());
  }

  const { id, run } = await running(world);
  await refuses(id, "edit", "retry", "approve", "reject");
  await takes(id, "message");
  await world.until(id, ({ messages }) => messages.length === 0);
  assertEquals(run.received, ["Hello"]);
  run.finish();
  await world.until(id, ({ status }) => status === "completed");
  await refuses(id, "edit", "cancel", "approve", "reject");
  await takes(id, "message");
  (await world.nextRun()).finish();
  await world.until(id, ({ status, epoch }) => status === "completed" && epoch === 2);
  await takes(id, "retry");
  (await world.nextRun()).finish({ ok: false, text: "No luck" });
  await world.until(id, ({ status }) => status === "failed");
  await refuses(id, "edit", "cancel", "approve", "reject");
  assertEquals((await world.json(200, `/api/tasks/${id}`)).error, "No luck");
  // What failed goes on where its work is saved, and hears how it ended.
  await takes(id, "message");
  const again = await world.nextRun();
  assertStringIncludes(again.start.prompt, "Your last run ended: failed: No luck\n\nHello");
  assertEquals(again.start.resume, true);
  again.say(ready, text("Again"));
  again.finish({ ok: false });
  await world.until(id, ({ status, epoch }) => status === "failed" && epoch === 4);
  const changed = await world.json(202, `/api/tasks/${id}/retry`, { json: { prompt: "Do it otherwise", priority: 3 } });
  assertEquals([changed.status, changed.prompt, changed.priority, changed.attempts], [
    "pending",
    "Do it otherwise",
    3,
    0,
  ]);
  const anew = await world.nextRun();
  assertStringIncludes(anew.start.prompt, "Do it otherwise");
  anew.finish();
  await world.until(id, ({ status }) => status === "completed");

  const plan = await running(world, { mode: "plan" });
  plan.run.propose("1. Think");
  plan.run.finish({ ok: false });
  await world.until(plan.id, ({ status }) => status === "awaiting_approval");
  await refuses(plan.id, "edit", "retry", "message");
  await takes(plan.id, "reject");
  const revised = await world.nextRun();
  assertStringIncludes(revised.start.prompt, "No");
  revised.propose("1. Think twice");
  revised.finish({ ok: false });
  await world.until(plan.id, ({ status, epoch }) => status === "awaiting_approval" && epoch === 2);
  await takes(plan.id, "approve");
  assertEquals((await world.nextRun()).start.mode, "execute");
  await takes(plan.id, "cancel");
  await world.until(plan.id, ({ status }) => status === "cancelled");
  await refuses(plan.id, "edit", "approve", "reject");
  const { seq } = await world.json(200, `/api/tasks/${plan.id}`);
  await takes(plan.id, "cancel");
  assertEquals((await world.json(200, `/api/tasks/${plan.id}`)).seq, seq);

  const waiting = await world.create({ depends_on: [plan.id] });
  await refuses(waiting.id, "retry", "message", "approve", "reject");
  for (const json of [{}, { text: "" }, { text: "x", more: 1 }, { feedback: "x" }]) {
    await problem(await world.call(`/api/tasks/${id}/messages`, { json }), 422);
  }
  for (const json of [{}, { feedback: " " }, { text: "x" }]) {
    await problem(await world.call(`/api/tasks/${id}/plan/reject`, { json }), 422);
  }
  assertEquals(world.warnings, []);
});

Deno.test("the list is newest first, in pages, by status and by words", async () => {
  await using world = await routesWorld({ agent: false });
  for (let n = 1; n <= 25; n++) {
    await world.create({ title: n % 5 === 0 ? `Fünf ${n}` : `Task ${n}`, prompt: n === 7 ? "find the NEEDLE" : "x" });
  }
  for (const id of [3, 12, 21]) await world.json(202, `/api/tasks/${id}/cancel`, { method: "POST" });
  const ids = (page: { tasks: { id: number }[] }) => page.tasks.map(({ id }) => id);
  const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, n) => from - n);

  const whole = await world.json(200, "/api/tasks");
  assertEquals([ids(whole), whole.next], [down(25, 1), null]);
  for (const task of whole.tasks) taskSchema.strict().parse(task);
  async function pages(query: string): Promise<number[][]> {
    const found: number[][] = [];
    let cursor = "";
    do {
      const page = await world.json(200, `/api/tasks?${query}${cursor && `&cursor=${cursor}`}`);
      found.push(ids(page));
      cursor = page.next;
    } while (cursor);
    return found;
  }
  assertEquals(await pages("limit=10"), [down(25, 16), down(15, 6), down(5, 1)]);
  assertEquals(await pages("limit=25"), [down(25, 1)]);
  assertEquals(await pages("status=cancelled&limit=2"), [[21, 12], [3]]);
  assertEquals((await pages("status=pending&limit=20")).flat().length, 22);
  assertEquals(await pages("status=completed"), [[]]);
  assertEquals(await pages(`q=${encodeURIComponent("fünf")}&limit=2`), [[25, 20], [15, 10], [5]]);
  assertEquals(await pages("q=needle"), [[7]]);
  assertEquals(await pages("q=%23"), [[]]);
  assertEquals(await pages(`q=${encodeURIComponent("#12")}`), [[12]]);
  assertEquals(await pages("q=task&status=cancelled"), [[21, 12, 3]]);
  assertEquals(await pages("q="), [down(25, 1)]);
  // A cursor stays good while newer tasks come.
  const { next } = await world.json(200, "/api/tasks?limit=10");
  await world.create();
  assertEquals(ids(await world.json(200, `/api/tasks?limit=10&cursor=${next}`)), down(15, 6));

  for (
    const query of ["limit=0", "limit=201", "limit=x", "status=done", "cursor=x", "cursor=0", `q=${"x".repeat(201)}`]
  ) {
    assertEquals((await problem(await world.call(`/api/tasks?${query}`), 422)).paths, [query.split("=")[0]!]);
  }
});

Deno.test("a search that looks at many tasks skips none, within a page and from page to page", async () => {
  await using world = await routesWorld({ agent: false });
  const count = 250;
  await Promise.all(Array.from({ length: count }, () => world.create()));
  const down = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, n) => from - n);
  for (const status of ["", "&status=pending"]) {
    const first = await world.json(200, `/api/tasks?q=do&limit=200${status}`);
    const second = await world.json(200, `/api/tasks?q=do&limit=200&cursor=${first.next}${status}`);
    const ids = [first, second].map(({ tasks }) => tasks.map(({ id }: { id: number }) => id));
    assertEquals([ids, second.next], [[down(250, 51), down(50, 1)], null]);
  }
});

Deno.test("long texts are excerpts in lists and whole where one task is asked for", async () => {
  await using world = await routesWorld();
  const prompt = "p".repeat(3_000);
  const { id, run } = await running(world, { prompt });
  run.finish({ text: "o".repeat(70_000) });
  await world.until(id, ({ status }) => status === "completed");
  const task = await world.json(200, `/api/tasks/${id}`);
  assertEquals([task.prompt.length, task.output.length], [3_000, 70_000]);
  const { tasks: [summary] } = await world.json(200, "/api/tasks");
  assertEquals([summary.prompt.length, summary.output.length], [500, 500]);
  assertEquals(summary.cost_usd, 0.5);
});

Deno.test("the diff and the raw log are there when something is, and a problem before", async () => {
  await using world = await routesWorld();
  const blocked = await world.create({ depends_on: [(await world.create({ commit_reminder: false })).id] });
  const run = await world.nextRun();
  for (const path of ["diff", "log"]) {
    const { detail } = await problem(await world.call(`/api/tasks/${blocked.id}/${path}`), 404);
    assertMatch(detail, new RegExp(`^Task ${blocked.id} has no `));
  }
  await Deno.writeTextFile(`${run.start.cwd}/new file.txt`, "new\n");
  const diff = await world.call("/api/tasks/1/diff");
  assertEquals([diff.status, diff.headers.get("content-type")], [200, "text/x-diff; charset=utf-8"]);
  assertStringIncludes(await diff.text(), "+new");
  await Deno.mkdir(run.start.rawLog.replace(/\/[^/]*$/, ""), { recursive: true });
  await Deno.writeFile(run.start.rawLog, new Uint8Array([123, 0, 255, 10]));
  const log = await world.call("/api/tasks/1/log");
  assertEquals(log.headers.get("content-type"), "application/x-ndjson");
  assertEquals(await log.bytes(), new Uint8Array([123, 0, 255, 10]));
  run.say(ready, text("Done"));
  run.finish();
  await world.until(1, ({ status }) => status === "completed");
});

Deno.test("POST /api/tasks refuses an effort or a fallback model that the agent does not know, and takes what it knows", async () => {
  await using world = await routesWorld();
  const refused = await world.json(422, "/api/tasks", { json: { prompt: "Do it", effort: "max" } });
  assertEquals(refused.errors, [{
    path: "effort",
    message: 'played cannot work with effort "max": it knows low, high',
  }]);
  assertEquals(
    (await world.json(422, "/api/tasks", { json: { prompt: "x", effort: "huge" } })).errors[0].path,
    "effort",
  );
  const task = await world.create({ effort: "high", fallback_model: "sonnet, haiku" });
  assertEquals([task.effort, task.fallback_model], ["high", "sonnet, haiku"]);
  const run = await world.nextRun();
  assertEquals([run.start.effort, run.start.fallbackModel], ["high", "sonnet, haiku"]);
  run.finish();
});

Deno.test("a run whose agent waits for background work goes on, and its last result counts", async () => {
  await using world = await routesWorld();
  const { id } = await world.create();
  const run = await world.nextRun();
  const tasks = [{ id: "b1", kind: "local_bash", description: "Long tests" }];
  run.say(ready);
  run.push({ type: "background", tasks });
  run.result({ text: "They run" });
  await world.until(id, (task) => task.last_step === "Waits for background work: Long tests");
  const waiting = await world.json(200, `/api/tasks/${id}`);
  assertEquals([waiting.status, waiting.background], ["in_progress", tasks]);
  run.push({ type: "background", tasks: [] });
  run.push({ type: "turn" });
  run.finish({ text: "They are green" });
  await world.until(id, ({ status }) => status === "completed");
  const task = await world.json(200, `/api/tasks/${id}`);
  assertEquals([task.output, task.background, task.outcome], ["They are green", [], "succeeded"]);
});

Deno.test("an agent that exits while background work runs has failed, whatever its result said", async () => {
  await using world = await routesWorld();
  const { id } = await world.create();
  const run = await world.nextRun();
  run.say(ready);
  run.push({ type: "background", tasks: [{ id: "b1", kind: "local_bash", description: "Long tests" }] });
  run.finish({ text: "They run" });
  await world.until(id, ({ status }) => status === "failed");
  const task = await world.json(200, `/api/tasks/${id}`);
  assertEquals(task.error, "The agent ended while background work still ran: Long tests");
});

Deno.test("an API that refuses for long pauses the queue at once; POST /api/service/resume ends that", async () => {
  await using world = await routesWorld();
  const { id } = await world.create();
  const run = await world.nextRun();
  run.say(ready, text("I begin"));
  run.push({ type: "refused", reason: "A usage or rate limit was met (429)", retryInMs: 3_600_000 });
  const paused = await world.until(id, ({ outcome }) => outcome === "paused");
  assertEquals([paused.status, paused.attempts], ["pending", 1]);
  const health = await eventually(async () => {
    const health = await world.json(200, "/healthz");
    return health.pause ? health : null;
  });
  assertEquals(health.pause.reason, "A usage or rate limit was met (429)");
  const leftMs = Date.parse(health.pause.until) - Date.now();
  assert(leftMs > 3_500_000 && leftMs < 3_700_000, `${leftMs} ms`);
  assertEquals((await world.json(200, "/api/service/resume", { method: "POST" })).pause, null);
  assertEquals((await world.json(200, "/api/service/resume", { method: "POST" })).pause, null);
  const again = await world.nextRun();
  assert(again.start.resume);
  again.finish();
});
