// The store's pages as Server-Sent Events for the web pages: summaries, events, and the service's condition when it changes.
//
// Only a flush that left nothing behind carries an `id`, in its last frame, so a client that reconnects with it misses nothing;
// it drops what it has by (task, seq).

import type { FeedPage, Health, Service } from "../../core/engine/service/service.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { frame, idFrame, joinFrames } from "./server_sent_events.ts";

export interface ReadHealth {
  health: Health;
  json: string;
}

/** `isNew`: the client came without a cursor, so the first frame gives it one. */
export async function* pageFrames(
  pages: AsyncIterable<FeedPage>,
  { isNew, health }: { isNew: boolean; health: SharedHealth },
): AsyncGenerator<Uint8Array, void> {
  let isFirst = true;
  let lastHealth = "";
  for await (const { cursor, isReset, events, changed, isConditionNew = false } of pages) {
    const greeting = isReset ? "reset" : isFirst && isNew ? "hello" : null;
    if (greeting) yield frame(greeting, "{}", cursor!);
    const frames: { event: string; data: string }[] = [];
    for (const view of changed) frames.push({ event: "task", data: jsonOf(view) });
    for (const { event, json } of events) frames.push({ event: event.type, data: json });
    if (isFirst || isConditionNew || changed.length > 0) {
      const { json } = await (isFirst || isConditionNew ? health.fresh() : health.recent());
      if (json !== lastHealth) frames.push({ event: "health", data: json });
      lastHealth = json;
    }
    isFirst = false;
    const id = cursor ?? undefined;
    if (frames.length > 0) {
      yield joinFrames(
        frames.map(({ event, data }, at) => frame(event, data, at === frames.length - 1 ? id : undefined)),
      );
    } // No event of its own: it only moves the client's last id.
    else if (!greeting && cursor !== null) yield idFrame(cursor);
  }
}

const texts = new WeakMap<TaskView, string>();

/** All pages get the same views: each is made into text once. */
function jsonOf(view: TaskView): string {
  let text = texts.get(view);
  if (text === undefined) texts.set(view, text = JSON.stringify(view));
  return text;
}

/** The service's condition for all pages. */
export interface SharedHealth {
  /** As it is now: a page that comes was drawn with one that may be newer than a shared one, and what changed is told as it is. */
  fresh(): Promise<ReadHealth>;
  /** One reading for all, at most once a second. */
  recent(): Promise<ReadHealth>;
}

export function sharedHealth(service: Pick<Service, "health">): SharedHealth {
  let at = -Infinity;
  let reading: Promise<ReadHealth> | null = null;
  function fresh(): Promise<ReadHealth> {
    at = performance.now();
    return reading = service.health().then((health) => ({ health, json: JSON.stringify(health) }));
  }
  return { fresh, recent: () => reading && performance.now() - at <= 1_000 ? reading : fresh() };
}
