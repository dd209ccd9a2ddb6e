// The MCP server with the official client: what tools there are, what they do, and what a token permits.

import { assert, assertEquals, assertMatch, assertStringIncludes } from "@std/assert";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { newAjv } from "../../support/openapi_check.ts";
import { type RoutesWorld, routesWorld } from "../world.ts";

const own = "the-token-of-the-service-0123456789";

interface Connection extends AsyncDisposable {
  client: Client;
  /** Calls a tool; what it says, and whether as an error. */
  // deno-lint-ignore no-explicit-any -- the JSON of a tool, of which each test reads a few fields
  call(name: string, args?: Record<string, unknown>): Promise<any>;
  refused(name: string, args?: Record<string, unknown>): Promise<string>;
}

async function connect(world: RoutesWorld, token: string | null = null): Promise<Connection> {
  const transport = new StreamableHTTPClientTransport(new URL("http://localhost:8000/mcp"), {
    requestInit: { headers: token === null ? {} : { authorization: `Bearer ${token}` } },
    // In this process; the name of the server is set as a socket would.
    fetch: async (url, init) => {
      const headers = new Headers(init?.headers);
      headers.set("host", "localhost:8000");
      return await world.app.fetch(new Request(url, { ...init, headers }));
    },
  });
  const client = new Client({ name: "test", version: "1" });
  await client.connect(transport);
  const run = async (name: string, args: Record<string, unknown> = {}) => {
    const { content, isError = false } = await client.callTool({ name, arguments: args });
    const [first] = content as { type: "text"; text: string }[];
    return { text: first!.text, isError };
  };
  return {
    client,
    async call(name, args) {
      const { text, isError } = await run(name, args);
      if (isError) throw new Error(`${name}: ${text}`);
      return text.startsWith("{") ? JSON.parse(text) : text;
    },
    async refused(name, args) {
      const { text, isError } = await run(name, args);
      assert(isError, `${name}: ${text}`);
      return text;
    },
    [Symbol.asyncDispose]: () => client.close(),
  };
}

Deno.test("the tools are named, described, and say which of them change or take away something", async () => {
  await using world = await routesWorld({ agent: false });
  await using connection = await connect(world);
  const { client } = connection;
  assertEquals(client.getServerVersion()?.name, "personal-coder");
  assertStringIncludes(client.getInstructions()!, "create_task");
  const { tools } = await client.listTools();
  const named = (fits: (hints: Record<string, unknown>) => unknown) =>
    tools.filter(({ annotations }) => fits(annotations as Record<string, unknown>)).map(({ name }) => name).join(" ");
  assertEquals(named(({ readOnlyHint }) => readOnlyHint), "list_tasks get_task get_diff get_events why");
  assertEquals(named(({ destructiveHint }) => destructiveHint), "cancel_task retry_task land_task");
  assertEquals(
    named(({ readOnlyHint, destructiveHint }) => !readOnlyHint && !destructiveHint),
    "create_task send_message approve_plan reject_plan",
  );
  const ajv = newAjv();
  for (const { name, description, inputSchema } of tools) {
    assert(description!.length > 20, name);
    assert(ajv.validateSchema(inputSchema), `${name}: ${ajv.errorsText(ajv.errors)}`);
    assert(!JSON.stringify(inputSchema).includes("$ref"), name);
  }
  const create = tools.find(({ name }) => name === "create_task")!.inputSchema;
  assertEquals(create.required, ["prompt"]);
  assertEquals(create.additionalProperties, false);
  const read = tools.find(({ name }) => name === "get_events")!.inputSchema;
  assertEquals([Object.keys(read.properties!), read.required], [["id", "after", "limit"], ["id"]]);
});

