// One task's pages as Server-Sent Events: each event with its seq as `id`, and `end` when there will be no more.

import type { FeedPage } from "../../core/engine/service/service.ts";
import { eventFrames, frame } from "./server_sent_events.ts";

/** `after`: the seq the client has. A chunk holds the events of a page. */
export async function* taskFrames(
  pages: AsyncIterable<FeedPage>,
  { task, after }: { task: number; after: number },
): AsyncGenerator<Uint8Array, void> {
  let sent = after;
  for await (const { events } of pages) {
    sent = events.at(-1)!.event.seq;
    yield eventFrames(events);
  }
  yield frame("end", JSON.stringify({ task, seq: sent }));
}
