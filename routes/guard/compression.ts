// What is worth it goes out compressed: text of more than a kilobyte, to whoever takes gzip. Never a stream of events, which would
// come late, and nothing that is compressed already.

import { gzipSync } from "node:zlib";
import { concat } from "@std/bytes";
import type { MiddlewareHandler } from "hono";

/** Below that the headers of the answer are most of it. */
const leastBytes = 1_024;
/** What is less goes out in a few packets however well it is compressed. */
const fewPackets = 8 * 1_024;
/** Made before they are sent, never a stream: compressed in one go, for half of what a stream of them costs. */
const wholes = /^(?:text\/html|application\/(?:[a-z.-]+\+)?json)\b/i;
const texts = /^(?:text\/(?!event-stream)|application\/(?:json|x-ndjson|[a-z.-]+\+json)|image\/svg\+xml)/i;

/** Compresses answers. One that ends before it is a kilobyte goes out as it is. */
export function compression(): MiddlewareHandler {
  return async (c, next) => {
    await next();
    const { headers, status } = c.res;
    const type = headers.get("content-type") ?? "";
    const isText = texts.test(type);
    if (!isText || headers.has("content-encoding") || c.req.method === "HEAD" || status === 206) return;
    headers.append("Vary", "Accept-Encoding");
    if (!takesGzip(c.req.header("accept-encoding"))) return;
    if (wholes.test(type)) {
      const bytes = new Uint8Array(await c.res.arrayBuffer());
      const zipped = bytes.length < leastBytes ? null : zip(bytes);
      // An answer that may have no body must not get an empty one.
      c.res = new Response(zipped ?? (bytes.length === 0 ? null : bytes), c.res);
      if (zipped) markAsGzip(c.res.headers);
      return;
    }
    // Not sooner: to look at the body of a text makes a stream of it, and that is slower to send.
    const { body } = c.res;
    if (!body) return;
    const { start, rest } = await begin(body);
    if (rest === null) {
      c.res = new Response(start, c.res);
      return;
    }
    const whole = continued(start, rest).pipeThrough(new CompressionStream("gzip"));
    c.res = new Response(whole, c.res);
    markAsGzip(c.res.headers);
  };
}

function zip(bytes: Uint8Array): Uint8Array<ArrayBuffer> {
  return gzipSync(bytes, { level: bytes.length < fewPackets ? 1 : 6 }) as Uint8Array<ArrayBuffer>;
}

function markAsGzip(headers: Headers): void {
  headers.delete("Content-Length");
  headers.set("Content-Encoding", "gzip");
}

/** Whether an `Accept-Encoding` (RFC 9110, 12.5.3) takes gzip. */
export function takesGzip(header: string | undefined): boolean {
  const choices = (header ?? "").toLowerCase().split(",").map((choice) => choice.trim().split(/\s*;\s*/));
  const chosen = choices.find(([name]) => name === "gzip") ?? choices.find(([name]) => name === "*");
  return chosen !== undefined && !/^q=0(?:\.0*)?$/.test(chosen[1] ?? "");
}

type Reader = ReadableStreamDefaultReader<Uint8Array<ArrayBuffer>>;

/** What comes first, a kilobyte at least, and who reads on; null when that is all. */
async function begin(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
): Promise<{ start: Uint8Array<ArrayBuffer>; rest: Reader | null }> {
  const reader = body.getReader();
  const parts: Uint8Array<ArrayBuffer>[] = [];
  for (let bytes = 0; bytes < leastBytes;) {
    const { done, value } = await reader.read();
    if (done) return { start: concat(parts) as Uint8Array<ArrayBuffer>, rest: null };
    parts.push(value);
    bytes += value.length;
  }
  return { start: concat(parts) as Uint8Array<ArrayBuffer>, rest: reader };
}

function continued(start: Uint8Array<ArrayBuffer>, rest: Reader): ReadableStream<Uint8Array<ArrayBuffer>> {
  return new ReadableStream({
    start: (controller) => controller.enqueue(start),
    async pull(controller) {
      const { done, value } = await rest.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => rest.cancel(reason),
  });
}
