// An event as the bytes of one KV value, and back.
//
// The value is `{"commit":"<16 characters>","body":null` + the event's own JSON without its first brace. The prefix has a
// fixed length, so a history can be streamed without parsing: cut the prefix, put the brace back. A body that does not fit
// is stored in parts, written before; then `body` is `{"id":"...","parts":n}` and `data` is null.

import type { TaskEvent } from "../domain/event.ts";
import { upcast } from "../domain/upcast.ts";

/** An event with its JSON, encoded once for everyone who needs it. */
export interface Published {
  event: TaskEvent;
  json: string;
}

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

/** The commit that wrote a value. */
export function commitOf(value: Uint8Array): string {
  return decoder.decode(value.subarray(11, 11 + commitIdLength));
}

const bodyStart = 11 + commitIdLength + `","body":`.length;
const letterN = 110;

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

/** The event's JSON as bytes without parsing it, or null when it has to be decoded. */
export function rawJson(value: Uint8Array): Uint8Array | null {
  if (!isInline(value)) return null;
  const json = value.slice(inlinePrefix - 1);
  json[0] = 123; // "{" in place of the comma.
  return json;
}
