// More than one read of KV gives: many keys at once, and ranges to their end.

import type { Kv, KvEntry, KvKey, KvMaybeEntry, KvRange } from "./kv.ts";

/** What one `getMany` of Deno KV takes. */
const keysAtOnce = 10;
/** What one page may have. */
const longestPage = 1_000;

/** Reads that are on their way together: many keys do not wait for one round trip after the other. */
const readsAtOnce = 16;

/** The entries of any number of keys, in their order. Ten at a time are one snapshot, all of them are not. */
export async function getAll<T>(kv: Kv, keys: KvKey[]): Promise<KvMaybeEntry<T>[]> {
  const entries: KvMaybeEntry<T>[] = [];
  for (let at = 0; at < keys.length; at += keysAtOnce * readsAtOnce) {
    const reads: Promise<KvMaybeEntry<T>[]>[] = [];
    for (let from = at; from < Math.min(at + keysAtOnce * readsAtOnce, keys.length); from += keysAtOnce) {
      reads.push(kv.getMany<T>(keys.slice(from, from + keysAtOnce)));
    }
    for (const read of await Promise.all(reads)) entries.push(...read);
  }
  return entries;
}

/** Numbers of one run that are read with others between them: no run reads more than twice what was asked for. */
const gapAtMost = 2;
/** The rows of one run: heads have a few KB each. */
const runAtMost = 500;

/**
 * The entries of `[...prefix, number]` for any numbers, in their order. Many that follow each other are one read, however
 * many more there are; for small values only, since those between them are read as well.
 */
export async function getNumbered<T>(kv: Kv, prefix: KvKey, numbers: number[]): Promise<KvMaybeEntry<T>[]> {
  const found = new Map<number, KvMaybeEntry<T>>();
  const single: number[] = [];
  for (const run of runsOf(numbers)) {
    if (run.length <= keysAtOnce) {
      single.push(...run);
      continue;
    }
    const [first, last] = [run[0]!, run.at(-1)!];
    const range = { prefix, start: [...prefix, first] };
    for (const entry of await kv.page<T>(range, { limit: last - first + 1 })) {
      found.set(entry.key[prefix.length] as number, entry);
    }
  }
  const entries = await getAll<T>(kv, single.map((number) => [...prefix, number]));
  for (const [index, entry] of entries.entries()) found.set(single[index]!, entry);
  return numbers.map((number) => found.get(number) ?? { key: [...prefix, number], value: null, versionstamp: null });
}

/** Distinct numbers, ascending, cut where they are far apart. */
function runsOf(numbers: number[]): number[][] {
  const runs: number[][] = [];
  for (const number of [...new Set(numbers)].sort((one, other) => one - other)) {
    const run = runs.at(-1);
    if (run && number - run.at(-1)! <= gapAtMost && number - run[0]! < runAtMost) run.push(number);
    else runs.push([number]);
  }
  return runs;
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
