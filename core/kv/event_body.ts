// Bodies that did not fit into the value of their event: read back from their slices.

import { concat } from "@std/bytes";
import type { BodyReference } from "./event_record.ts";
import { keys } from "./keys.ts";
import type { Kv } from "./kv.ts";

/** A page is bounded in entries, and a slice is 48 KiB. */
const slicesAtOnce = 100;

/** The whole body that an event refers to. Throws `Error` when a slice is missing. */
export async function readBody(kv: Kv, { id, parts }: BodyReference): Promise<Uint8Array> {
  const slices: Uint8Array[] = [];
  while (slices.length < parts) {
    const range = { prefix: keys.parts(id), start: keys.part(id, slices.length) };
    const page = await kv.page<Uint8Array>(range, { limit: slicesAtOnce });
    const gap = page.findIndex(({ key }, index) => key[2] !== slices.length + index);
    slices.push(...page.slice(0, gap < 0 ? page.length : gap).map(({ value }) => value));
    if (gap >= 0 || page.length === 0) break;
  }
  if (slices.length !== parts) {
    throw new Error(`Body ${id} has ${slices.length} of ${parts} parts; run "deno task verify"`);
  }
  return concat(slices);
}
