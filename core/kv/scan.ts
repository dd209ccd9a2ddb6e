// More than one read of KV gives: many keys at once, and ranges to their end.

import type { Kv, KvEntry, KvKey, KvMaybeEntry, KvRange } from "./kv.ts";

/** What one `getMany` of Deno KV takes. */
const keysAtOnce = 10;
/** What one page may have. */
const longestPage = 1_000;

/** The entries of any number of keys, in their order. Ten at a time are one snapshot, all of them are not. */
export async function getAll<T>(kv: Kv, keys: KvKey[]): Promise<KvMaybeEntry<T>[]> {
  const entries: KvMaybeEntry<T>[] = [];
  for (let at = 0; at < keys.length; at += keysAtOnce) {
    entries.push(...await kv.getMany<T>(keys.slice(at, at + keysAtOnce)));
  }
  return entries;
}

/** Every entry of `range` in key order, a page at a time. What is written meanwhile may be in it or not. */
export async function* pages<T>(
  kv: Kv,
  range: KvRange,
  { limit = longestPage }: { limit?: number } = {},
): AsyncGenerator<KvEntry<T>[]> {
  let last: KvKey | null = null;
  for (;;) {
    // A range starts at its first key; the one already seen is skipped.
    const page: KvEntry<T>[] = await kv.page<T>(last ? { ...range, start: last } : range, { limit });
    const isSeen = last !== null && JSON.stringify(page[0]?.key) === JSON.stringify(last);
    const news = isSeen ? page.slice(1) : page;
    if (news.length > 0) yield news;
    const end: KvKey | undefined = page.at(-1)?.key;
    if (!end || page.length < limit) return;
    last = end;
  }
}
