// Deliveries of GitHub, as they were recorded, and a comment that goes back.

import { createHmac } from "node:crypto";
import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { newPlace } from "../../../core/kv/outbox.ts";
import { tempDir } from "../../support/temp.ts";
import { type RoutesWorld, routesWorld } from "../world.ts";

const fixture = (name: string) => Deno.readTextFile(new URL(`../../fixtures/github/${name}.json`, import.meta.url));
const [labelled, commented] = await Promise.all([fixture("issues_labeled"), fixture("issue_comment_created")]);
const choice = { repositories: { "Octo/shop": "repo" } };

function sign(secret: string, body: string): string {
  return `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;
}

function deliver(
  world: RoutesWorld,
  { secret, body, event = "issues", delivery = "72d3162e-cc78-11e3", signature = sign(secret, body) }: {
    secret: string;
    body: string;
    event?: string;
    delivery?: string;
    signature?: string;
  },
): Promise<Response> {
  return world.call("/api/github/deliveries", {
    body,
    headers: {
      "content-type": "application/json",
      "x-github-event": event,
      "x-github-delivery": delivery,
      "x-hub-signature-256": signature,
    },
  });
}

async function connected(options: Parameters<typeof routesWorld>[0] = {}) {
  const world = await routesWorld({ agent: false, token: "a-token-of-some-length", ...options });
  const authorization = { authorization: "Bearer a-token-of-some-length" };
  const put = (json: unknown) => world.json(200, "/api/github", { method: "PUT", json, headers: authorization });
  const { secret } = await put(choice);
  return { world, secret: secret as string, put, authorization };
}

Deno.test("an issue that gets the label becomes a task, once for each delivery, without a token but signed", async () => {
  const { world, secret, authorization } = await connected();
  await using _ = world;
  const first = await deliver(world, { secret, body: labelled });
  assertEquals([first.status, await first.json()], [202, { task: 1, reason: null }]);
  const again = await deliver(world, { secret, body: labelled });
  assertEquals(await again.json(), { task: 1, reason: "This delivery made it before" });
  const task = await world.json(200, "/api/tasks/1", { headers: authorization });
  assertEquals([task.title, task.repo, task.origin], ["Prices are rounded twice", "repo", {
    kind: "github",
    repository: "octo/shop",
    issue: 7,
    url: "https://github.com/octo/shop/issues/7",
  }]);
  assertStringIncludes(task.prompt, "rounds each line and then the sum");
  assertStringIncludes(task.prompt, "été");
  assertEquals((await world.store.log.event(1, 1))?.by, "github");
});

Deno.test("a comment that begins with the label as a command becomes a task, of those who have a right to the repository", async () => {
  const { world, secret, authorization } = await connected();
  await using _ = world;
  const made = async (body: string, delivery: string) =>
    (await (await deliver(world, { secret, body, event: "issue_comment", delivery })).json()).task;
  assertEquals(await made(commented, "delivery-1"), 1);
  const { prompt } = await world.json(200, "/api/tasks/1", { headers: authorization });
  assertStringIncludes(prompt, "Add a test for negative prices, too.");
  assert(!prompt.includes("/coder"));
  for (
    const body of [
      commented.replace("COLLABORATOR", "NONE"),
      commented.replace("COLLABORATOR", "CONTRIBUTOR"),
      commented.replace("/coder Add", "Please add"),
      commented.replace("/coder Add", "/coders add"),
      commented.replace("/coder Add", "<!-- personal-coder --> /coder add"),
      commented.replace('"created"', '"edited"'),
      commented.replace('"octo/shop"', '"octo/other"'),
    ]
  ) assertEquals(await made(body, "delivery-2"), null, body.slice(0, 80));
  const other = labelled.replace('"label":{"id":12,"name":"coder"', '"label":{"id":11,"name":"bug"');
  assertEquals((await (await deliver(world, { secret, body: other })).json()).task, null);
  assertEquals((await (await deliver(world, { secret, body: "{}", event: "ping" })).json()).task, null);
});

Deno.test("a label and a command count however they are written", async () => {
  const { world, secret, put } = await connected();
  await using _ = world;
  await put({ ...choice, label: "Coder" });
  const made = async (body: string, event: string) =>
    (await (await deliver(world, { secret, body, event, delivery: `delivery-${event.length}` })).json()).task;
  assertEquals(await made(labelled, "issues"), 1);
  assertEquals(await made(commented.replace("/coder", "/CODER"), "issue_comment"), 2);
});

Deno.test("a comment on a pull request begins from its branch, and says why where that cannot be", async () => {
  await using folder = await tempDir();
  const gh = join(folder.path, "gh");
  const script =
    '#!/bin/sh\ncase "$3" in */pull/7) cat "$(dirname "$0")/answer";; *) echo no such thing >&2; exit 1;; esac\n';
  await Deno.writeTextFile(gh, script, { mode: 0o755 });
  const { world, secret, authorization } = await connected({ gh });
  await using _ = world;
  await world.repository.git("branch", "fix/rounding");
  const onRequest = (number: number) =>
    commented.replace('issues/7","id"', `pull/${number}","pull_request":{"url":"x"},"id"`);
  const result = async (answer: unknown, delivery: string, number = 7) => {
    await Deno.writeTextFile(join(folder.path, "answer"), JSON.stringify(answer));
    const body = onRequest(number);
    return await (await deliver(world, { secret, body, event: "issue_comment", delivery })).json();
  };
  const branch = { headRefName: "fix/rounding", isCrossRepository: false };
  assertEquals(await result(branch, "delivery-1"), { task: 1, reason: null });
  assertEquals((await world.json(200, "/api/tasks/1", { headers: authorization })).base, "fix/rounding");
  for (
    const [answer, number, words] of [
      [{ ...branch, isCrossRepository: true }, 7, "of another repository"],
      [{ ...branch, headRefName: "elsewhere" }, 7, "elsewhere"],
      [{}, 7, "gh pr view failed"],
      [branch, 8, "no such thing"],
    ] as const
  ) {
    const { task, reason } = await result(answer, "delivery-2", number);
    assertEquals(task, null);
    assertStringIncludes(reason, words);
  }
});

