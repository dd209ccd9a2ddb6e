// Commits of another process, read back from the log: their events, and each head as it was after them.

import { evolveAll } from "../domain/evolve.ts";
import { emptyTask, type Task } from "../domain/task.ts";
import type { EventLog } from "./event_log.ts";
import type { Published } from "./event_record.ts";

/** The seqs `from` to `to` of one task, both included, as the all-stream's entries have them. */
export type CommittedRange = [task: number, from: number, to: number];

export interface ReadCommit {
  events: Published[];
  heads: Task[];
}

/**
 * Of each commit the events of its ranges and the heads after them, both in the order of the ranges. Commits that follow each
 * other are read together: what many of them wrote of one task costs one read. A head in `folded` that a range goes on from
 * saves another. A head that the log no longer has is left out; rejects as the log does.
 */
export async function readCommits(log: EventLog, commits: CommittedRange[][], { folded }: {
  folded: ReadonlyMap<number, Task>;
}): Promise<ReadCommit[]> {
  const events = await readRanges(log, joined(commits.flat()));
  const byTask = Map.groupBy(events, ({ event }) => event.task);
  const known = new Map<number, Task>();
  const read: ReadCommit[] = [];
  for (const ranges of commits) {
    const own = ranges.map(([task, from, to]) => {
      return (byTask.get(task) ?? []).filter(({ event: { seq } }) => seq >= from && seq <= to);
    });
    const heads = await headsAfter(log, ranges, {
      before: (task) => known.get(task) ?? folded.get(task),
      events: (at) => own[at]!,
    });
    for (const head of heads) known.set(head.id, head);
    read.push({ events: own.flat(), heads });
  }
  return read;
}

async function headsAfter(log: EventLog, ranges: CommittedRange[], { before, events }: {
  before(task: number): Task | undefined;
  events(at: number): Published[];
}): Promise<Task[]> {
  const heads = new Map<number, Task>();
  for (const [at, [task, from]] of ranges.entries()) {
    const start = from === 1 ? emptyTask(task) : before(task);
    if (start?.seq === from - 1) heads.set(task, evolveAll(start, events(at).map(({ event }) => event)));
  }
  const unknown = ranges.filter(([task]) => !heads.has(task));
  const stored = await log.heads(unknown.map(([task]) => task));
  for (const [index, [task, , to]] of unknown.entries()) {
    // It may have gone on since.
    const head = stored[index]?.seq === to ? stored[index] : await log.headAt(task, to);
    if (head) heads.set(task, head);
  }
  return ranges.map(([task]) => heads.get(task)).filter((head) => head !== undefined);
}

/** Ranges of one task that follow each other, as one. */
function joined(ranges: CommittedRange[]): CommittedRange[] {
  const last = new Map<number, CommittedRange>();
  const all: CommittedRange[] = [];
  for (const [task, from, to] of ranges) {
    const before = last.get(task);
    if (before && before[2] === from - 1) {
      before[2] = to;
      continue;
    }
    const range: CommittedRange = [task, from, to];
    last.set(task, range);
    all.push(range);
  }
  return all;
}

/** Commits have either a few events each of many tasks, or many of a few. */
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
