// Bodies: JSON of at most 2 MiB that arrive in time. They are read here, whole, before any route runs, so that a client that
// sends slowly or without end meets the same bounds everywhere, whether or not it says how long its body is.

import type { Context, MiddlewareHandler } from "hono";
import { problemResponse } from "./error_response.ts";
import { limits } from "./schemas.ts";

const bodyless = new Set(["GET", "HEAD", "OPTIONS"]);
/** The one route whose body is no JSON: a form. */
const formPath = "/login";
const formType = "application/x-www-form-urlencoded";

/** Reads and parses the body, or refuses it with 400, 408, 413 or 415. What it parsed is what `c.req.json()` gives. */
export function readBody({ withinMs = 30_000 }: { withinMs?: number } = {}): MiddlewareHandler {
  return async (c, next) => {
    // Hono runs this twice for the literal path `/*`.
    if (bodyless.has(c.req.method) || c.req.raw.body?.locked) return await next();
    const refusal = wrongHeaders(c) ?? await take(c, withinMs);
    return refusal ?? await next();
  };
}

function wrongHeaders(c: Context): Response | null {
  if (Number(c.req.header("content-length") ?? "0") > limits.body) return tooLarge();
  const type = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  const wanted = c.req.path === formPath ? formType : "application/json";
  if (type !== wanted && (hasBody(c) || needsBody(c))) return problemResponse(415, `Send the body as ${wanted}`);
  const coding = c.req.header("content-encoding")?.trim().toLowerCase() || "identity";
  return coding === "identity" ? null : problemResponse(415, "Send the body without a content encoding");
}

function hasBody(c: Context): boolean {
  return Number(c.req.header("content-length") ?? "0") > 0 || c.req.header("transfer-encoding") !== undefined;
}

function needsBody(c: Context): boolean {
  const { method, path } = c.req;
  return method === "PATCH" || path === "/api/tasks" || path.endsWith("/messages") || path.endsWith("/plan/reject");
}

async function take(c: Context, withinMs: number): Promise<Response | null> {
  const body = await readWhole(c.req.raw.body, withinMs);
  if (body === "late") return problemResponse(408, `The body did not arrive within ${withinMs / 1_000} s`);
  if (body === "large") return tooLarge();
  if (body === "broken") return problemResponse(400, "The body ended before it was whole");
  if (body.length === 0 && !needsBody(c)) return null;
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return problemResponse(400, "The body is not UTF-8");
  }
  // Hono asks its cache first, so nothing reads or parses again.
  c.req.bodyCache.text = Promise.resolve(text) as never;
  if (c.req.path === formPath) return null;
  try {
    c.req.bodyCache.json = Promise.resolve(JSON.parse(text)) as never;
    return null;
  } catch (error) {
    return problemResponse(400, `The body is not valid JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

async function readWhole(
  stream: ReadableStream<Uint8Array> | null,
  withinMs: number,
): Promise<Uint8Array | "late" | "large" | "broken"> {
  if (!stream) return new Uint8Array();
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), withinMs);
  // What is left is not waited for; a client that is told "no" may go on sending.
  const drop = () => void reader.cancel().catch(() => {});
  try {
    for (;;) {
      const read = await Promise.race([reader.read(), late.promise]);
      if (read === null) {
        drop();
        return "late";
      }
      if (read.done) return joined(chunks, size);
      size += read.value.length;
      if (size > limits.body) {
        drop();
        return "large";
      }
      chunks.push(read.value);
    }
  } catch {
    return "broken";
  } finally {
    clearTimeout(timer);
  }
}

function joined(chunks: Uint8Array[], size: number): Uint8Array {
  if (chunks.length === 1) return chunks[0]!;
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

function tooLarge(): Response {
  return problemResponse(413, `The body is larger than ${limits.body} bytes`);
}
