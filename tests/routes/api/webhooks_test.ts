// Webhooks from end to end: a receiver that verifies as the authors of Standard Webhooks do.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Webhook } from "standardwebhooks";
import { routesWorld } from "../world.ts";

interface Message {
  headers: Record<string, string>;
  body: string;
  path: string;
}

/** A receiver on loopback; `statuses` are its first answers, then 204. */
function receiver(...statuses: number[]) {
  const messages: Message[] = [];
  let heard = Promise.withResolvers<void>();
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen() {} }, async (request) => {
    const { pathname } = new URL(request.url);
    messages.push({ headers: Object.fromEntries(request.headers), body: await request.text(), path: pathname });
    heard.resolve();
    return new Response(null, { status: statuses.shift() ?? 204 });
  });
  return {
    messages,
    url: `http://127.0.0.1:${server.addr.port}`,
    async until(count: number) {
      while (messages.length < count) {
        await heard.promise;
        heard = Promise.withResolvers<void>();
      }
      return messages[count - 1]!;
    },
    [Symbol.asyncDispose]: () => server.shutdown(),
  };
}

const webhookHosts = "127.0.0.1=private";

Deno.test("a webhook gets the events it asked for, signed as Standard Webhooks says, and its secret is shown once", async () => {
  await using one = receiver();
  await using world = await routesWorld({ webhookHosts });
  await world.create({ title: "Before" });
  const made = await world.json(201, "/api/webhooks", {
    json: { name: "Log", url: `${one.url}/in/secret-path`, events: ["task.created", "task.completed"] },
  });
  assertEquals([made.id, made.origin, made.enabled, made.obstacle], [1, one.url, true, null]);
  assertMatch(made.secret, /^whsec_[A-Za-z0-9+/]{43}=$/);
  const { id } = await world.create({ title: "Été", prompt: "x".repeat(10_000) });
  const [before, run] = [await world.nextRun(), await world.nextRun()];
  before.finish({ text: "All done" });
  run.finish({ text: "All done" });
  await one.until(3);
  const bodies = one.messages.map(({ headers, body, path }) => {
    assertEquals([path, headers["content-type"]], ["/in/secret-path", "application/json"]);
    return new Webhook(made.secret).verify(body, headers) as { type: string; timestamp: string; data: never };
  });
  const of = (type: string, task: number) =>
    bodies.find((body) => body.type === type && (body.data as { task: number }).task === task)?.data as unknown as {
      seq: number;
      title: string;
      truncated: boolean;
      event: { prompt: string; output: string };
    };
  assertEquals(of("task.created", 1), undefined);
  assert(of("task.completed", 1));
  const created = of("task.created", id);
  assertEquals([created.seq, created.title, created.truncated, created.event.prompt.length], [1, "Été", true, 2_000]);
  assertEquals(of("task.completed", id).event.output, "All done");
  // Neither the address nor the secret is in an event, or shown again.
  const texts = [
    JSON.stringify(await world.json(200, "/api/webhooks")),
    JSON.stringify((await world.store.log.read(0, { after: 0, limit: 99 })).map(({ event }) => event)),
    world.warnings.join(),
  ].join();
  for (const secret of ["secret-path", made.secret]) assert(!texts.includes(secret), secret);
  const read = async () => (await world.json(200, "/api/webhooks/1/deliveries")).deliveries;
  let deliveries = await read();
  // The last one arrived, and is taken down a moment later.
  while (deliveries.length < 3) deliveries = await read();
  assertEquals(deliveries[0].message, one.messages.at(-1)!.headers["webhook-id"]);
});

Deno.test("a dead receiver is shown with what waits, and `send again` tries at once", async () => {
  await using one = receiver(500);
  await using world = await routesWorld({ webhookHosts, agent: false });
  await world.json(201, "/api/webhooks", { json: { name: "Log", url: one.url, events: ["task.created"] } });
  await world.create();
  await one.until(1);
  const waiting = async () => (await world.json(200, "/api/webhooks")).webhooks[0].waiting;
  let first = await waiting();
  while (first === null) first = await waiting();
  assertEquals([first.number, first.state, first.tries[0].error, first.task], [1, "waiting", "It answered 500", 1]);
  assert(Date.parse(first.due_at) > Date.now());
  await world.json(200, "/api/webhooks/1/deliveries/1/send", { method: "POST" });
  await one.until(2);
  while (await waiting() !== null);
  const again = await world.json(200, "/api/webhooks/1/deliveries/1/send", { method: "POST" });
  assertEquals([again.state, again.tried, one.messages.length], ["delivered", 3, 3]);
  assertEquals(new Set(one.messages.map(({ headers }) => headers["webhook-id"])).size, 1);
  await world.json(404, "/api/webhooks/1/deliveries/9/send", { method: "POST" });
});

Deno.test("what waits for a repair is sent at once when that is made, and not again while the webhook is off", async () => {
  await using broken = receiver(...Array(9).fill(500));
  await using one = receiver(500);
  await using world = await routesWorld({ webhookHosts, agent: false });
  await world.json(201, "/api/webhooks", { json: { name: "Log", url: broken.url, events: ["task.created"] } });
  await world.create();
  const waiting = async (tried: number) => {
    for (;;) {
      const { waiting } = (await world.json(200, "/api/webhooks")).webhooks[0];
      if (waiting?.tried === tried && waiting.due_at !== null) return waiting;
    }
  };
  const { due_at } = await waiting(1);
  const patch = (json: unknown) => world.json(200, "/api/webhooks/1", { method: "PATCH", json });
  const moved = await patch({ url: one.url });
  assertEquals([moved.waiting.state, moved.waiting.due_at], ["waiting", null]);
  await one.until(1);
  assertEquals((await waiting(2)).due_at, due_at, "the try was one more");
  await patch({ enabled: false });
  const refused = await world.json(409, "/api/webhooks/1/deliveries/1/send", { method: "POST" });
  assertStringIncludes(refused.detail, "it is off; turn it on first");
  await patch({ name: "Renamed" });
  assertEquals([one.messages.length, broken.messages.length], [1, 1]);
  await patch({ enabled: true });
  await one.until(2);
});

