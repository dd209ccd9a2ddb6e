// Server-Sent Events as plain `ReadableStream`s with `pull`: a client that does not read costs no memory, because the next
// frames are made only when it asks; what it missed meanwhile comes from the log.
//
// Source: https://html.spec.whatwg.org/multipage/server-sent-events.html

import { delay } from "@std/async";
import type { Published } from "../core/engine/service.ts";

/** After this long without a frame a comment keeps proxies and clients awake. */
const commentMs = 15_000;
/** How long a client waits before it connects again. */
const retryMs = 1_000;

const encoder = new TextEncoder();
const comment = encoder.encode(":\n\n");
const frames = new WeakMap<Published, Uint8Array>();

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

/** The open streams of a server, so that they can be closed before it shuts down. */
export class OpenStreams {
  readonly #open = new Set<AbortController>();
  #isClosed = false;

  get size(): number {
    return this.#open.size;
  }

  /** Ends them all; one that is asked for afterwards ends at once, so that the server can shut down. */
  closeAll(): void {
    this.#isClosed = true;
    for (const controller of this.#open) controller.abort();
  }

  /** A response that sends what `next` yields until it yields null, the client leaves, or `closeAll`. */
  respond(next: (signal: AbortSignal) => Promise<Uint8Array | null>): Response {
    const controller = new AbortController();
    const { signal } = controller;
    const close = () => {
      this.#open.delete(controller);
      controller.abort();
    };
    /** The answer that is being waited for; it outlives the comments sent meanwhile. */
    let waiting: Promise<Uint8Array | null> | null = null;
    const body = new ReadableStream<Uint8Array>({
      start: (stream) => stream.enqueue(encoder.encode(`retry: ${retryMs}\n\n`)),
      pull: async (stream) => {
        // Only a stream that is read counts as open: an answer to HEAD never is.
        if (!signal.aborted) this.#open.add(controller);
        if (this.#isClosed) controller.abort();
        const quiet = new AbortController();
        try {
          waiting ??= next(signal);
          const idle = delay(commentMs, { signal: AbortSignal.any([signal, quiet.signal]) }).then(
            () => comment,
            () => comment,
          );
          const chunk = await Promise.race([waiting, idle]);
          if (chunk !== comment) waiting = null;
          if (chunk === null || signal.aborted) {
            close();
            stream.close();
          } else {
            stream.enqueue(chunk);
          }
        } catch (error) {
          close();
          stream.error(error);
        } finally {
          quiet.abort();
        }
      },
      cancel: close,
    }, { highWaterMark: 1 });
    return new Response(body, {
      headers: {
        "content-type": "text/event-stream",
        "cache-control": "no-store, no-transform",
        "x-accel-buffering": "no",
      },
    });
  }
}
