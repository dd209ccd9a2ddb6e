// Reading the log: pages of events, heads, and any moment of a history.

import { concat } from "@std/bytes";
import type { TaskEvent } from "../domain/event.ts";
import { evolveAll } from "../domain/evolve.ts";
import { emptyTask, type Task } from "../domain/task.ts";
import { readBody } from "./event_body.ts";
import { decodeEvents, isPack, packLines, type Published, rawJson } from "./event_record.ts";
import { decodeHead } from "./head_record.ts";
import { keys } from "./keys.ts";
import type { Kv, KvEntry } from "./kv.ts";
import { getAll, getNumbered } from "./scan.ts";

/** A page of events also ends once it holds this many bytes of JSON. */
const pageBytes = 4 * 1024 * 1024;
/** And so does what is read ahead for one who streams a history: a client that does not read holds this much, or a few times. */
export const chunkBytes = 256 * 1024;
const readAtOnce = 1_000;
const rowsAtOnce = 250;
/** Of packs, each with tens of events. */
const largeRowsAtOnce = 40;

export interface EventLog {
  /** Events after seq `after` in order, `limit` at most and about `bytes` at most (4 MiB); empty at the head. */
  read(task: number, options: { after: number; limit: number; bytes?: number }): Promise<Published[]>;
  /** Events `after`..`to` as NDJSON, one a line, without parsing what need not be parsed. By default until the head. */
  lines(task: number, options: { after: number; to?: number }): ReadableStream<Uint8Array>;
  /** The events `[task, seq]` in that order, without those that do not exist: for a few each of many tasks. */
  events(wanted: [task: number, seq: number][]): Promise<Published[]>;
  /** One event, or null. */
  event(task: number, seq: number): Promise<TaskEvent | null>;
  /** The task as it was at a moment (ISO 8601); null when it did not exist yet. */
  headAtTime(task: number, at: string): Promise<Task | null>;
  /** The projection as stored. */
  head(task: number): Promise<Task | null>;
  /** The projections of any number of tasks, in that order. Ten at a time are one snapshot, all of them are not. */
  heads(tasks: number[]): Promise<(Task | null)[]>;
  /** The task as it was right after event `seq`: the nearest kept fold before it plus the events since. */
  headAt(task: number, seq: number): Promise<Task | null>;
}

export function eventLog(kv: Kv): EventLog {
  return {
    read: (task, options) => readPage(kv, task, options),
    lines: (task, options) => linesOf(kv, task, options),
    async events(wanted) {
      const entries = await getAll<Uint8Array>(kv, wanted.map(([task, seq]) => keys.event(task, seq)));
      const found: Published[] = [];
      for (const [index, { value }] of entries.entries()) {
        const [task, seq] = wanted[index]!;
        const published = await eventIn(kv, { task, seq, value });
        if (published) found.push(published);
      }
      return found;
    },
    event: (task, seq) => readEvent(kv, task, seq),
    headAtTime: (task, at) => headAtTime(kv, task, at),
    head: (task) => readHead(kv, task),
    async heads(tasks) {
      const entries = await getNumbered<Uint8Array>(kv, keys.tasks(), tasks);
      return entries.map(({ value }) => value ? decodeHead(value) : null);
    },
    headAt: (task, seq) => headAt(kv, task, seq),
  };
}

function decode(kv: Kv, value: Uint8Array): Promise<Published[]> {
  return decodeEvents(value, (body) => readBody(kv, body));
}

/** Event `seq` by what stands under its key: where nothing does, it is in the pack that ends after it, or not there. */
async function eventIn(
  kv: Kv,
  { task, seq, value }: { task: number; seq: number; value: Uint8Array | null },
): Promise<Published | null> {
  const [row] = value ? [{ value }] : await rows(kv, task, { after: seq - 1, limit: 1 });
  if (!row || (!value && !isPack(row.value))) return null;
  return (await decode(kv, row.value)).find(({ event }) => event.seq === seq) ?? null;
}

/** The values with the events after `after`; the first may begin with earlier ones. */
function rows(
  kv: Kv,
  task: number,
  { after, limit }: { after: number; limit: number },
): Promise<KvEntry<Uint8Array>[]> {
  return kv.page<Uint8Array>({ prefix: keys.events(task), start: keys.event(task, after + 1) }, { limit });
}