Deno.test("410 ends a webhook as a fact of the log, and enabling it goes on with the same message", async () => {
  await using one = receiver(410);
  await using world = await routesWorld({ webhookHosts, agent: false });
  await world.json(201, "/api/webhooks", { json: { name: "Log", url: one.url, events: ["task.created"] } });
  await world.create();
  await world.until(0, ({ automation }) => automation?.webhooks[0]?.ended);
  const [ended] = (await world.json(200, "/api/webhooks")).webhooks;
  assertEquals([ended.enabled, ended.waiting], [false, null]);
  assertStringIncludes(ended.ended.reason, "410 Gone");
  await world.create();
  const on = await world.json(200, "/api/webhooks/1", { method: "PATCH", json: { enabled: true } });
  assertEquals([on.enabled, on.ended], [true, null]);
  await one.until(3);
  assertEquals(one.messages.map(({ body }) => JSON.parse(body).data.task), [1, 1, 2]);
});

Deno.test("ntfy and Slack get words, as they take them, and a test says whether it arrived", async () => {
  await using one = receiver();
  await using world = await routesWorld({ webhookHosts });
  const events = ["task.completed", "task.failed"];
  for (const format of ["ntfy", "slack"]) {
    const made = await world.json(201, "/api/webhooks", {
      json: { name: format, format, url: `${one.url}/hooks/my-topic`, events },
    });
    assertEquals(made.secret, undefined);
  }
  assertEquals((await world.json(200, "/api/webhooks/1/test", { method: "POST" })).status, 204);
  assertEquals(JSON.parse(one.messages[0]!.body).topic, "my-topic");
  const { id } = await world.create({ title: "Fix <b> & co" });
  (await world.nextRun()).finish({ ok: false, text: "It broke" });
  await one.until(3);
  const words = one.messages.slice(1).map(({ path, body }) => ({ path, ...JSON.parse(body) }));
  const ntfy = words.find(({ topic }) => topic);
  assertEquals([ntfy.path, ntfy.title, ntfy.priority], ["/hooks", `Task ${id} failed`, 4]);
  assertStringIncludes(ntfy.message, "Fix <b> & co\n");
  assertStringIncludes(words.find(({ text }) => text).text, `*Task ${id} failed*\nFix &lt;b&gt; &amp; co\n`);
});

Deno.test("an address at a host that is not named is refused, with what to set", async () => {
  await using world = await routesWorld({ webhookHosts: "localhost", agent: false });
  const events = ["task.created"];
  const hook = { name: "x", url: "https://chat.example/x", events };
  const refused = await world.json(422, "/api/webhooks", { json: hook });
  assertEquals(refused.errors[0].path, "url");
  assertStringIncludes(refused.detail, "add chat.example to CODER_WEBHOOK_HOSTS and start again");
  for (const url of ["ftp://localhost/x", "http://me:pass@localhost/"]) {
    await world.json(422, "/api/webhooks", { json: { ...hook, url } });
  }
  await world.json(422, "/api/webhooks", { json: { ...hook, events: ["task.invented"] } });
  for (const path of ["%zz", "", "a topic", "x".repeat(65)]) {
    const ntfy = { ...hook, format: "ntfy", url: `http://localhost/${path}` };
    assertStringIncludes((await world.json(422, "/api/webhooks", { json: ntfy })).detail, "topic of ntfy", path);
  }
  await using one = receiver();
  const { port } = new URL(one.url);
  await world.json(201, "/api/webhooks", { json: { ...hook, url: `http://localhost:${port}/` } });
  const { error, status } = await world.json(200, "/api/webhooks/1/test", { method: "POST" });
  assertEquals([status, one.messages.length], [null, 0]);
  assertStringIncludes(error, "leads to 127.0.0.1, which is of a private network");
});

Deno.test("a new secret or address replaces the old one, and a deleted webhook leaves nothing", async () => {
  await using one = receiver();
  await using world = await routesWorld({ webhookHosts, agent: false });
  const made = await world.json(201, "/api/webhooks", { json: { name: "x", url: one.url, events: ["task.created"] } });
  const changed = await world.json(200, "/api/webhooks/1", { method: "PATCH", json: { new_secret: true } });
  assert(changed.secret !== made.secret && changed.secret.startsWith("whsec_"));
  const moved = await world.json(200, "/api/webhooks/1", { method: "PATCH", json: { url: `${one.url}/moved` } });
  assertEquals(moved.secret, undefined);
  await world.create();
  const { headers, body, path } = await one.until(1);
  assertEquals(path, "/moved");
  new Webhook(changed.secret).verify(body, headers);
  while ((await world.json(200, "/api/webhooks/1/deliveries")).deliveries[0]?.state !== "delivered");
  assertEquals((await world.call("/api/webhooks/1", { method: "DELETE" })).status, 204);
  for (const prefix of [["secret"], ["delivery"]]) {
    assertEquals(await world.store.kv.page({ prefix }, { limit: 10 }), [], prefix.join());
  }
});
