// `deno task start` with a server whose data path is on another host than its URL, and moves.

import { assert, assertStringIncludes } from "@std/assert";
import { startService } from "../support/service.ts";
import { eventually } from "../support/temp.ts";
import { denokv, skipped } from "./denokv_program.ts";
import { type Server, startServer } from "./denokv.ts";

const token = "a-token-of-the-tests-1234567890";
/** Other hosts that are this one: Linux has the whole net. The service may call 127.0.0.1 in any case. */
const places = ["127.0.0.2", "127.0.0.3"] as const;
const isNeeded = denokv === null || Deno.build.os !== "linux";

Deno.test({
  name:
    `a service with limited permissions may call where its server hands out its data, also when that moves${skipped}`,
  ignore: isNeeded,
  async fn() {
    await using server = await startServer({ token });
    await using first = proxyAt(places[0], server);
    await using second = proxyAt(places[1], server);
    await using front = metadataServer(server, { place: first.url });
    await using service = await startService({
      limited: true,
      env: { CODER_KV: front.url, DENO_KV_ACCESS_TOKEN: token, CODER_PORT: String(freePort()), DEMO_STEP_MS: "10" },
    });
    const { id } = await service.createTask({ prompt: "Add a note" });
    await service.waitForStatus(id, "completed");
    assert(first.requests > 0 && second.requests === 0);
    front.move(second.url);
    await eventually(() => second.requests > 0, { what: "the new place is called", timeoutMs: 30_000 });
    await eventually(() => service.task(id), { what: "the service answers again", timeoutMs: 30_000 });
    assertStringIncludes(service.output, "is now to be called where this service may not");
    const next = await service.createTask({ prompt: "Add another note" });
    await service.waitForStatus(next.id, "completed");
  },
});

function freePort(): number {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  return listener.addr.port;
}

/** Passes requests on to the server. */
function proxyAt(hostname: string, server: Server) {
  let requests = 0;
  const proxy = Deno.serve({ hostname, port: 0, onListen: () => {} }, (request) => {
    requests++;
    return passOn(request, server);
  });
  return {
    url: `http://${hostname}:${proxy.addr.port}`,
    get requests() {
      return requests;
    },
    [Symbol.asyncDispose]: () => proxy.shutdown(),
  };
}

/** Answers the metadata exchange with another place, for two seconds each. */
function metadataServer(server: Server, { place }: { place: string }) {
  const front = Deno.serve({ hostname: "127.0.0.1", port: 0, onListen: () => {} }, async (request) => {
    const metadata = await (await passOn(request, server)).json();
    const expiresAt = new Date(Date.now() + 2_000).toISOString();
    const endpoints = [{ url: `${place}/v2`, consistency: "strong" }];
    return Response.json({ ...metadata, endpoints, expiresAt });
  });
  return {
    url: `http://127.0.0.1:${front.addr.port}`,
    move: (to: string) => void (place = to),
    [Symbol.asyncDispose]: () => front.shutdown(),
  };
}

async function passOn(request: Request, server: Server): Promise<Response> {
  const { pathname } = new URL(request.url);
  const { method, headers } = request;
  const answer = await fetch(server.url + pathname, { method, headers, body: await request.bytes() });
  return new Response(answer.body, { status: answer.status, headers: { "content-type": type(answer) } });
}

function type(answer: Response): string {
  return answer.headers.get("content-type") ?? "application/octet-stream";
}
