// Whether everything derived still follows from the log: every history is folded anew and compared with its projection, its
// kept folds and its index entries. What is derived can be rebuilt; the log itself is only ever read here.
//
// Others may write meanwhile. What is read first is then older than what is read later, so a difference counts only when it is
// there in what one moment shows; and what mends it is checked against that moment, so that nothing newer is written over.

import { messageOf } from "../domain/error.ts";
import type { TaskEvent } from "../domain/event.ts";
import { evolve } from "../domain/evolve.ts";
import { emptyTask, type Task } from "../domain/task.ts";
import { readBody } from "./event_body.ts";
import { decodeEvents } from "./event_record.ts";
import { decodeHead, encodeHead, isHeadOf } from "./head_record.ts";
import { indexEntries } from "./head_index.ts";
import { keys } from "./keys.ts";
import type { Kv, KvCommit, KvEntry, KvKey, KvMaybeEntry } from "./kv.ts";
import { pages } from "./scan.ts";
import { type Difference, mending } from "./verify_difference.ts";
import { compareMilestones, ExpectedMilestones, hasMilestones } from "./verify_milestones.ts";

/** What became of the differences that can be mended. */
export interface Repaired {
  mended: number;
  /** Something else was written there since they were found: nothing was done. */
  moved: number;
}

export interface Verification {
  tasks: number;
  events: number;
  differences: Difference[];
}

const differencesKept = 10_000;

/** Reads the whole store. */
export async function verify(kv: Kv): Promise<Verification> {
  const differences: Difference[] = [];
  const add = (difference: Difference) => void (differences.length < differencesKept && differences.push(difference));
  const expected = new Map<string, Cause>();
  /** The last event of each log. */
  const seen = new Map<number, number>();
  /** How many milestones each task has; null: they are still being gathered. */
  const milestones = await hasMilestones(kv) ? new Map<number, number>() : null;
  const into = { add, expected, seen, milestones };
  let events = 0;
  let history = null as History | null;

  for await (const { key, value } of all<Uint8Array>(kv, keys.events(0).slice(0, 1))) {
    const [, task, seq] = key as [string, number, number];
    if (history?.task !== task) {
      if (history) await history.close(kv, into);
      history = new History(task);
    }
    events += await history.take(kv, { seq, value, add });
  }
  if (history) await history.close(kv, into);

  await compareAllStream(kv, { seen, add });
  for await (const { key } of all(kv, keys.tasks())) {
    const task = key[1] as number;
    if (seen.has(task)) continue;
    const [head, first] = await kv.getMany([key, keys.event(task, 1)]) as [KvMaybeEntry, KvMaybeEntry];
    if (head.value === null || first.value !== null) continue;
    add({ task, what: "it has a projection but no events", repair: mending([head, first], { deletes: [key] }) });
  }
  for (const prefix of [keys.activeEntries(), ["finished"], ["dependants"]]) {
    for await (const { key, value } of all<string>(kv, prefix)) {
      const name = JSON.stringify(key);
      const cause = expected.get(name);
      expected.delete(name);
      if (cause?.value !== value) await compareEntry(kv, { key, cause, seen, add });
    }
  }
  for (const [name, cause] of expected) await compareEntry(kv, { key: JSON.parse(name) as KvKey, cause, seen, add });
  if (milestones) await compareMilestones(kv, { counts: milestones, add });
  return { tasks: seen.size, events, differences };
}

/** Which task an index entry is of, and what it should be. */
interface Cause {
  task: number;
  value: string;
}

/** An entry that was not as it should be: whether it is so at one moment. */
async function compareEntry(
  kv: Kv,
  { key, cause, seen, add }: { key: KvKey; cause: Cause | undefined; seen: Map<number, number>; add: Add },
): Promise<void> {
  const task = cause?.task ?? taskOfEntry(key);
  const [entry, head] = await kv.getMany<unknown>([key, keys.task(task ?? 0)]) as [
    KvMaybeEntry,
    KvMaybeEntry<Uint8Array>,
  ];
  const fold = task !== null && head.value ? decodeHead(head.value) : null;
  const name = JSON.stringify(key);
  const isNewer = fold !== null && task !== null && fold.seq > (seen.get(task) ?? 0);
  const newest = isNewer ? indexEntries(fold).find((one) => JSON.stringify(one.key) === name)?.value : cause?.value;
  const should = newest ?? null;
  if (should === entry.value) return;
  const repair = (change: Partial<KvCommit>) => mending(task === null ? [entry] : [entry, head], change);
  if (should === null) {
    add({ task: null, what: `index entry ${name} has no cause`, repair: repair({ deletes: [key] }) });
    return;
  }
  const what = `index entry ${name} is ${entry.value === null ? "missing" : "not what its task says"}`;
  add({ task: null, what, repair: repair({ sets: [{ key, value: should }] }) });
}

