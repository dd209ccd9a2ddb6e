// Bodies: JSON of at most 2 MiB that arrive in time. They are read here, whole, before any route runs, so that a client that
// sends slowly or without end meets the same bounds everywhere, whether or not it says how long its body is. All bodies in
// flight share one room; what does not fit into it waits a little or is told to come again, and small ones still fit.

import type { Context, MiddlewareHandler } from "hono";
import type { Clock } from "../../core/domain/ports.ts";
import { problemResponse } from "../api/error_response.ts";
import { importPath, importType } from "../api/import.ts";
import { limits } from "../api/limits.ts";
import { signedPaths } from "./signed_paths.ts";
import { BodyRoom, type Place, smallBytes } from "./body_room.ts";

const bodyless = new Set(["GET", "HEAD", "OPTIONS"]);
/** The one route whose body is no JSON: a form. */
const formPath = "/login";
const formType = "application/x-www-form-urlencoded";
/** A token and its field's name; everybody may send this. */
const formBytes = 8_192;
const firstBytes = 1_024;
/** After a large body was parsed; it is validated and stored then, which takes as long again. */
const leastRestMs = 10;
const longestRestMs = 200;
/** What finds no room may do so by then: places are given back as soon as a body was handled. */
const retryAfterSeconds = 5;

export interface BodyOptions {
  /** The time that a body may take to arrive, in ms. */
  withinMs?: number;
  /** Bytes that all bodies in flight may take together. */
  roomBytes?: number;
  /** The time that a large one waits for room, in ms. */
  waitMs?: number;
  /** Hears why one was refused for lack of room. */
  refused?(why: string): void;
  /** Calls back after `ms` unless what it returns is called first. */
  timer?: Clock["timer"];
}

/** What the listener is told: that it is the client's turn, so that the connection may be closed for one that is needed. */
export interface BodyAwaiting {
  awaitsClient?(): Disposable;
}

/** Reads and parses the body, or refuses it with 400, 408, 413, 415 or 503. What it parsed is what `c.req.json()` gives. */
export function readBody(
  { withinMs = 30_000, roomBytes = 16_777_216, waitMs = 5_000, refused, timer = ownTimer }: BodyOptions = {},
): MiddlewareHandler {
  const room = new BodyRoom({ bytes: roomBytes, waitMs, waitingAtMost: 256 });
  const inTurn = turns();
  return async (c, next) => {
    // Hono runs this twice for the literal path `/*`.
    if (bodyless.has(c.req.method) || c.req.raw.body?.locked) return await next();
    // Larger than memory: it goes to a file as it comes, one at a time (core/process/spool.ts).
    if (c.req.path === importPath && typeOf(c) === importType) return await next();
    const refusal = wrongHeaders(c);
    if (refusal) return refusal;
    using place = room.enter();
    const body = await receive(c, place, { withinMs, timer });
    if (body === "full") {
      refused?.(`All bodies on their way may take ${roomBytes / 1_048_576} MiB together`);
      return noRoom();
    }
    if (typeof body === "string") return notReceived(c, body, withinMs);
    const problem = place.held > smallBytes ? await inTurn(() => parse(c, body)) : parse(c, body);
    if (problem) return problem;
    // Its place is kept while it is handled: so long it is in memory, and parsed more than once.
    await next();
  };
}

/**
 * Runs what is given one after the other and rests between, for longer than it took: large bodies come as fast as they may, and
 * leave the greater part of the event loop to those who ask for little.
 */
function turns(): <T>(action: () => T) => Promise<T> {
  let last: Promise<unknown> = Promise.resolve();
  let restsUntil = 0;
  return (action) => {
    const done = last.then(async () => {
      // Who comes after the rest waits for nothing, and nothing is left to wait for when nobody comes.
      const restMs = restsUntil - performance.now();
      if (restMs > 0) await new Promise((resolve) => setTimeout(resolve, restMs));
      const startedAt = performance.now();
      try {
        return action();
      } finally {
        const now = performance.now();
        restsUntil = now + Math.min(longestRestMs, leastRestMs + 3 * (now - startedAt));
      }
    });
    last = done.catch(() => {});
    return done;
  };
}

function wrongHeaders(c: Context): Response | null {
  if (declaredBytes(c) > mostBytes(c)) return tooLarge(c);
  const type = typeOf(c);
  const wanted = c.req.path === formPath ? formType : c.req.path === importPath ? importType : "application/json";
  if (type !== wanted && (hasBody(c) || needsBody(c))) return problemResponse(415, `Send the body as ${wanted}`);
  const coding = c.req.header("content-encoding")?.trim().toLowerCase() || "identity";
  return coding === "identity" ? null : problemResponse(415, "Send the body without a content encoding");
}

function typeOf(c: Context): string {
  return (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
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
  return method === "PATCH" || path === "/api/tasks" || path === importPath || path.endsWith("/messages") ||
    path.endsWith("/plan/reject");
}

type Within = Required<Pick<BodyOptions, "withinMs" | "timer">>;

const ownTimer: Clock["timer"] = (ms, callback) => {
  const id = setTimeout(callback, ms);
  return () => clearTimeout(id);
};

type NotReceived = "late" | "large" | "full" | "broken";

/** The whole body, while the listener knows for whom it waits. */
async function receive(c: Context, place: Place, within: Within): Promise<Uint8Array | NotReceived> {
  using _ = (c.env as BodyAwaiting | undefined)?.awaitsClient?.() ?? null;
  const declared = declaredBytes(c);
  // What says that it is large has its place before it begins.
  if (declared > smallBytes && !await place.grow(declared)) return "full";
  return await readWhole(c.req.raw.body, { place, ...within, atMost: mostBytes(c) });
}

function notReceived(c: Context, why: Exclude<NotReceived, "full">, withinMs: number): Response {
  switch (why) {
    case "late":
      return problemResponse(408, `The body did not arrive within ${withinMs / 1_000} s`);
    case "large":
      return tooLarge(c);
    case "broken":
      return problemResponse(400, "The body ended before it was whole");
  }
}

function parse(c: Context, body: Uint8Array): Response | null {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return problemResponse(400, "The body is not UTF-8");
  }
  const isForm = c.req.path === formPath;
  // Hono asks its cache first, so nothing reads or parses again.
  // A signature is of the text.
  if (isForm || text === "" || signedPaths.has(c.req.path)) c.req.bodyCache.text = Promise.resolve(text) as never;
  if (isForm || (text === "" && !needsBody(c))) return null;
  try {
    c.req.bodyCache.json = Promise.resolve(JSON.parse(text)) as never;
    return null;
  } catch (error) {
    return problemResponse(400, `The body is not valid JSON: ${(error as Error).message.slice(0, 200)}`);
  }
}

async function readWhole(
  body: ReadableStream<Uint8Array> | null,
  { place, withinMs, timer, atMost }: Within & { place: Place; atMost: number },
): Promise<Uint8Array | NotReceived> {
  if (!body) return new Uint8Array();
  const reader = body.getReader();
  // One buffer: of a body that comes in single bytes, the pieces would take a hundred times its size.
  let buffer = new Uint8Array(place.held);
  let size = 0;
  const late = Promise.withResolvers<null>();
  const cancel = timer(withinMs, () => late.resolve(null));
  // What is left is not waited for; a client that is told "no" may go on sending.
  const drop = (why: NotReceived) => {
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
        // One that turns out to be large has the whole of a place, as one that says so.
        const length = wanted > smallBytes
          ? atMost
          : Math.min(smallBytes, Math.max(wanted, buffer.length * 2, firstBytes));
        if (!await place.grow(length)) return drop("full");
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
    cancel();
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
