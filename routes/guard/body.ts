// Bodies: JSON of at most 2 MiB that arrive in time. They are read here, whole, before any route runs, so that a client that
// sends slowly or without end meets the same bounds everywhere, whether or not it says how long its body is. All bodies in
// flight share one room; what does not fit into it is told to come again, and small ones still fit when large ones do not.

import type { Context, MiddlewareHandler } from "hono";
import { problemResponse } from "../api/error_response.ts";
import { limits } from "../api/limits.ts";

const bodyless = new Set(["GET", "HEAD", "OPTIONS"]);
/** The one route whose body is no JSON: a form. */
const formPath = "/login";
const formType = "application/x-www-form-urlencoded";
/** A token and its field's name; everybody may send this. */
const formBytes = 8_192;
/** A body that is this small may use the part of the room that large ones may not. */
const smallBytes = 65_536;
const firstBytes = 4_096;
/** A place in the room is free again as soon as a body was handled, and after `withinMs` at the latest. */
const retryAfterSeconds = 5;

export interface BodyOptions {
  /** The time that a body may take to arrive, in ms. */
  withinMs?: number;
  /** Bytes that all bodies in flight may take together. */
  roomBytes?: number;
}

/** Reads and parses the body, or refuses it with 400, 408, 413, 415 or 503. What it parsed is what `c.req.json()` gives. */
export function readBody({ withinMs = 30_000, roomBytes = 67_108_864 }: BodyOptions = {}): MiddlewareHandler {
  const room = new Room(roomBytes);
  return async (c, next) => {
    // Hono runs this twice for the literal path `/*`.
    if (bodyless.has(c.req.method) || c.req.raw.body?.locked) return await next();
    const refusal = wrongHeaders(c);
    if (refusal) return refusal;
    using place = room.enter();
    // What says that it is too large for what is left need not begin.
    if (!place.fits(declaredBytes(c))) return noRoom();
    const problem = await take(c, place, withinMs);
    if (problem) return problem;
    // Its place is kept while it is handled: so long it is in memory, and as text and parsed more than once.
    await next();
  };
}

/** What all bodies in flight take, in bytes. */
class Room {
  readonly #bytes: number;
  #taken = 0;

  constructor(bytes: number) {
    this.#bytes = bytes;
  }

  enter(): Place {
    let held = 0;
    // The last quarter is for small bodies, so that a task can be cancelled while somebody sends large ones.
    const fits = (bytes: number) =>
      this.#taken - held + bytes <= (bytes <= smallBytes ? this.#bytes : this.#bytes * 0.75);
    return {
      fits,
      grow: (bytes) => {
        if (!fits(bytes)) return false;
        this.#taken += bytes - held;
        held = bytes;
        return true;
      },
      [Symbol.dispose]: () => void (this.#taken -= held),
    };
  }
}

interface Place extends Disposable {
  /** Whether there is room for `bytes` in all. */
  fits(bytes: number): boolean;
  /** Takes room for `bytes` in all; false, and nothing more taken, when there is not so much. */
  grow(bytes: number): boolean;
}

function wrongHeaders(c: Context): Response | null {
  if (declaredBytes(c) > mostBytes(c)) return tooLarge(c);
  const type = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  const wanted = c.req.path === formPath ? formType : "application/json";
  if (type !== wanted && (hasBody(c) || needsBody(c))) return problemResponse(415, `Send the body as ${wanted}`);
  const coding = c.req.header("content-encoding")?.trim().toLowerCase() || "identity";
  return coding === "identity" ? null : problemResponse(415, "Send the body without a content encoding");
}

/** 0 when it does not say. */
function declaredBytes(c: Context): number {
  return Number(c.req.header("content-length") ?? "0") || 0;
}

function hasBody(c: Context): boolean {
  return declaredBytes(c) > 0 || c.req.header("transfer-encoding") !== undefined;
}

function needsBody(c: Context): boolean {
  const { method, path } = c.req;
  return method === "PATCH" || path === "/api/tasks" || path.endsWith("/messages") || path.endsWith("/plan/reject");
}

async function take(c: Context, place: Place, withinMs: number): Promise<Response | null> {
  const body = await readWhole(c.req.raw.body, { place, withinMs, atMost: mostBytes(c) });
  if (body === "late") return problemResponse(408, `The body did not arrive within ${withinMs / 1_000} s`);
  if (body === "large") return tooLarge(c);
  if (body === "full") return noRoom();
  if (body === "broken") return problemResponse(400, "The body ended before it was whole");
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return problemResponse(400, "The body is not UTF-8");
  }
  // Hono asks its cache first, so nothing reads or parses again.
  c.req.bodyCache.text = Promise.resolve(text) as never;
  if (text === "" && !needsBody(c) && c.req.path !== formPath) return null;
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
  { place, withinMs, atMost }: { place: Place; withinMs: number; atMost: number },
): Promise<Uint8Array | "late" | "large" | "full" | "broken"> {
  if (!stream) return new Uint8Array();
  const reader = stream.getReader();
  // One buffer: of a body that comes in single bytes, the pieces would take a hundred times its size.
  let buffer = new Uint8Array();
  let size = 0;
  const late = Promise.withResolvers<null>();
  const timer = setTimeout(() => late.resolve(null), withinMs);
  // What is left is not waited for; a client that is told "no" may go on sending.
  const drop = (why: "late" | "large" | "full") => {
    void reader.cancel().catch(() => {});
    return why;
  };
  try {
    for (;;) {
      const read = await Promise.race([reader.read(), late.promise]);
      if (read === null) return drop("late");
      if (read.done) return buffer.subarray(0, size);
      const wanted = size + read.value.length;
      if (wanted > atMost) return drop("large");
      if (wanted > buffer.length) {
        const length = Math.min(atMost, Math.max(wanted, buffer.length * 2, firstBytes));
        if (!place.grow(length)) return drop("full");
        const grown = new Uint8Array(length);
        grown.set(buffer.subarray(0, size));
        buffer = grown;
      }
      buffer.set(read.value, size);
      size = wanted;
    }
  } catch {
    return "broken";
  } finally {
    clearTimeout(timer);
  }
}

function mostBytes(c: Context): number {
  return c.req.path === formPath ? formBytes : limits.body;
}

function tooLarge(c: Context): Response {
  return problemResponse(413, `The body is larger than ${mostBytes(c)} bytes`);
}

function noRoom(): Response {
  const response = problemResponse(503, "Too many large bodies are on their way: send this one again a little later");
  response.headers.set("retry-after", String(retryAfterSeconds));
  return response;
}