Deno.test("a client fills the queue, follows a plan to its end, and reads what came of it", async () => {
  await using world = await routesWorld();
  await using connection = await connect(world);
  const { call } = connection;
  const { id, status } = await call("create_task", { prompt: "Greet in French", mode: "plan", priority: 3 });
  assertEquals(status, "pending");
  const run = await world.nextRun();
  run.propose("1. Greet");
  run.finish();
  await world.until(id, ({ status }) => status === "awaiting_approval");
  assertEquals((await call("get_task", { id })).plan, "1. Greet");
  await call("reject_plan", { id, feedback: "Shorter" });
  const second = await world.nextRun();
  assertStringIncludes(second.start.prompt, "Shorter");
  second.propose("Greet");
  second.finish();
  await world.until(id, ({ plan, status }) => plan?.text === "Greet" && status === "awaiting_approval");
  await call("approve_plan", { id });
  (await world.nextRun()).finish({ text: "Bonjour" });
  await world.until(id, ({ status }) => status === "completed");
  assertEquals((await call("get_task", { id })).output, "Bonjour");
  assertMatch((await call("why", { id })).reason, /completed/);
  const { events, next } = await call("get_events", { id, limit: 2 });
  assertEquals([events.length, next, events[0].by], [2, 2, "mcp"]);
  assertEquals((await call("list_tasks", { status: "completed" })).tasks[0].title, "Greet in French");
  assertEquals(await call("get_diff", { id }), "Nothing changed");
  await call("send_message", { id, text: "And in German" });
  await world.nextRun();
  await call("cancel_task", { id });
  await world.until(id, ({ status }) => status === "cancelled");
  await call("retry_task", { id });
  (await world.nextRun()).finish();
});

Deno.test("what the API refuses the agent reads in words, and may try again", async () => {
  await using world = await routesWorld({ agent: false });
  await using connection = await connect(world);
  const { refused, call } = connection;
  assertEquals(await refused("get_task", { id: 7 }), "There is no task 7");
  assertMatch(await refused("get_task", {}), /^id: /);
  assertMatch(await refused("create_task", {}), /^prompt: /);
  assertEquals(await refused("create_task", { prompt: "x", colour: "red" }), "create_task takes no colour");
  assertMatch(await refused("create_task", { prompt: "x", priority: "high" }), /^priority: /);
  const { id } = await call("create_task", { prompt: "x" });
  assertMatch(await refused("approve_plan", { id }), /^Cannot approve/);
  // An id is no way to another path.
  assertMatch(await refused("get_task", { id: "../board" }), /^id: /);
  assertEquals(await refused("fly"), "There is no tool fly");
});

Deno.test("a tool does what the token of its call permits, and stands in the log by its name", async () => {
  await using world = await routesWorld({ agent: false, token: own });
  const owner = { authorization: `Bearer ${own}` };
  const tokenOf = async (scope: string) =>
    (await world.json(201, "/api/tokens", { json: { name: scope, scope }, headers: owner })).token;
  await using reader = await connect(world, await tokenOf("read"));
  await using submitter = await connect(world, await tokenOf("submit"));
  assertStringIncludes(await reader.refused("create_task", { prompt: "x" }), "needs the scope submit");
  const { id } = await submitter.call("create_task", { prompt: "x" });
  assertEquals((await reader.call("get_events", { id })).events[0].by, "token:submit");
  assertStringIncludes(await submitter.refused("cancel_task", { id }), "needs the scope operate");
  await using operator = await connect(world, own);
  assertEquals((await operator.call("cancel_task", { id })).status, "cancelled");
});

Deno.test("the guard stands before the tools: tokens, origins, hosts, and no other method", async () => {
  await using world = await routesWorld({ agent: false, token: own });
  const json = { jsonrpc: "2.0", id: 1, method: "tools/list", params: {} };
  const accept = "application/json, text/event-stream";
  const authorization = `Bearer ${own}`;
  const status = async (headers: Record<string, string>, options = {}) => {
    const response = await world.call("/mcp", { json, ...options, headers: { accept, ...headers } });
    await response.body?.cancel();
    return response.status;
  };
  assertEquals(await status({ authorization }), 200);
  assertEquals(await status({}), 401);
  assertEquals(await status({ authorization, origin: "http://evil.example" }), 403);
  assertEquals(await status({ authorization, host: "evil.example" }), 421);
  assertEquals(await status({ authorization, "content-type": "text/plain" }), 415);
  for (const method of ["GET", "DELETE"]) {
    assertEquals(await status({ authorization }, { method, json: undefined }), 405, method);
  }
});