/** Each of them ends with the number of the task that it is of. */
function taskOfEntry(key: KvKey): number | null {
  const last = key.at(-1);
  return typeof last === "number" && last > 0 ? last : null;
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
    // What the stream has and the log had not was written meanwhile, if the log has it by now.
    const range = { prefix: keys.events(task), start: keys.event(task, end) };
    const isNew = end > last && (await kv.page(range, { limit: 1 })).length > 0;
    if (end !== last && !isNew) {
      add({ task, what: `the all-stream ends at event ${end}, the log at ${last}`, repair: null });
    }
  }
}

/** Mends what can be mended and is still as it was found. */
export async function repair(kv: Kv, { differences }: Verification): Promise<Repaired> {
  const done: Repaired = { mended: 0, moved: 0 };
  for (const { repair } of differences) {
    if (!repair) continue;
    if (await kv.commit(repair) === null) done.moved++;
    else done.mended++;
  }
  return done;
}

type Add = (difference: Difference) => void;

/** What the histories are read for. */
interface Findings {
  add: Add;
  expected: Map<string, Cause>;
  seen: Map<number, number>;
  milestones: Map<number, number> | null;
}

/** One task's log on its way through. */
class History {
  #fold: Task;
  /** Folds at the moments that the store keeps, to be compared at the end. */
  readonly #folds = new Map<number, Task>();
  readonly #milestones = new ExpectedMilestones();
  #kept: Map<number, KvEntry<Uint8Array>> | null = null;

  constructor(readonly task: number) {
    this.#fold = emptyTask(task);
  }

  /** The value of which event `seq` is the last, and how many it holds. */
  async take(kv: Kv, { seq, value, add }: { seq: number; value: Uint8Array; add: Add }): Promise<number> {
    this.#kept ??= await keptFolds(kv, this.task);
    let events: TaskEvent[];
    try {
      events = (await decodeEvents(value, (body) => readBody(kv, body))).map(({ event }) => event);
    } catch (error) {
      add({ task: this.task, what: `event ${seq} cannot be read: ${messageOf(error)}`, repair: null });
      this.#fold = { ...this.#fold, seq };
      return 1;
    }
    for (const [index, event] of events.entries()) this.#takeOne(event, { seq: seq - events.length + 1 + index, add });
    return events.length;
  }

  #takeOne(event: TaskEvent, { seq, add }: { seq: number; add: Add }): void {
    if (seq !== this.#fold.seq + 1) {
      const what = `event ${this.#fold.seq + 1} is missing before event ${seq}`;
      add({ task: this.task, what, repair: null });
    }
    if (event.seq !== seq || event.task !== this.task) {
      add({ task: this.task, what: `event ${seq} says it is event ${event.seq} of task ${event.task}`, repair: null });
    }
    this.#milestones.take(this.#fold, event);
    this.#fold = evolve(this.#fold, event);
    if (this.#kept?.has(seq)) this.#folds.set(seq, this.#fold);
  }

  async close(
    kv: Kv,
    { add, expected, seen, milestones }: Findings,
  ): Promise<void> {
    const key = keys.task(this.task);
    const stored = await this.#catchUp(kv, { key, add });
    seen.set(this.task, this.#fold.seq);
    if (!stored.value || !isHeadOf(stored.value, this.#fold)) {
      const what = stored.value ? "its projection is not the fold of its events" : "its projection is missing";
      add({ task: this.task, what, repair: mending([stored], { sets: [{ key, value: encodeHead(this.#fold) }] }) });
    }
    for (const [seq, entry] of this.#kept ?? []) {
      const fold = this.#folds.get(seq);
      if (fold && isHeadOf(entry.value, fold)) continue;
      const change = fold ? { sets: [{ key: entry.key, value: encodeHead(fold) }] } : { deletes: [entry.key] };
      add({ task: this.task, what: `the fold kept at event ${seq} is wrong`, repair: mending([entry], change) });
    }
    milestones?.set(this.task, await this.#milestones.compare(kv, { task: this.task, add }));
    for (const { key, value } of indexEntries(this.#fold)) {
      expected.set(JSON.stringify(key), { task: this.task, value });
    }
  }

  /** The projection as it is now; events that came since the log was read are taken, too. */
  async #catchUp(kv: Kv, { key, add }: { key: KvKey; add: Add }): Promise<KvMaybeEntry<Uint8Array>> {
    for (;;) {
      const stored = await kv.get<Uint8Array>(key);
      const range = { prefix: keys.events(this.task), start: keys.event(this.task, this.#fold.seq + 1) };
      const [next] = await kv.page<Uint8Array>(range, { limit: 1 });
      // A projection that is behind its log is a difference; one that is read before the log is read again.
      if (!next) return stored;
      await this.take(kv, { seq: next.key[2] as number, value: next.value, add });
    }
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
