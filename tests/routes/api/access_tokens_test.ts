// Tokens with a scope: what each opens, what is kept of it, and who is named in the log.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { keys } from "../../../core/kv/keys.ts";
import type { Admission } from "../../../routes/guard/identity.ts";
import { type RoutesWorld, routesWorld } from "../world.ts";

const own = "the-token-of-the-service-0123456789";
const owner = { authorization: `Bearer ${own}` };

async function make(world: RoutesWorld, name: string, scope: string): Promise<Record<string, string>> {
  const { token } = await world.json(201, "/api/tokens", { json: { name, scope }, headers: owner });
  return { authorization: `Bearer ${token}` };
}

async function status(world: RoutesWorld, path: string, options: Parameters<RoutesWorld["call"]>[1]): Promise<number> {
  const response = await world.call(path, options);
  await response.body?.cancel();
  return response.status;
}

Deno.test("a token opens what its scope says, and says what it lacks", async () => {
  await using world = await routesWorld({ agent: false, token: own });
  const [read, submit, operate] = await Promise.all(
    ["read", "submit", "operate"].map((scope) => make(world, `a-${scope}`, scope)),
  );
  const json = { prompt: "Do it" };
  const calls: [string, Parameters<RoutesWorld["call"]>[1], number[]][] = [
    ["/api/tasks", { json }, [403, 201, 201]],
    ["/api/tasks", {}, [200, 200, 200]],
    ["/api/tasks/1/events", {}, [200, 200, 200]],
    ["/api/board", { method: "HEAD" }, [200, 200, 200]],
    ["/api/tasks/1/messages", { json: { text: "Go on" } }, [403, 403, 409]],
    ["/api/tasks/1", { method: "PATCH", json: { priority: 1 } }, [403, 403, 200]],
    ["/api/tasks/1/cancel", { method: "POST" }, [403, 403, 202]],
    ["/api/workers/self/drain", { method: "POST" }, [403, 403, 200]],
    ["/api/tokens", {}, [403, 403, 403]],
    ["/api/tokens", { json: { name: "more", scope: "read" } }, [403, 403, 403]],
    ["/api/tokens/a-read", { method: "DELETE" }, [403, 403, 403]],
    ["/%61pi/tokens", {}, [404, 404, 404]],
  ];
  for (const [path, options, expected] of calls) {
    const found = [];
    for (const headers of [read, submit, operate]) found.push(await status(world, path, { ...options, headers }));
    if (path.includes("%")) assert(found.every((one) => one === 403 || one === 404), path);
    else assertEquals(found, expected, `${options?.method ?? ""} ${path}`);
  }
  const refused = await world.json(403, "/api/tasks/1/cancel", { method: "POST", headers: submit });
  assertEquals(refused.detail, "The token a-submit has the scope submit; this needs the scope operate");
  const landing = { json: { ...json, land: "auto" } };
  const { detail } = await world.json(403, "/api/tasks", { ...landing, headers: submit });
  assertStringIncludes(detail, "land: auto needs the scope operate");
  assertEquals(await status(world, "/api/tasks", { ...landing, headers: operate }), 201);
});

Deno.test("a token stands in the log by its name, and of itself only a hash is kept", async () => {
  await using world = await routesWorld({ agent: false, token: own });
  const ci = await make(world, "ci", "submit");
  const { id } = await world.json(201, "/api/tasks", { json: { prompt: "Do it" }, headers: ci });
  const { events } = await world.json(200, `/api/tasks/${id}/events`, { headers: ci });
  assertEquals(events[0].by, "token:ci");
  const secret = ci.authorization!.replace("Bearer ", "");
  assertMatch(secret, /^coder_ci_[0-9a-f]{64}$/);
  const { value } = await world.store.kv.get(keys.accessToken("ci"));
  assert(!JSON.stringify(value).includes(secret.slice(-64)));
  const listed = await world.json(200, "/api/tokens", { headers: owner });
  assertEquals(listed.tokens.map(({ name, scope, created_by }: Record<string, string>) => [name, scope, created_by]), [
    ["ci", "submit", "api"],
  ]);
  const text = JSON.stringify(await world.store.log.read(0, { after: 0, limit: 100 }));
  assert(text.includes("token.created") && !text.includes(secret.slice(-64)));
});

Deno.test("a token that is revoked, changed or made up opens nothing, also where no token is asked for", async () => {
  for (const token of [own, null]) {
    await using world = await routesWorld({ agent: false, token });
    const ci = await make(world, "ci", "operate");
    const headers = { authorization: `${ci.authorization!.slice(0, -1)}${ci.authorization!.endsWith("0") ? 1 : 0}` };
    assertEquals(await status(world, "/api/tasks", { headers: ci }), 200);
    assertEquals(await status(world, "/api/tasks", { headers }), 401);
    const other = { authorization: ci.authorization!.replace("coder_ci_", "coder_cd_") };
    assertEquals(await status(world, "/api/tasks", { headers: other }), 401);
    assertEquals(await status(world, "/api/tokens/ci", { method: "DELETE", headers: owner }), 204);
    assertEquals(await status(world, "/api/tasks", { headers: ci }), 401);
    assertEquals(await status(world, "/api/tokens/ci", { method: "DELETE", headers: owner }), 404);
    // One of the same name is another one.
    const again = await make(world, "ci", "read");
    assertEquals(await status(world, "/api/tasks", { headers: ci }), 401);
    assertEquals(await status(world, "/api/tasks", { headers: again }), 200);
  }
});

Deno.test("a stream knows whether the token that it was opened with counts still", async () => {
  await using world = await routesWorld({ agent: false, token: own });
  const { streams } = world.app;
  const admissions: (Admission | null)[] = [];
  const respond = streams.respond.bind(streams);
  streams.respond = (admission, open) => (admissions.push(admission), respond(admission, open));
  await world.json(201, "/api/tasks", { json: { prompt: "x" }, headers: owner });
  const ci = await make(world, "ci", "read");
  for (const path of ["/api/stream", "/api/tasks/1/stream"]) {
    for (const headers of [ci, owner]) assertEquals(await status(world, path, { headers }), 200);
  }
  const answers = () => Promise.all(admissions.map((admission) => admission!.holds()));
  assertEquals(await answers(), [true, true, true, true]);
  assertEquals(new Set(admissions.map((admission) => admission!.by)).size, 2);
  assertEquals(await status(world, "/api/tokens/ci", { method: "DELETE", headers: owner }), 204);
  assertEquals(await answers(), [false, true, false, true]);
});

Deno.test("where no token is asked for, one with a scope permits no more than that", async () => {
  await using world = await routesWorld({ agent: false });
  const read = await make(world, "look", "read");
  assertEquals(await status(world, "/api/tasks", { json: { prompt: "x" }, headers: read }), 403);
  assertEquals(await status(world, "/api/tasks", { json: { prompt: "x" } }), 201);
});

Deno.test("two tokens of one name cannot be, and a name is small letters, digits and hyphens", async () => {
  await using world = await routesWorld({ agent: false });
  const made = await Promise.all(
    [1, 2].map(() => status(world, "/api/tokens", { json: { name: "ci", scope: "read" } })),
  );
  assertEquals(made.sort(), [201, 409]);
  for (const name of ["", "CI", "-ci", "c_i", "a".repeat(33), "ci/x"]) {
    assertEquals(await status(world, "/api/tokens", { json: { name, scope: "read" } }), 422, name);
  }
  assertEquals(await status(world, "/api/tokens", { json: { name: "x", scope: "owner" } }), 422);
});
