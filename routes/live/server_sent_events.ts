// Server-Sent Events as plain `ReadableStream`s with `pull`: a client that does not read costs no memory, because the next
// frames are made only when it asks; what it missed meanwhile comes from the log.
//
// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html

import type { Admission } from "../guard/identity.ts";
import type { Published } from "../../core/engine/service/service.ts";

const secondMs = 1_000;
/** After so many seconds without a frame a comment keeps proxies and clients awake. */
const commentSeconds = 15;
/** So often each open stream's client is asked after: what it was let in by may have been revoked. */
const admissionSeconds = 15;
/** How long a client waits before it connects again. */
const retryMs = 1_000;

const encoder = new TextEncoder();
const comment = encoder.encode(":\n\n");
const frames = new WeakMap<Published, Uint8Array>();
const pages = new WeakMap<Published, { count: number; bytes: Uint8Array }>();

/** The frame of an event with its seq as `id`; encoded once for all followers. */
export function eventFrame(published: Published): Uint8Array {
  let frame = frames.get(published);
  if (!frame) {
    const { event, json } = published;
    frame = encoder.encode(`id: ${event.seq}\nevent: ${event.type}\ndata: ${json}\n\n`);
    frames.set(published, frame);
  }
  return frame;
}

/** A frame; `data` is one line of JSON. */
export function frame(event: string, data: string, id?: string): Uint8Array {
  return encoder.encode(`${id === undefined ? "" : `id: ${id}\n`}event: ${event}\ndata: ${data}\n\n`);
}

/** Moves the client's last event id without an event. */
export function idFrame(id: string): Uint8Array {
  return encoder.encode(`id: ${id}\n\n`);
}

export function joinFrames(parts: Uint8Array[]): Uint8Array {
  if (parts.length === 1) return parts[0]!;
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** The frames of events as one chunk; joined once for all followers that are at the same event. */
export function eventFrames(page: Published[]): Uint8Array {
  if (page.length === 1) return eventFrame(page[0]!);
  const last = page.at(-1)!;
  let joined = pages.get(last);
  if (joined?.count !== page.length) {
    joined = { count: page.length, bytes: joinFrames(page.map(eventFrame)) };
    pages.set(last, joined);
  }
  return joined.bytes;
}

interface OpenStream {
  stream: ReadableStreamDefaultController<Uint8Array>;
  /** Seconds since something was sent. */
  quiet: number;
  admission: Admission | null;
}

/** The open streams of a server, so that they can be closed before it shuts down. */
export class OpenStreams {
  readonly #open = new Map<AbortController, OpenStream>();
  /** One for all: a timer per stream and frame would cost more than the frame. */
  #sweep: ReturnType<typeof setInterval> | null = null;
  #isClosed = false;
  #sweeps = 0;
  readonly #sweepMs: number;

  /** @param sweepMs how long a second is; for tests */
  constructor({ sweepMs = secondMs }: { sweepMs?: number } = {}) {
    this.#sweepMs = sweepMs;
  }

  get size(): number {
    return this.#open.size;
  }

  /** Ends them all; one that is asked for afterwards ends at once, so that the server can shut down. */
  closeAll(): void {
    this.#isClosed = true;
    for (const [controller, { stream }] of this.#open) this.#end(controller, stream);
  }

  /**
   * A response that sends the chunks until they end, the client leaves (which aborts the signal), or `closeAll`. The next one
   * is asked for when the client has taken the one before, the first when it begins to read. It also ends when the client is
   * not to be let in any more.
   */
  respond(admission: Admission | null, open: (signal: AbortSignal) => AsyncIterator<Uint8Array, void>): Response {
    const controller = new AbortController();
    const { signal } = controller;
    let chunks: AsyncIterator<Uint8Array, void> | null = null;
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(encoder.encode(`retry: ${retryMs}\n\n`)),
      pull: async (stream) => {
        if (this.#isClosed) return this.#end(controller, stream);
        // Only a stream that is read counts as open: an answer to HEAD never is.
        const entry = this.#opened(controller, { stream, quiet: 0, admission });
        try {
          chunks ??= open(signal);
          // As long as the client keeps up it stays in this call: to be called anew for each frame costs more than the frame.
          do {
            const { value, done } = await chunks.next();
            if (signal.aborted) return;
            if (done) return this.#end(controller, stream);
            stream.enqueue(value);
            entry.quiet = 0;
          } while ((stream.desiredSize ?? 0) > 0);
        } catch (error) {
          if (signal.aborted) return;
          this.#forget(controller);
          stream.error(error);
        }
      },
      cancel: () => this.#forget(controller),
    }, { highWaterMark: 1 });
    return new Response(body, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
      },
    });
  }

  #end(controller: AbortController, stream: OpenStream["stream"]): void {
    this.#forget(controller);
    stream.close();
  }

  #forget(controller: AbortController): void {
    this.#open.delete(controller);
    controller.abort();
    if (this.#open.size > 0 || this.#sweep === null) return;
    clearInterval(this.#sweep);
    this.#sweep = null;
  }

  #opened(controller: AbortController, stream: OpenStream): OpenStream {
    const open = this.#open.get(controller) ?? stream;
    this.#open.set(controller, open);
    this.#sweep ??= setInterval(() => {
      this.#comment();
      if (++this.#sweeps % admissionSeconds === 0) void this.#endRevoked();
    }, this.#sweepMs);
    return open;
  }

  /** Ends the streams of those who would not be let in any more; who cannot be asked after now stays. */
  async #endRevoked(): Promise<void> {
    const asked = new Map<string, Promise<boolean>>();
    for (const [controller, { stream, admission }] of [...this.#open]) {
      if (admission === null) continue;
      const answer = asked.get(admission.by) ?? admission.holds().catch(() => true);
      asked.set(admission.by, answer);
      if (!await answer && this.#open.has(controller)) this.#end(controller, stream);
    }
  }

  /** A comment to every stream that has been quiet, unless its client does not read. */
  #comment(): void {
    for (const open of this.#open.values()) {
      if (++open.quiet < commentSeconds || (open.stream.desiredSize ?? 0) <= 0) continue;
      open.stream.enqueue(comment);
      open.quiet = 0;
    }
  }
}
