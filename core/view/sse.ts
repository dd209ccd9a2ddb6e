// Server-sent events out of any chunks of text; source: HTML Living Standard, "Interpreting an event stream". Pure.
// EventSource cannot send the cursor of a page that starts again, so the pages read the stream with fetch and this.

import { createParser } from "eventsource-parser";

export interface SseFrame {
  event: string;
  data: string;
  /** The last id seen; null when there was none yet. */
  id: string | null;
}

/** Feed it text; it gives the frames that are complete. */
export function sseParser(): (chunk: string) => SseFrame[] {
  let frames: SseFrame[] = [];
  let lastId: string | null = null;
  const parser = createParser({
    // Also of a frame without data, which moves the cursor and is no event.
    onId(id) {
      lastId = id;
    },
    onEvent({ event, data }) {
      frames.push({ event: event || "message", data, id: lastId });
    },
  });
  return (chunk) => {
    frames = [];
    parser.feed(chunk);
    return frames;
  };
}
