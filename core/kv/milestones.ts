// Milestones read in the order of time, and the sums of days.
//
// The sums of a day are kept once they were asked for. They count while the day's mark has the versionstamp that they were made
// at; every milestone of that day, whoever writes it and however late, gives it another one. So they are never behind, and
// nobody who writes a milestone waits for who sums, or has to win against anybody.

import { DayCount, type DaySums } from "../domain/day_sums.ts";
import { keys } from "./keys.ts";
import { type Kv, type KvEntry, type KvKey, type KvMaybeEntry, localLimits } from "./kv.ts";
import { type Dated, decodeMilestone } from "./milestone_record.ts";
import { pages } from "./scan.ts";

/** The sums of one day (UTC), ISO 8601. */
export interface Day {
  day: string;
  sums: DaySums[];
}

interface KeptSums {
  /** The versionstamp of the day's mark. */
  mark: string;
  sums: DaySums[];
}

const pageLength = 1_000;
/** Days whose sums are in memory because they are too large to be kept, or still change. */
const daysInMemory = 8;

export class Milestones {
  readonly #kv: Kv;
  readonly #recent = new Map<string, KeptSums>();
  readonly #counting = new Map<string, Promise<KeptSums>>();

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** Those from `from` on (ISO 8601), the newest first, a page at a time. */
  async *newestFirst(from: string): AsyncGenerator<Dated[]> {
    const prefix = keys.milestones();
    let end: KvKey | undefined;
    for (;;) {
      const range = { prefix, ...(end && { end }) };
      const page: KvEntry<Uint8Array>[] = await this.#kv.page(range, { limit: pageLength, reverse: true });
      const dated = page.map(({ key, value }) => decodeMilestone(key, value));
      const own = dated.filter(({ at }) => at >= from);
      if (own.length > 0) yield own;
      if (own.length < pageLength) return;
      end = page.at(-1)!.key;
    }
  }

  /** The sums of each day from `from` to `to` (UTC, both included) on which anything happened. */
  async days({ from, to }: { from: string; to: string }): Promise<Day[]> {
    const kept = new Map<string, KeptSums>();
    for await (const { key, value } of daysFrom<Uint8Array>(this.#kv, keys.allDaySums(), { from, to })) {
      kept.set(key[1] as string, JSON.parse(decoder.decode(value)));
    }
    const days: { day: string; mark: string }[] = [];
    for await (const { key, versionstamp } of daysFrom(this.#kv, keys.milestoneDays(), { from, to })) {
      days.push({ day: key[1] as string, mark: versionstamp });
    }
    const found: Day[] = [];
    for (const { day, mark } of days) {
      const known = [kept.get(day), this.#recent.get(day)].find((one) => one?.mark === mark);
      const { sums } = known ?? await this.#countOnce(day);
      if (sums.length > 0) found.push({ day, sums });
    }
    return found;
  }

  /** Whoever asks for the same day at the same time shares one count. */
  #countOnce(day: string): Promise<KeptSums> {
    const counting = this.#counting.get(day) ?? this.#count(day).finally(() => this.#counting.delete(day));
    this.#counting.set(day, counting);
    return counting;
  }

  async #count(day: string): Promise<KeptSums> {
    const mark = await this.#kv.get(keys.milestoneDay(day));
    const kept: KeptSums = { mark: mark.versionstamp ?? "", sums: await sumsOf(this.#kv, day) };
    this.#recent.delete(day);
    this.#recent.set(day, kept);
    if (this.#recent.size > daysInMemory) this.#recent.delete(this.#recent.keys().next().value!);
    const value = encoder.encode(JSON.stringify(kept));
    if (value.length > localLimits.valueBytes) return kept;
    // With a milestone written meanwhile they may or may not have it: then they are not kept.
    const { key, versionstamp } = mark;
    const sets = [{ key: keys.daySums(day), value }];
    // What cannot be kept now is counted again.
    await this.#kv.commit({ checks: [{ key, versionstamp }], sets, deletes: [] }).catch(() => null);
    return kept;
  }
}

/** The entries `[...prefix, day]` of these days. */
async function* daysFrom<T>(
  kv: Kv,
  prefix: KvKey,
  { from, to }: { from: string; to: string },
): AsyncGenerator<KvEntry<T>> {
  for await (const page of pages<T>(kv, { prefix, start: [...prefix, from] })) {
    for (const entry of page) {
      if (entry.key[1] as string > to) return;
      yield entry;
    }
  }
}

/** The sums of a day as its milestones say now. */
export async function sumsOf(kv: Kv, day: string): Promise<DaySums[]> {
  const count = new DayCount();
  for await (const page of pages<Uint8Array>(kv, { prefix: keys.milestonesOf(day) })) {
    for (const { key, value } of page) {
      const { milestone, at } = decodeMilestone(key, value);
      count.add(milestone, at);
    }
  }
  return count.sums();
}

/** Whether kept sums are of the day as it is and say something else. Both as one snapshot had them. */
export async function areWrong(
  kv: Kv,
  day: string,
): Promise<{ kept: KvMaybeEntry<Uint8Array>; mark: KvMaybeEntry } | null> {
  const snapshot = () => kv.getMany([keys.daySums(day), keys.milestoneDay(day)]);
  const [kept, mark] = await snapshot() as [KvMaybeEntry<Uint8Array>, KvMaybeEntry];
  if (kept.value === null) return null;
  const { mark: of, sums } = JSON.parse(decoder.decode(kept.value)) as KeptSums;
  if (of !== mark.versionstamp || JSON.stringify(sums) === JSON.stringify(await sumsOf(kv, day))) return null;
  const [, after] = await snapshot();
  // With a milestone that came meanwhile they are out of date, not wrong.
  return after!.versionstamp === mark.versionstamp ? { kept, mark } : null;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
