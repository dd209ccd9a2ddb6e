// A commit of another process, read back from the log: its events, and each head as it was after it.

import { evolveAll } from "../domain/evolve.ts";
import { emptyTask, type Task } from "../domain/task.ts";
import type { EventLog } from "./event_log.ts";
import type { Published } from "./event_record.ts";

/** The seqs `from` to `to` of one task, both included, as the all-stream's entries have them. */
export type CommittedRange = [task: number, from: number, to: number];

/**
 * The events of `ranges` and the heads after them, both in the order of `ranges`. A head in `folded` that the range goes on
 * from saves a read. A head that the log no longer has is left out; rejects as the log does.
 */
export async function readCommit(log: EventLog, ranges: CommittedRange[], { folded }: {
  folded: ReadonlyMap<number, Task>;
}): Promise<{ events: Published[]; heads: Task[] }> {
  const events = await readRanges(log, ranges);
  const byTask = Map.groupBy(events, ({ event }) => event.task);
  const known = new Map<number, Task>();
  for (const [task, from] of ranges) {
    const before = folded.get(task) ?? (from === 1 ? emptyTask(task) : undefined);
    if (before?.seq !== from - 1) continue;
    known.set(task, evolveAll(before, (byTask.get(task) ?? []).map(({ event }) => event)));
  }
  const unknown = ranges.filter(([task]) => !known.has(task));
  const stored = await log.heads(unknown.map(([task]) => task));
  for (const [index, [task, , to]] of unknown.entries()) {
    // It may have gone on since.
    const head = stored[index]?.seq === to ? stored[index] : await log.headAt(task, to);
    if (head) known.set(task, head);
  }
  return { events, heads: ranges.map(([task]) => known.get(task)).filter((head) => head !== undefined) };
}

/** A commit has either a few events each of many tasks, or many of a few. */
async function readRanges(log: EventLog, ranges: CommittedRange[]): Promise<Published[]> {
  const events: Published[] = [];
  let few: [number, number][] = [];
  for (const range of ranges) {
    const [task, from, to] = range;
    if (to - from < 5) {
      for (let seq = from; seq <= to; seq++) few.push([task, seq]);
      continue;
    }
    events.push(...await log.events(few));
    few = [];
    events.push(...await readRange(log, range));
  }
  events.push(...await log.events(few));
  return events;
}

async function readRange(log: EventLog, [task, from, to]: CommittedRange): Promise<Published[]> {
  const events: Published[] = [];
  let after = from - 1;
  while (after < to) {
    const page = await log.read(task, { after, limit: to - after });
    if (page.length === 0) break;
    events.push(...page);
    after = page.at(-1)!.event.seq;
  }
  return events;
}