async function readEvent(kv: Kv, task: number, seq: number): Promise<TaskEvent | null> {
  const { value } = await kv.get<Uint8Array>(keys.event(task, seq));
  return (await eventIn(kv, { task, seq, value }))?.event ?? null;
}

async function readHead(kv: Kv, task: number): Promise<Task | null> {
  const { value } = await kv.get<Uint8Array>(keys.task(task));
  return value ? decodeHead(value) : null;
}

async function readPage(
  kv: Kv,
  task: number,
  { after, limit, bytes: most = pageBytes }: { after: number; limit: number; bytes?: number },
): Promise<Published[]> {
  const page: Published[] = [];
  const wanted = Math.min(limit, readAtOnce);
  let last = after;
  // Values may be 48 KiB each: few at a time, so that a page of large ones does not read far beyond its end.
  for (let bytes = 0, large = false; page.length < wanted && bytes <= most;) {
    const size = Math.min(large ? largeRowsAtOnce : rowsAtOnce, wanted - page.length);
    const read = await rows(kv, task, { after: last, limit: size });
    large = read.some(({ value }) => isPack(value));
    for (const { value } of read) {
      if (page.length === wanted || bytes > most) break;
      for (const published of await decode(kv, value)) {
        if (published.event.seq <= last) continue;
        page.push(published);
        last = published.event.seq;
        bytes += published.json.length;
        if (page.length === wanted || bytes > most) break;
      }
    }
    if (read.length < size) break;
  }
  return page;
}

function linesOf(
  kv: Kv,
  task: number,
  { after, to = Infinity }: { after: number; to?: number },
): ReadableStream<Uint8Array> {
  let at = after;
  let page: KvEntry<Uint8Array>[] = [];
  return new ReadableStream({
    async pull(controller) {
      if (page.length === 0 && at < to) {
        page = await rows(kv, task, { after: at, limit: Math.min(rowsAtOnce, to - at) });
      }
      if (page.length === 0) return controller.close();
      const lines: Uint8Array[] = [];
      let taken = 0;
      // Each may have a body of megabytes.
      for (let bytes = 0; taken < page.length && bytes < chunkBytes; taken++) {
        const { key, value } = page[taken]!;
        const last = key[2] as number;
        const all = await linesIn(kv, value);
        // A pack may begin before and end after what is asked for.
        const first = last - all.length + 1;
        for (const json of all.slice(Math.max(0, at + 1 - first), Math.max(0, to - first + 1))) {
          bytes += json.length;
          lines.push(json, newline);
        }
        at = last;
      }
      page = page.slice(taken);
      controller.enqueue(concat(lines));
    },
  }, { highWaterMark: 1 });
}

async function linesIn(kv: Kv, value: Uint8Array): Promise<Uint8Array[]> {
  if (isPack(value)) return packLines(value);
  const raw = rawJson(value);
  return raw ? [raw] : (await decode(kv, value)).map(({ json }) => encoder.encode(json));
}

async function headAtTime(kv: Kv, task: number, at: string): Promise<Task | null> {
  const current = await readHead(kv, task);
  if (!current || current.updated_at <= at) return current;
  // `at` never goes back within a task, so the last event before a moment can be found by halving.
  let before = 0;
  let after = current.seq;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    const event = await readEvent(kv, task, middle);
    if ((event?.at ?? "") <= at) before = middle;
    else after = middle;
  }
  return before === 0 ? null : await headAt(kv, task, before);
}

async function headAt(kv: Kv, task: number, seq: number): Promise<Task | null> {
  const current = await readHead(kv, task);
  if (!current || seq >= current.seq) return current;
  const range = { prefix: keys.folds(task), end: keys.fold(task, seq + 1) };
  const [kept] = await kv.page<Uint8Array>(range, { limit: 1, reverse: true });
  let folded = kept ? decodeHead(kept.value) : emptyTask(task);
  while (folded.seq < seq) {
    const events = await readPage(kv, task, { after: folded.seq, limit: Math.min(readAtOnce, seq - folded.seq) });
    if (events.length === 0) break;
    folded = evolveAll(folded, events.map(({ event }) => event));
  }
  return folded;
}

const encoder = new TextEncoder();
const newline = new Uint8Array([10]);
