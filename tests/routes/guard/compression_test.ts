import { assert, assertEquals } from "@std/assert";
import { Hono } from "hono";
import { compression, takesGzip } from "../../../routes/guard/compression.ts";

const long = "All work and no play. ".repeat(1_000);
const zipped = { headers: { "accept-encoding": "br, gzip" } };

function answering(
  body: BodyInit | null,
  type: string,
  init: { status?: number; headers?: Record<string, string> } = {},
) {
  const headers = { "content-type": type, ...init.headers };
  return new Hono().use(compression()).get("/", () => new Response(body, { status: init.status, headers }));
}

Deno.test("text goes out compressed, and means the same", async () => {
  for (const type of ["text/html; charset=utf-8", "application/json", "application/x-ndjson", "text/x-diff"]) {
    const answer = await answering(long, type).request("/", zipped);
    assertEquals([answer.headers.get("content-encoding"), answer.headers.get("vary")], ["gzip", "Accept-Encoding"]);
    const bytes = await answer.bytes();
    assert(bytes.length < long.length / 10);
    const whole = new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"));
    assertEquals(await new Response(whole).text(), long);
  }
});

Deno.test("what is small, no text, or a stream of events goes out as it is, and so does all to who takes no gzip", async () => {
  for (const [body, type] of [["short", "text/html"], [long, "image/png"], [long, "text/event-stream"]] as const) {
    const answer = await answering(body, type).request("/", zipped);
    assertEquals([answer.headers.get("content-encoding"), await answer.text()], [null, body]);
  }
  const plain = await answering(long, "text/html").request("/");
  assertEquals([plain.headers.get("content-encoding"), await plain.text()], [null, long]);
});

Deno.test("an answer keeps its status, and no length that is not its own", async () => {
  const headers = { "content-length": String(long.length) };
  for (const type of ["application/problem+json", "text/plain"]) {
    const answer = await answering(long, type, { status: 404, headers }).request("/", zipped);
    assertEquals([answer.status, answer.headers.get("content-length")], [404, null]);
    await answer.body?.cancel();
  }
  const none = await answering(null, "application/json", { status: 304 }).request("/", zipped);
  assertEquals([none.status, await none.text()], [304, ""]);
});

Deno.test("who leaves in the middle ends what makes the answer", async () => {
  const ended = Promise.withResolvers<void>();
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(crypto.getRandomValues(new Uint8Array(4_096))),
    cancel: () => ended.resolve(),
  });
  const answer = await answering(endless, "application/x-ndjson").request("/", zipped);
  const reader = answer.body!.getReader();
  await reader.read();
  await reader.cancel();
  await ended.promise;
});

Deno.test("takesGzip() reads weights and stars", () => {
  assertEquals(["gzip", "br;q=1, GZIP;q=0.5", "*"].map(takesGzip), [true, true, true]);
  assertEquals([undefined, "", "br", "gzip;q=0", "gzip; q=0.0, *"].map(takesGzip), [false, false, false, false, false]);
});
