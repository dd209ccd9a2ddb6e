import { assertEquals, assertRejects } from "@std/assert";
import { awaitKvHosts, kvHosts } from "../../core/host/kv_endpoints.ts";

/** A server that answers as it is told, by path, and what it was asked. */
function metadataServer(answers: Record<string, () => Response>) {
  const asked: { path: string; body: unknown; authorization: string | null }[] = [];
  const server = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const { pathname } = new URL(request.url);
    asked.push({ path: pathname, body: await request.json(), authorization: request.headers.get("authorization") });
    return answers[pathname]?.() ?? new Response("Not found", { status: 404 });
  });
  const host = `127.0.0.1:${server.addr.port}`;
  return { host, url: `http://${host}`, asked, [Symbol.asyncDispose]: () => server.shutdown() };
}

const endpoints = (...urls: string[]) => () =>
  Response.json({ version: 3, endpoints: urls.map((url) => ({ url, consistency: "strong" })) });

Deno.test("kvHosts() are the hosts of the data path, relative and absolute, with their ports", async () => {
  await using server = metadataServer({
    "/": endpoints("/v2", "https://eu.example.com/v2", "http://10.0.0.7:4513/v2"),
  });
  assertEquals(await kvHosts(server.url, { token: "secret" }), [
    server.host,
    "eu.example.com:443",
    "10.0.0.7:4513",
  ]);
  assertEquals(server.asked, [
    { path: "/", body: { supportedVersions: [1, 2, 3] }, authorization: "Bearer secret" },
  ]);
});

Deno.test("kvHosts() follows where it is led, as Deno Deploy's databases lead", async () => {
  await using server = metadataServer({
    "/databases/1/connect": () => new Response(null, { status: 307, headers: { location: "/moved/" } }),
    "/moved/": endpoints("./v2", "https://us.example.net:8443/v2"),
  });
  assertEquals(await kvHosts(`${server.url}/databases/1/connect`, { token: null }), [
    server.host,
    "us.example.net:8443",
  ]);
  assertEquals(server.asked.map(({ path, authorization }) => [path, authorization]), [
    ["/databases/1/connect", null],
    ["/moved/", null],
  ]);
  await using round = metadataServer({
    "/": () => new Response(null, { status: 302, headers: { location: "/" } }),
  });
  await assertRejects(() => kvHosts(round.url, { token: null }), Error, "more than 10 times");
});

Deno.test("kvHosts() says what it was answered", async () => {
  await using server = metadataServer({
    "/refused": () => new Response("Invalid access token", { status: 401 }),
    "/page": () => Response.json({ hello: "world" }),
  });
  const of = (path: string) => () => kvHosts(server.url + path, { token: "secret" });
  await assertRejects(of("/refused"), Error, "it answers 401: Invalid access token");
  await assertRejects(of("/page"), Error, "no metadata");
});

Deno.test("awaitKvHosts() waits for the server, says so once, and asks with the token that counts then", async () => {
  let tries = 0;
  await using server = metadataServer({
    "/": () => ++tries < 3 ? new Response("Not now", { status: 503 }) : endpoints("/v2")(),
  });
  const said: string[] = [];
  const token = () => Promise.resolve(`token-${tries}`);
  const hosts = await awaitKvHosts(server.url, { token, say: (message) => said.push(message), retryMs: 0 });
  assertEquals(hosts, [server.host]);
  assertEquals(said, [`Waiting for the store at ${server.url}: it answers 503: Not now`]);
  assertEquals(server.asked.at(-1)!.authorization, "Bearer token-2");
});
