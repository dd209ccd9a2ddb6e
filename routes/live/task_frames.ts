// One task's pages as Server-Sent Events: each event with its seq as `id`, and `end` when there will be no more.

import type { FeedPage } from "../../core/engine/service/service.ts";
import { eventFrames, frame } from "./server_sent_events.ts";

type Chunk = IteratorResult<Uint8Array, void>;

/**
 * A chunk for each page; `after` is the seq the client has. By hand: the turns of an async generator are felt in how much a
 * server can deliver to a thousand followers.
 */
export function taskFrames(
  pages: AsyncIterator<FeedPage, void>,
  { task, after }: { task: number; after: number },
): AsyncIterator<Uint8Array, void> {
  let sent = after;
  let hasEnded = false;
  const chunkOf = ({ value: page, done }: IteratorResult<FeedPage, void>): Chunk => {
    if (!done) {
      sent = page.events.at(-1)!.event.seq;
      return { done: false, value: eventFrames(page.events) };
    }
    if (hasEnded) return { done: true, value: undefined };
    hasEnded = true;
    return { done: false, value: frame("end", JSON.stringify({ task, seq: sent })) };
  };
  return { next: () => pages.next().then(chunkOf) };
}
