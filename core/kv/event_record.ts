// Events as the bytes of KV values, and back.
//
// The value is `{"commit":"<16 characters>","body":null` + the event's own JSON without its first brace. The prefix has a
// fixed length, so a history can be streamed without parsing: cut the prefix, put the brace back. A body that does not fit
// is stored in parts, written before; then `body` is `{"id":"...","parts":n}` and `data` is null.
//
// What an agent says comes in hundreds of small events, and a value by itself takes a page of the database. Those of one append
// are packed: the value is `{"commit":"<16 characters>","pack":null}`, then each event's JSON, all with a line end before. It
// stands under the key of its last event, so that reading on from any event finds the value that it is in.

import type { TaskEvent } from "../domain/event.ts";
import { upcast } from "../domain/upcast.ts";

/** An event with its JSON, encoded once for everyone who needs it. */
export interface Published {
  event: TaskEvent;
  json: string;
}

/** Whether all this is what an agent says on its way: nobody but who watches it need know it at once. */
export function isChatter(events: Pick<Published, "event">[]): boolean {
  return events.every(({ event: { type } }) => type.startsWith("output.") || type === "usage.counted");
}

/** At most about this many bytes; KV takes 64 KiB. */
const packBytes = 48 * 1024;
/** Fewer are as good alone, where each is found by its own key. */
const packedAtLeast = 4;

export interface BodyReference {
  id: string;
  parts: number;
}

export interface EventRecord {
  value: Uint8Array;
  /** Set when the data did not fit. */
  body: { id: string; slices: Uint8Array[] } | null;
  /** The event as JSON, whole. */
  json: string;
}

const inlineBytes = 48 * 1024;
const sliceBytes = 48 * 1024;
export const commitIdLength = 16;
const inlinePrefix = commitIdLength + `{"commit":"","body":null,`.length;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** `bodyId` is asked for only when the event needs parts. */
export function encodeEvent(
  event: TaskEvent,
  { commit, bodyId }: { commit: string; bodyId: () => string },
): EventRecord {
  const json = JSON.stringify(event);
  // A character is at most three bytes of UTF-8 per UTF-16 unit, so most events need no second look.
  if (json.length * 3 > inlineBytes && encoder.encode(json).length > inlineBytes) {
    const data = encoder.encode(JSON.stringify(event.data));
    const slices: Uint8Array[] = [];
    for (let at = 0; at < data.length; at += sliceBytes) slices.push(data.slice(at, at + sliceBytes));
    const id = bodyId();
    const reference: BodyReference = { id, parts: slices.length };
    const rest = JSON.stringify({ ...event, data: null }).slice(1);
    const value = encoder.encode(`{"commit":"${commit}","body":${JSON.stringify(reference)},${rest}`);
    return { value, body: { id, slices }, json };
  }
  return { value: encoder.encode(`{"commit":"${commit}","body":null,${json.slice(1)}`), body: null, json };
}

/**
 * The values for events that follow each other in one append, with their last seqs, given as encoded one by one. Only what an
 * agent says is packed: everything else is asked for by its number.
 */
export function packed(
  records: { event: TaskEvent; record: EventRecord }[],
  { commit }: { commit: string },
): { seq: number; value: Uint8Array }[] {
  const values: { seq: number; value: Uint8Array }[] = [];
  let open: typeof records = [];
  let bytes = 0;
  const close = () => {
    const last = open.at(-1);
    if (last && open.length >= packedAtLeast) values.push({ seq: last.event.seq, value: packOf(open, commit) });
    else for (const { event, record } of open) values.push({ seq: event.seq, value: record.value });
    [open, bytes] = [[], 0];
  };
  for (const one of records) {
    const isPackable = one.record.body === null && one.event.seq > 1 && isChatter([one]);
    if (!isPackable || bytes + one.record.value.length > packBytes) close();
    open.push(one);
    bytes += one.record.value.length;
    if (!isPackable) close();
  }
  close();
  return values;
}

function packOf(records: { record: EventRecord }[], commit: string): Uint8Array {
  return encoder.encode(
    `{"commit":"${commit}","pack":null}${records.map(({ record }) => `\n${record.json}`).join("")}`,
  );
}

/** Whether a value holds several events: `pack` stands where `body` does else. */
export function isPack(value: Uint8Array): boolean {
  return value[bodyStart - 6] === letterP;
}

/** The JSON of each event of a value that is a pack, in order. */
export function packLines(value: Uint8Array): Uint8Array[] {
  const lines: Uint8Array[] = [];
  for (let from = value.indexOf(lineEnd) + 1; from > 0;) {
    const end = value.indexOf(lineEnd, from);
    lines.push(value.subarray(from, end < 0 ? value.length : end));
    from = end + 1;
  }
  return lines;
}

/** The commit that wrote a value. */
export function commitOf(value: Uint8Array): string {
  return decoder.decode(value.subarray(11, 11 + commitIdLength));
}

const bodyStart = 11 + commitIdLength + `","body":`.length;
const letterN = 110;
const letterP = 112;
const lineEnd = 10;

/** Whether the event is whole in its value. */
function isInline(value: Uint8Array): boolean {
  return value[bodyStart] === letterN;
}

/**
 * The event of a value. `readParts` is called only when the body is stored apart.
 * Throws `Error` when the bytes are no event of this program.
 */
export async function decodeEvent(
  value: Uint8Array,
  readParts: (body: BodyReference) => Promise<Uint8Array>,
): Promise<Published> {
  if (isInline(value)) {
    const json = `{${decoder.decode(value.subarray(inlinePrefix))}`;
    const event = JSON.parse(json) as TaskEvent;
    const current = upcast(event);
    return { event: current, json: current === event ? json : JSON.stringify(current) };
  }
  const { commit: _, body, ...event } = JSON.parse(decoder.decode(value)) as
    & { commit: string; body: BodyReference }
    & TaskEvent;
  event.data = JSON.parse(decoder.decode(await readParts(body))) as never;
  const current = upcast(event as TaskEvent);
  return { event: current, json: JSON.stringify(current) };
}

/** The events of a value, one or many. Throws as `decodeEvent` does. */
export async function decodeEvents(
  value: Uint8Array,
  readParts: (body: BodyReference) => Promise<Uint8Array>,
): Promise<Published[]> {
  if (!isPack(value)) return [await decodeEvent(value, readParts)];
  return packLines(value).map((line) => {
    const json = decoder.decode(line);
    const event = JSON.parse(json) as TaskEvent;
    const current = upcast(event);
    return { event: current, json: current === event ? json : JSON.stringify(current) };
  });
}

/** The event's JSON as bytes without parsing it, or null when it has to be decoded. */
export function rawJson(value: Uint8Array): Uint8Array | null {
  if (!isInline(value)) return null;
  const json = value.slice(inlinePrefix - 1);
  json[0] = 123; // "{" in place of the comma.
  return json;
}
