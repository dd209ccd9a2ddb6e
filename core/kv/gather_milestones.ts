// The milestones of a store that was written before there were any, gathered from its logs once, beside everything else. It
// goes on where it was when the process ends, and two workers at it write the same.

import { evolve } from "../domain/evolve.ts";
import { emptyTask } from "../domain/task.ts";
import type { EventLog } from "./event_log.ts";
import { keys } from "./keys.ts";
import type { Kv, KvCommit } from "./kv.ts";
import { dayMark, milestoneEntry } from "./milestone_record.ts";

/** The next task to look at, and the last one; `complete`: nothing is missing. */
export type Gathered = { next: number; last: number } | "complete";

/** Entries of one commit, and what a look at a log reads at once. */
const entriesAtOnce = 300;
const tasksAtOnce = 100;
const eventsAtOnce = 1_000;

/** How far the store is. Null: nobody began. */
export async function gathered(kv: Kv): Promise<Gathered | null> {
  return (await kv.get<Gathered>(keys.gathered())).value;
}

/** Gathers what is missing until all is there, or `signal` aborts. Rejects as the store does. */
export async function gatherMilestones(kv: Kv, log: EventLog, { signal }: { signal: AbortSignal }): Promise<void> {
  while (!signal.aborted) {
    const { key, value, versionstamp } = await kv.get<Gathered>(keys.gathered());
    if (value === "complete") return;
    // What is made from now on has its milestones.
    const last = value?.last ?? ((await kv.get<number>(keys.nextId())).value ?? 1) - 1;
    const first = value?.next ?? 1;
    const sets: KvCommit["sets"] = [];
    const days = new Set<string>();
    let task = first;
    for (; task <= last && task < first + tasksAtOnce && sets.length < entriesAtOnce && !signal.aborted; task++) {
      for await (const entry of entriesOf(log, task)) {
        sets.push({ key: entry.key, value: entry.value });
        days.add(entry.day);
      }
    }
    const state: Gathered = task > last ? "complete" : { next: task, last };
    await write(kv, { sets, days });
    // Another worker that was faster has done the same.
    await kv.commit({ checks: [{ key, versionstamp }], sets: [{ key, value: state }], deletes: [] });
  }
}

/** A task may have more than one commit holds; each of them is the same however often it is written. */
async function write(kv: Kv, { sets, days }: { sets: KvCommit["sets"]; days: Set<string> }): Promise<void> {
  for (let at = 0; at < sets.length; at += entriesAtOnce) {
    await kv.commit({ checks: [], sets: sets.slice(at, at + entriesAtOnce), deletes: [] });
  }
  const marks = [...days].map(dayMark);
  // After their milestones: sums that were made meanwhile do not count any more.
  for (let at = 0; at < marks.length; at += entriesAtOnce) {
    await kv.commit({ checks: [], sets: marks.slice(at, at + entriesAtOnce), deletes: [] });
  }
}

async function* entriesOf(log: EventLog, task: number) {
  let fold = emptyTask(task);
  for (;;) {
    const page = await log.read(task, { after: fold.seq, limit: eventsAtOnce });
    for (const { event } of page) {
      const entry = milestoneEntry(fold, event);
      if (entry) yield entry;
      fold = evolve(fold, event);
    }
    if (page.length === 0) return;
  }
}
