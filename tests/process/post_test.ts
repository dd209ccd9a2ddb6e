import { assert, assertEquals, assertMatch, assertRejects } from "@std/assert";
import { readWebhookHosts } from "../../core/domain/webhook_hosts.ts";
import { isPrivateAddress, poster } from "../../core/process/post.ts";

const never = new AbortController().signal;
const post = (hosts: string, url: string, options: { ca?: string; signal?: AbortSignal } = {}) =>
  poster(readWebhookHosts(hosts)!, options).post({
    url,
    headers: { "content-type": "application/json", "webhook-id": "msg_1" },
    body: '{"text":"é"}',
  }, { signal: options.signal ?? never });

interface Received {
  path: string;
  host: string | null;
  id: string | null;
  body: string;
}

function receiver(answer: () => Response | Promise<Response>, tls: { cert?: string; key?: string } = {}) {
  const received: Received[] = [];
  const server = Deno.serve(
    { ...tls, hostname: "127.0.0.1", port: 0, onListen() {} } as Deno.ServeTcpOptions,
    async (request) => {
      const { pathname, search } = new URL(request.url);
      const { headers } = request;
      received.push({
        ...{ path: pathname + search, host: headers.get("host"), id: headers.get("webhook-id") },
        body: await request.text(),
      });
      return await answer();
    },
  );
  return { received, port: server.addr.port, [Symbol.asyncDispose]: () => server.shutdown() };
}

Deno.test("post() sends the body and gives back the status, of http and of https", async () => {
  await using plain = receiver(() => new Response("ok", { status: 202 }));
  const host = `localhost:${plain.port}`;
  const answer = await post("localhost=private", `http://${host}/in?token=1`);
  assertEquals(answer, { status: 202, retryAfterSeconds: null, error: null });
  assertEquals(plain.received, [{ path: "/in?token=1", host, id: "msg_1", body: '{"text":"é"}' }]);

  const [cert, key] = await Promise.all(
    ["cert", "key"].map((name) => Deno.readTextFile(new URL(`../fixtures/localhost.${name}.pem`, import.meta.url))),
  );
  await using secure = receiver(() => new Response(null, { status: 410 }), { cert, key });
  const url = `https://localhost:${secure.port}/`;
  assertEquals((await post("localhost=private", url, { ca: cert })).status, 410);
  assertMatch((await post("localhost=private", url)).error!, /certificate/i);
  assertEquals(secure.received.length, 1);
});

Deno.test("post() follows no redirect, and hears how long to wait", async () => {
  await using target = receiver(() => new Response("ok"));
  await using moved = receiver(() => Response.redirect(`http://127.0.0.1:${target.port}/`, 307));
  assertEquals((await post("127.0.0.1=private", `http://127.0.0.1:${moved.port}/`)).status, 307);
  assertEquals(target.received.length, 0);
  await using busy = receiver(() => new Response(null, { status: 503, headers: { "retry-after": "999999999" } }));
  assertEquals(await post("127.0.0.1=private", `http://127.0.0.1:${busy.port}/`), {
    ...{ status: 503, retryAfterSeconds: 86_400, error: null },
  });
  const limits = { "x-ratelimit-remaining": "0", "x-ratelimit-reset": String(Math.ceil(Date.now() / 1_000) + 600) };
  await using limited = receiver(() => new Response(null, { status: 403, headers: limits }));
  const { retryAfterSeconds } = await post("127.0.0.1=private", `http://127.0.0.1:${limited.port}/`);
  assert(retryAfterSeconds! > 500 && retryAfterSeconds! <= 601);
  await using locked = receiver(() =>
    new Response(null, { status: 403, headers: { ...limits, "x-ratelimit-remaining": "42" } })
  );
  const answer = await post("127.0.0.1=private", `http://127.0.0.1:${locked.port}/`);
  assertEquals([answer.status, answer.retryAfterSeconds], [403, null]);
});

Deno.test("post() sends nothing to a host that is not named, or to a private network that is not allowed", async () => {
  await using server = receiver(() => new Response("ok"));
  const url = `http://localhost:${server.port}/`;
  assertMatch((await post("chat.example", url)).error!, /add localhost:\d+ to CODER_WEBHOOK_HOSTS/);
  assertMatch((await post("localhost:1=private", url)).error!, /add localhost:\d+/);
  // A name of the public net that leads here is no other: what counts is where the connection went.
  assertMatch((await post("localhost", url)).error!, /localhost leads to 127\.0\.0\.1.*localhost:\d+=private/);
  assertMatch((await post("[::1],127.0.0.1", `http://127.0.0.1:${server.port}/`)).error!, /private network/);
  assertEquals(server.received.length, 0);
});

Deno.test("post() says why there was no answer, and stops with its signal", async () => {
  await using server = receiver(() => new Response("ok"));
  const { port } = server;
  await server[Symbol.asyncDispose]();
  assertMatch((await post("127.0.0.1=private", `http://127.0.0.1:${port}/`)).error!, /refused/i);
  const silent = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const accepted = silent.accept();
  const stop = new AbortController();
  const asked = post("127.0.0.1=private", `http://127.0.0.1:${silent.addr.port}/`, { signal: stop.signal });
  using _connection = await accepted;
  stop.abort(new Error("stopped"));
  await assertRejects(() => asked, Error, "stopped");
  silent.close();
});

Deno.test("isPrivateAddress() knows what is not of the public net, in IPv4, IPv6 and both in one", () => {
  const all = ["127.0.0.1", "10.0.0.1", "172.31.255.255", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"];
  const six = ["::1", "::", "fe80::1", "fd00::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"];
  for (const address of [...all, ...six]) assertEquals(isPrivateAddress(address), true, address);
  for (const address of ["1.1.1.1", "172.32.0.1", "2606:4700::1111", "::ffff:1.1.1.1"]) {
    assertEquals(isPrivateAddress(address), false, address);
  }
});
