// Text in a task's history: its events are read in order and looked at as text; what is found is parsed, and the place named.
// A request does a bounded part of that and says how far it came.

import type { TaskEvent } from "../../domain/event.ts";
import { excerptAround } from "../../domain/search.ts";
import type { EventHit, EventHits } from "../../view/api_view.ts";
import type { EventLog } from "../../kv/event_log.ts";

/** How long one request looks, about. */
const searchMs = 100;

/**
 * The events after `after` in which `q` is part of a text or of the type, in any case, the oldest first.
 * @param limit hits at most
 * @param head the task's last event
 */
export async function searchEvents(
  { log, monotonic }: { log: Pick<EventLog, "lines">; monotonic: () => number },
  task: number,
  { q, after, limit, head }: { q: string; after: number; limit: number; head: number },
): Promise<EventHits> {
  const wanted = q.toLowerCase();
  // As it stands in JSON, which is looked through before anything is parsed.
  const inJson = JSON.stringify(q).slice(1, -1).toLowerCase();
  const until = monotonic() + searchMs;
  const hits: EventHit[] = [];
  let searched = after;
  for await (const chunk of log.lines(task, { after, to: head })) {
    const text = decoder.decode(chunk);
    const isNone = !text.toLowerCase().includes(inJson);
    if (isNone) searched += linesOf(chunk);
    for (const line of isNone ? [] : text.split("\n")) {
      if (line === "") continue;
      searched++;
      const hit = line.toLowerCase().includes(inJson) ? hitIn(JSON.parse(line), wanted) : null;
      if (hit) hits.push(hit);
      if (hits.length === limit) return { hits, searched, next: searched < head ? searched : null };
    }
    if (monotonic() >= until) break;
  }
  return { hits, searched, next: searched < head ? searched : null };
}

const decoder = new TextDecoder();
const lineEnd = 10;

function linesOf(chunk: Uint8Array): number {
  let count = 0;
  for (let at = chunk.indexOf(lineEnd); at >= 0; at = chunk.indexOf(lineEnd, at + 1)) count++;
  return count;
}

/** Null when `wanted` is part of a name alone, which nobody sees. */
function hitIn({ seq, type, at, data }: TaskEvent, wanted: string): EventHit | null {
  const found = [type, ...textsIn(data)].find((text) => text.toLowerCase().includes(wanted));
  return found === undefined ? null : { seq, type, at, text: excerptAround(found, [wanted]) ?? type };
}

/** Every text and number in it, however deep. */
function* textsIn(value: unknown): Generator<string> {
  if (typeof value === "string") yield value;
  else if (typeof value === "number") yield String(value);
  else if (value && typeof value === "object") { for (const inner of Object.values(value)) yield* textsIn(inner); }
}
