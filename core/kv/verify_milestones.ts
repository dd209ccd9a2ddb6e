// Whether milestones and the sums of days still follow from the log: part of verify.ts, which folds it.

import type { TaskEvent } from "../domain/event.ts";
import { isMilestone } from "../domain/milestone.ts";
import type { Task } from "../domain/task.ts";
import { readBody } from "./event_body.ts";
import { decodeEvents } from "./event_record.ts";
import { gathered } from "./gather_milestones.ts";
import { keys } from "./keys.ts";
import type { Kv, KvEntry, KvKey } from "./kv.ts";
import { dayMark, dayOf, type MilestoneEntry, milestoneEntry, saysTheSame } from "./milestone_record.ts";
import { areWrong } from "./milestones.ts";
import { getAll, pages } from "./scan.ts";
import { type Difference, mending } from "./verify_difference.ts";

type Add = (difference: Difference) => void;

/** Those of one task, folded anew. */
export class ExpectedMilestones {
  readonly #entries: MilestoneEntry[] = [];

  /** Call it with each event and the task right before it. */
  take(before: Task, event: TaskEvent): void {
    const entry = isMilestone(event.type) ? milestoneEntry(before, event) : null;
    if (entry) this.#entries.push(entry);
  }

  /** Compares them with what is stored; how many there are. An event that was read has had its milestone for as long. */
  async compare(kv: Kv, { task, add }: { task: number; add: Add }): Promise<number> {
    const stored = await getAll<Uint8Array>(kv, this.#entries.map(({ key }) => key));
    for (const [index, entry] of stored.entries()) {
      const { key, value, day } = this.#entries[index]!;
      if (entry.value && saysTheSame(entry.value, value)) continue;
      const what = `milestone ${String(key.at(-1))} is ${entry.value ? "not what its event says" : "missing"}`;
      add({ task, what, repair: mending([entry], { sets: [{ key, value }, dayMark(day)] }) });
    }
    return this.#entries.length;
  }
}

/** Whether all are there already: a store from before there were any is gathering them. */
export async function hasMilestones(kv: Kv): Promise<boolean> {
  return await gathered(kv) === "complete";
}

/** Looks for milestones without an event, by how many each task should have, and for sums that are wrong. */
export async function compareMilestones(
  kv: Kv,
  { counts, add }: { counts: ReadonlyMap<number, number>; add: Add },
): Promise<void> {
  const stored = new Map<number, number>();
  const days = new Set<string>();
  for await (const { key } of all(kv, keys.milestones())) {
    const [, day, , task] = key as [string, string, string, number];
    days.add(day);
    stored.set(task, (stored.get(task) ?? 0) + 1);
  }
  // With others at work a task may have more by now than were counted: each is looked at by itself.
  const doubtful = new Set(
    [...stored].filter(([task, count]) => count > (counts.get(task) ?? 0)).map(([task]) => task),
  );
  if (doubtful.size > 0) {
    for await (const entry of all(kv, keys.milestones())) {
      const [, day, , task, seq] = entry.key as [string, string, string, number, number];
      if (!doubtful.has(task) || await hasEvent(kv, entry.key)) continue;
      days.delete(day);
      const repair = mending([entry], { deletes: [entry.key], sets: [dayMark(day)] });
      add({ task, what: `milestone ${seq} has no event`, repair });
    }
  }
  await compareMarks(kv, { days, add });
  for await (const { key } of all(kv, keys.allDaySums())) {
    const day = key[1] as string;
    const found = await areWrong(kv, day);
    if (found) {
      const repair = mending([found.kept, found.mark], { deletes: [key] });
      add({ task: null, what: `the sums of ${day} are not those of its milestones`, repair });
    }
  }
}

/** Each of these days must have a mark: by that it is found. */
async function compareMarks(kv: Kv, { days, add }: { days: Set<string>; add: Add }): Promise<void> {
  for await (const { key } of all(kv, keys.milestoneDays())) days.delete(key[1] as string);
  for (const day of days) {
    const entry = await kv.get(keys.milestoneDay(day));
    if (entry.value !== null) continue;
    add({ task: null, what: `the mark of ${day} is missing`, repair: mending([entry], { sets: [dayMark(day)] }) });
  }
}

async function hasEvent(kv: Kv, key: KvKey): Promise<boolean> {
  const [, day, at, task, seq] = key as [string, string, string, number, number];
  const { value } = await kv.get<Uint8Array>(keys.event(task, seq));
  if (!value) return false;
  // What cannot be read is told of its log.
  const events = await decodeEvents(value, (body) => readBody(kv, body)).catch(() => null);
  if (events === null) return true;
  return events.some(({ event }) =>
    event.seq === seq && event.at === at && dayOf(at) === day && isMilestone(event.type)
  );
}

async function* all(kv: Kv, prefix: KvKey): AsyncGenerator<KvEntry> {
  for await (const page of pages(kv, { prefix })) yield* page;
}
