// The listener: how many connections there may be, which of them goes, and how it ends.

import { assert, assertEquals } from "@std/assert";
import { fromFileUrl } from "@std/path";
import {
  canServeConnections,
  Connections,
  connectionsAtMost,
  type ConnectionsOptions,
} from "../../../routes/guard/connections.ts";
import { eventually } from "../../support/temp.ts";

interface World extends AsyncDisposable {
  server: Connections;
  connect(): Promise<Deno.TcpConn>;
  warnings: string[];
}

function world(options: Partial<ConnectionsOptions> = {}): World {
  const stack = new DisposableStack();
  const warnings: string[] = [];
  const server = new Connections({
    hostname: "127.0.0.1",
    port: 0,
    atMost: 3,
    handler: () => new Response("ok"),
    onError: () => new Response("failed", { status: 500 }),
    warn: (message) => void warnings.push(message),
    ...options,
  });
  return {
    server,
    warnings,
    async connect() {
      return stack.adopt(await Deno.connect({ hostname: "127.0.0.1", port: server.port }), (one) => {
        try {
          one.close();
        } catch { /* by the test */ }
      });
    },
    async [Symbol.asyncDispose]() {
      stack.dispose();
      await server.shutdown();
    },
  };
}

const request = "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n";

async function ask(connection: Deno.Conn, text = request): Promise<string> {
  await connection.write(new TextEncoder().encode(text));
  return await read(connection);
}

/** What comes next; empty when the connection has ended. */
async function read(connection: Deno.Conn): Promise<string> {
  const buffer = new Uint8Array(65_536);
  const length = await connection.read(buffer).catch(() => null);
  return length === null ? "" : new TextDecoder().decode(buffer.subarray(0, length));
}

Deno.test("this Deno can serve single connections", () => {
  assert(canServeConnections());
});

Deno.test("connectionsAtMost() leaves agents their descriptors", () => {
  assertEquals(connectionsAtMost({ descriptors: 1_024, agents: 3 }), 848);
  assertEquals(connectionsAtMost({ descriptors: null, agents: 3 }), 848);
  assertEquals(connectionsAtMost({ descriptors: Infinity, agents: 64 }), 4_096);
  assertEquals(connectionsAtMost({ descriptors: 256, agents: 64 }), 16);
});

Deno.test("one more than there may be: the one that has been idle longest goes", async () => {
  await using w = world();
  const [first, second, third] = [await w.connect(), await w.connect(), await w.connect()];
  await eventually(() => w.server.count === 3);
  // The first has been at work since the second came.
  assert((await ask(first)).includes("200 OK"));
  const fourth = await w.connect();
  assertEquals(await read(second), "");
  for (const one of [first, third, fourth]) assert((await ask(one)).includes("200 OK"));
  assertEquals(w.server.count, 3);
});

Deno.test("when all are at work, a new one is closed and they are not", async () => {
  const go = Promise.withResolvers<void>();
  let asked = 0;
  await using w = world({
    handler: async () => {
      asked++;
      await go.promise;
      return new Response("done");
    },
  });
  const answers = [await w.connect(), await w.connect(), await w.connect()].map((one) => ask(one));
  await eventually(() => asked === 3);
  assertEquals(await read(await w.connect()), "");
  go.resolve();
  for (const answer of answers) assert((await answer).includes("done"));
});

Deno.test("when none is idle, the one whose body has been awaited longest goes, and the log says why", async () => {
  const go = Promise.withResolvers<void>();
  let asked = 0;
  await using w = world({
    handler: async (request, { awaitsClient }) => {
      asked++;
      if (request.method === "GET") await go.promise;
      else {
        using _ = awaitsClient!();
        await request.text().catch(() => {});
      }
      return new Response("done");
    },
  });
  using _ = { [Symbol.dispose]: () => go.resolve() };
  const busy = await w.connect();
  const answer = ask(busy);
  await eventually(() => asked === 1);
  const post = "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\n";
  const slow: Deno.TcpConn[] = [];
  for (const count of [2, 3]) {
    const one = await w.connect();
    slow.push(one);
    await one.write(new TextEncoder().encode(post));
    await eventually(() => asked === count);
  }
  const fourth = await w.connect();
  await eventually(() => w.warnings.length > 0);
  assertEquals(w.warnings, ["All 3 connections are in use: one that sends its body slowly is closed for a new one"]);
  assertEquals(await read(slow[0]!), "");
  assert((await ask(slow[1]!, "body")).includes("done"));
  const last = ask(fourth);
  go.resolve();
  assert((await answer).includes("done"));
  assert((await last).includes("done"));
});

Deno.test("a head that does not come in time ends its connection, one that came does not", async () => {
  await using w = world({ headWithinMs: 100 });
  const good = await w.connect();
  assert((await ask(good)).includes("200 OK"));
  const [silent, slow] = [await w.connect(), await w.connect()];
  await slow.write(new TextEncoder().encode("GET / HTTP/1.1\r\nHost: "));
  assertEquals(await read(silent), "");
  assertEquals(await read(slow), "");
  assert((await ask(good)).includes("200 OK"));
  await eventually(() => w.server.count === 1);
});

Deno.test("shutdown() lets an answer end, and waits for nobody who is idle or half-way through a head", async () => {
  const go = Promise.withResolvers<void>();
  const asked = Promise.withResolvers<void>();
  await using w = world({
    handler: async () => {
      asked.resolve();
      await go.promise;
      return new Response("done");
    },
  });
  const [busy, silent, slow] = [await w.connect(), await w.connect(), await w.connect()];
  await slow.write(new TextEncoder().encode("GET / HT"));
  const answer = ask(busy);
  await asked.promise;
  const ended = w.server.shutdown();
  assertEquals([await read(silent), await read(slow)], ["", ""]);
  go.resolve();
  assert((await answer).includes("done"));
  await ended;
  assertEquals(w.server.count, 0);
});

Deno.test("a client that leaves in the middle of its answer leaves no connection behind", async () => {
  await using w = world({
    handler: () =>
      new Response(new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(65_536)) })),
  });
  const client = await w.connect();
  assert((await ask(client)).includes("200 OK"));
  client.close();
  await eventually(() => w.server.count === 0);
});

Deno.test({
  name: "a listener without a descriptor to accept with waits, and goes on when there is one",
  ignore: Deno.build.os !== "linux",
  async fn() {
    const child = new Deno.Command(Deno.execPath(), {
      args: ["run", "--quiet", "-A", fromFileUrl(new URL("../listening.ts", import.meta.url))],
      stdin: "null",
      stdout: "piped",
      stderr: "null",
    }).spawn();
    let output = "";
    const reading = (async () => {
      for await (const part of child.stdout.pipeThrough(new TextDecoderStream())) output += part;
    })();
    try {
      const port = await eventually(() => /^port (\d+)$/m.exec(output)?.[1], { what: "it listens" });
      const used = [...Deno.readDirSync(`/proc/${child.pid}/fd`)].length;
      const args = ["--pid", `${child.pid}`, `--nofile=${used + 4}:`];
      assert((await new Deno.Command("prlimit", { args }).output()).success);
      using opened = new DisposableStack();
      for (let n = 0; n < 30; n++) opened.use(await Deno.connect({ hostname: "127.0.0.1", port: Number(port) }));
      await eventually(() => /^warned: Cannot take a connection, with \d+ open$/m.test(output), { what: "it says so" });
      opened.dispose();
      await eventually(async () => await (await fetch(`http://127.0.0.1:${port}/`)).text() === "ok");
    } finally {
      child.kill("SIGKILL");
      await child.status;
      await reading;
    }
  },
});