Deno.test("what is not signed with the secret, or is no delivery, makes nothing", async () => {
  const { world, secret, put, authorization } = await connected();
  await using _ = world;
  const status = async (options: Partial<Parameters<typeof deliver>[1]>) => {
    const response = await deliver(world, { secret, body: labelled, ...options });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await status({ signature: sign("another", labelled) }), 401);
  assertEquals(await status({ signature: "sha256=" }), 401);
  assertEquals(await status({ signature: sign(secret, commented) }), 401);
  assertEquals(await status({ body: '{"action":"labeled"}' }), 422);
  const { secret: fresh } = await put({ ...choice, new_secret: true });
  assertEquals(await status({}), 401);
  assertEquals(await status({ secret: fresh }), 202);
  assertEquals((await put(choice)).secret, undefined);
  assertEquals(await status({ secret: fresh, delivery: "delivery-9" }), 202);
  assertEquals((await world.call("/api/github", { method: "DELETE", headers: authorization })).status, 204);
  assertEquals(await status({ secret: fresh }), 404);
  assertEquals(await world.store.kv.page({ prefix: ["secret"] }, { limit: 9 }), []);
});

Deno.test("what ended before there was a token for comments stays untold, and a new token changes nothing of that", async () => {
  const { world, put } = await connected({ webhookHosts: "api.github.com" });
  await using _ = world;
  const after = async () => (await world.store.log.head(0))!.automation!.github!.after;
  const first = await after();
  const { outbox, all } = world.store;
  await outbox.move("github", newPlace(first), { from: null });
  const last = await all.last();
  assert(last > first);
  await put({ ...choice, token: "ghp_0123456789abcdef" });
  assertEquals(await after(), last);
  assert(((await outbox.place("github"))?.place.after ?? last) >= last);
  await put({ ...choice, token: "ghp_abcdef0123456789" });
  assertEquals(await after(), last);
});

Deno.test("the token for comments is in no event and no answer, and asks for the host", async () => {
  const { world, put, authorization } = await connected();
  await using _ = world;
  const refused = await world.json(422, "/api/github", {
    method: "PUT",
    json: { ...choice, token: "ghp_0123456789abcdef" },
    headers: authorization,
  });
  assertStringIncludes(refused.detail, "add api.github.com to CODER_WEBHOOK_HOSTS");
  const allowed = await connected({ webhookHosts: "api.github.com" });
  await using __ = allowed.world;
  const view = await allowed.put({ ...choice, token: "ghp_0123456789abcdef" });
  assertEquals([view.comments, view.obstacle], [true, null]);
  const events = JSON.stringify(
    (await allowed.world.store.log.read(0, { after: 0, limit: 99 })).map(({ json }) => json),
  );
  assert(!events.includes("ghp_") && !JSON.stringify(view).includes("ghp_"));
  assertEquals((await put({ ...choice, token: null })).comments, false);
});
