// Whether everything derived still follows from the log: every history is folded anew and compared with its projection, its
// kept folds and its index entries. What is derived can be rebuilt; the log itself is only ever read here.

import { messageOf } from "../domain/error.ts";
import type { TaskEvent } from "../domain/event.ts";
import { evolve } from "../domain/evolve.ts";
import { emptyTask, type Task } from "../domain/task.ts";
import { readBody } from "./event_body.ts";
import { decodeEvent } from "./event_record.ts";
import { encodeHead, isHeadOf } from "./head_record.ts";
import { indexEntries } from "./head_index.ts";
import { keys } from "./keys.ts";
import type { Kv, KvEntry, KvKey } from "./kv.ts";
import { pages } from "./scan.ts";

export interface Difference {
  /** The task, or null for what belongs to none. */
  task: number | null;
  /** One sentence. */
  what: string;
  /** What would mend it; null when it is the log that is damaged. */
  repair: { sets: { key: KvKey; value: unknown }[]; deletes: KvKey[] } | null;
}

export interface Verification {
  tasks: number;
  events: number;
  differences: Difference[];
}

const differencesKept = 10_000;

/** Reads the whole store. Call it while nothing writes, or expect differences of the moment. */
export async function verify(kv: Kv): Promise<Verification> {
  const differences: Difference[] = [];
  const add = (difference: Difference) => void (differences.length < differencesKept && differences.push(difference));
  const expected = new Map<string, string>();
  /** The last event of each log. */
  const seen = new Map<number, number>();
  let events = 0;
  let history = null as History | null;

  for await (const { key, value } of all<Uint8Array>(kv, keys.events(0).slice(0, 1))) {
    const [, task, seq] = key as [string, number, number];
    if (history?.task !== task) {
      if (history) await history.close(kv, { add, expected });
      history = new History(task);
    }
    seen.set(task, seq);
    events++;
    await history.take(kv, { seq, value, add });
  }
  if (history) await history.close(kv, { add, expected });

  await compareAllStream(kv, { seen, add });
  for await (const { key } of all(kv, keys.tasks())) {
    const task = key[1] as number;
    if (!seen.has(task)) {
      add({ task, what: "it has a projection but no events", repair: { sets: [], deletes: [key] } });
    }
  }
  for (const prefix of [keys.activeEntries(), ["finished"], ["dependants"]]) {
    for await (const { key, value } of all<string>(kv, prefix)) {
      const name = JSON.stringify(key);
      if (expected.get(name) === undefined) {
        add({ task: null, what: `index entry ${name} has no cause`, repair: { sets: [], deletes: [key] } });
      } else if (expected.get(name) !== value) {
        const repair = { sets: [{ key, value: expected.get(name) }], deletes: [] };
        add({ task: null, what: `index entry ${name} is not what its task says`, repair });
      }
      expected.delete(name);
    }
  }
  for (const [name, value] of expected) {
    const repair = { sets: [{ key: JSON.parse(name) as KvKey, value }], deletes: [] };
    add({ task: null, what: `index entry ${name} is missing`, repair });
  }
  return { tasks: seen.size, events, differences };
}

/** The all-stream must name every event once, in the order of each log. */
async function compareAllStream(kv: Kv, { seen, add }: { seen: Map<number, number>; add: Add }): Promise<void> {
  const reached = new Map<number, number>();
  for await (const { value } of all<[number, number, number][]>(kv, keys.allEntries())) {
    for (const [task, from, to] of value) {
      const before = reached.get(task) ?? 0;
      if (from !== before + 1) {
        add({ task, what: `the all-stream goes from event ${before} to event ${from}`, repair: null });
      }
      reached.set(task, to);
    }
  }
  for (const [task, last] of seen) {
    const end = reached.get(task) ?? 0;
    if (end !== last) add({ task, what: `the all-stream ends at event ${end}, the log at ${last}`, repair: null });
  }
}

/** Mends what can be mended; how many differences that were. Call it while nothing else has the store open. */
export async function repair(kv: Kv, { differences }: Verification): Promise<number> {
  let mended = 0;
  for (const { repair } of differences) {
    if (!repair) continue;
    await kv.commit({ checks: [], ...repair });
    mended++;
  }
  return mended;
}

type Add = (difference: Difference) => void;

/** One task's log on its way through. */
class History {
  #fold: Task;
  /** Folds at the moments that the store keeps, to be compared at the end. */
  readonly #folds = new Map<number, Task>();
  #kept: Map<number, KvEntry<Uint8Array>> | null = null;

  constructor(readonly task: number) {
    this.#fold = emptyTask(task);
  }

  async take(kv: Kv, { seq, value, add }: { seq: number; value: Uint8Array; add: Add }): Promise<void> {
    this.#kept ??= await keptFolds(kv, this.task);
    if (seq !== this.#fold.seq + 1) {
      const what = `event ${this.#fold.seq + 1} is missing before event ${seq}`;
      add({ task: this.task, what, repair: null });
    }
    let event: TaskEvent;
    try {
      event = (await decodeEvent(value, (body) => readBody(kv, body))).event;
    } catch (error) {
      add({ task: this.task, what: `event ${seq} cannot be read: ${messageOf(error)}`, repair: null });
      this.#fold = { ...this.#fold, seq };
      return;
    }
    if (event.seq !== seq || event.task !== this.task) {
      add({ task: this.task, what: `event ${seq} says it is event ${event.seq} of task ${event.task}`, repair: null });
    }
    this.#fold = evolve(this.#fold, event);
    if (this.#kept.has(seq)) this.#folds.set(seq, this.#fold);
  }

  async close(kv: Kv, { add, expected }: { add: Add; expected: Map<string, string> }): Promise<void> {
    const key = keys.task(this.task);
    const stored = await kv.get<Uint8Array>(key);
    if (!stored.value || !isHeadOf(stored.value, this.#fold)) {
      const what = stored.value ? "its projection is not the fold of its events" : "its projection is missing";
      add({ task: this.task, what, repair: { sets: [{ key, value: encodeHead(this.#fold) }], deletes: [] } });
    }
    for (const [seq, entry] of this.#kept ?? []) {
      const fold = this.#folds.get(seq);
      if (fold && isHeadOf(entry.value, fold)) continue;
      const sets = fold ? [{ key: entry.key, value: encodeHead(fold) }] : [];
      const deletes = fold ? [] : [entry.key];
      add({ task: this.task, what: `the fold kept at event ${seq} is wrong`, repair: { sets, deletes } });
    }
    for (const entry of indexEntries(this.#fold)) expected.set(JSON.stringify(entry.key), entry.value);
  }
}

async function keptFolds(kv: Kv, task: number): Promise<Map<number, KvEntry<Uint8Array>>> {
  const kept = new Map<number, KvEntry<Uint8Array>>();
  for await (const entry of all<Uint8Array>(kv, keys.folds(task))) kept.set(entry.key[2] as number, entry);
  return kept;
}

/** Every entry under `prefix`. */
async function* all<T>(kv: Kv, prefix: KvKey): AsyncGenerator<KvEntry<T>> {
  for await (const page of pages<T>(kv, { prefix })) yield* page;
}
