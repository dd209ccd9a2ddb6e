// Milestones as entries of the store, which follow from a log like an index: written in the commit of their events and never
// again. None is checked, so that writers of many tasks do not meet here.

import type { TaskEvent } from "../domain/event.ts";
import { evolveAll } from "../domain/evolve.ts";
import { isMilestone, type Milestone, milestoneOf } from "../domain/milestone.ts";
import type { Task } from "../domain/task.ts";
import { keys } from "./keys.ts";
import type { KvCommit, KvKey } from "./kv.ts";

export interface MilestoneEntry {
  key: KvKey;
  /** UTF-8 JSON. */
  value: Uint8Array;
  /** In UTC. */
  day: string;
}

/** A milestone with its place in time. */
export interface Dated {
  /** ISO 8601. */
  at: string;
  task: number;
  seq: number;
  milestone: Milestone;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** What `events`, which follow `start` in one log, add to the milestones. */
export function milestoneEntries(start: Task, events: readonly TaskEvent[]): MilestoneEntry[] {
  const entries: MilestoneEntry[] = [];
  let before = start;
  let folded = 0;
  for (const [index, event] of events.entries()) {
    // Most of what is appended is none, and folds only once.
    if (!isMilestone(event.type)) continue;
    before = evolveAll(before, events.slice(folded, index));
    folded = index;
    const entry = milestoneEntry(before, event);
    if (entry) entries.push(entry);
  }
  return entries;
}

/** The entry of one event, given the task right before it; null: it is no milestone. */
export function milestoneEntry(before: Task, event: TaskEvent): MilestoneEntry | null {
  const milestone = milestoneOf(before, event);
  if (!milestone) return null;
  const day = dayOf(event.at);
  const key = keys.milestone(day, event.at, event.task, event.seq);
  return { key, value: encoder.encode(JSON.stringify(milestone)), day };
}

export function decodeMilestone(key: KvKey, value: Uint8Array): Dated {
  const [, , at, task, seq] = key as [string, string, string, number, number];
  return { at, task, seq, milestone: JSON.parse(decoder.decode(value)) };
}

/** What the head of a run does not have that began before these were folded. */
const maybeUnknown: ReadonlySet<string> = new Set(["queued_at", "due_at", "model"]);

/** Whether what is stored says what `value` does, as far as it can. */
export function saysTheSame(stored: Uint8Array, value: Uint8Array): boolean {
  const there = decoder.decode(stored);
  const names = new Set(Object.keys(JSON.parse(there)));
  const known = Object.entries(JSON.parse(decoder.decode(value))).filter(([name]) =>
    names.has(name) || !maybeUnknown.has(name)
  );
  return there === JSON.stringify(Object.fromEntries(known));
}

/** The day (UTC) of a moment, both as ISO 8601. */
export function dayOf(at: string): string {
  return at.slice(0, 10);
}

/** What is written with the milestones of a day. */
export function dayMark(day: string): KvCommit["sets"][number] {
  // Only its versionstamp says something.
  return { key: keys.milestoneDay(day), value: 1 };
}
