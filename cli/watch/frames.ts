// Server-sent events of the API, for as long as somebody wants them: a connection that is lost is made again from the last id,
// without a gap or a duplicate.

import { deadline, delay } from "@std/async";
import { type SseFrame, sseParser } from "../../core/view/sse.ts";
import type { Api } from "../api.ts";
import { exitCodes, Failure } from "../failure.ts";

export interface FollowOptions {
  /** The id after which it begins; null: where the stream begins by itself. */
  after: string | null;
  note(text: string): void;
  /** The service says something every 15 s; a connection on which nothing comes for so long is dead. */
  silentMs?: number;
}

const retryMs = 500;
/** How long a service that is gone is tried again. */
const lostMs = 60_000;

/**
 * The frames of a stream, until there are no more (204, or the frame `end`). Throws `Failure` where the service refuses it, and
 * of kind `unreachable` where none answers at first, or none for 60 s later on.
 */
export async function* followFrames(
  api: Api,
  path: string,
  { after, note, silentMs = 45_000 }: FollowOptions,
): AsyncGenerator<SseFrame, void> {
  let id = after;
  let isNew = true;
  let lostAt: number | null = null;
  for (;;) {
    const connection = new AbortController();
    try {
      const headers = { accept: "text/event-stream", ...(id !== null && { "last-event-id": id }) };
      const { body } = await deadline(api.call(path, { headers, signal: connection.signal }), silentMs);
      if (!body) return;
      [isNew, lostAt] = [false, null];
      for await (const frame of framesOf(body, silentMs)) {
        id = frame.id ?? id;
        yield frame;
        if (frame.event === "end") return;
      }
    } catch (error) {
      const isRefused = error instanceof Failure && error.code !== exitCodes.unreachable;
      // Where nothing answers at first a person hears it at once; later on it may have been restarted.
      if (isRefused || (isNew && error instanceof Failure)) throw error;
      if (isNew) throw new Failure("unreachable", `The service at ${api.url} does not answer`, { cause: error });
    } finally {
      connection.abort();
    }
    if (lostAt === null) note(`The connection to ${api.url} is lost: trying again`);
    lostAt ??= Date.now();
    if (Date.now() - lostAt > lostMs) {
      const goOn = id === null ? "" : `; what is printed here ends at ${id}`;
      throw new Failure("unreachable", `No service answers at ${api.url} any more${goOn}`);
    }
    await delay(retryMs);
  }
}

/** The frames of one connection. Throws when it breaks, or when nothing comes for too long. */
async function* framesOf(
  body: ReadableStream<Uint8Array<ArrayBuffer>>,
  silentMs: number,
): AsyncGenerator<SseFrame, void> {
  const parse = sseParser();
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  try {
    for (;;) {
      const { value, done } = await deadline(reader.read(), silentMs);
      if (done) return;
      yield* parse(value);
    }
  } finally {
    // A broken one cannot be cancelled any more.
    await reader.cancel().catch(() => {});
  }
}
