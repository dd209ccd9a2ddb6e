// The index entries that follow from a task's head. They change in the commit that changes the head, so they can neither
// be missing nor stale; `deno task verify` folds them anew.

import { landingEntry } from "../domain/landing_order.ts";
import { boardEntry } from "../domain/plan.ts";
import { isOver, type Task } from "../domain/task.ts";
import { keys } from "./keys.ts";
import type { KvKey } from "./kv.ts";

export interface IndexEntry {
  key: KvKey;
  /** JSON, so that "unchanged" is a comparison of strings. */
  value: string;
}

/** All index entries of a task; task 0 (the service's own log) has none. */
export function indexEntries(task: Task): IndexEntry[] {
  if (task.id === 0 || task.seq === 0) return [];
  const isOwn = task.imported === undefined;
  // What an imported task depended on is another store's.
  const entries: IndexEntry[] = (isOwn ? task.depends_on : []).map((id) => ({
    key: keys.dependant(id, task.id),
    value: "",
  }));
  if (!isOver(task.status)) {
    if (!isOwn) return entries;
    entries.push({ key: keys.active(task.id), value: JSON.stringify(boardEntry(task)) });
    return entries;
  }
  entries.push({ key: keys.finished(task.status, task.id), value: "" });
  entries.push({ key: keys.finishedAt(task.completed_at ?? "", task.id), value: "" });
  if (!isOwn) return entries;
  if (task.place?.present) entries.push({ key: keys.standing(task.id), value: "" });
  if (task.review === "open") entries.push({ key: keys.review(task.id), value: "" });
  const landing = landingEntry(task);
  if (landing) entries.push({ key: keys.landing(task.id), value: JSON.stringify(landing) });
  return entries;
}

/** What to set and delete so that the entries of `before` become those of `after`. */
export function indexChanges(before: Task | null, after: Task): { sets: IndexEntry[]; deletes: KvKey[] } {
  const old = new Map((before ? indexEntries(before) : []).map((entry) => [JSON.stringify(entry.key), entry]));
  const sets: IndexEntry[] = [];
  for (const entry of indexEntries(after)) {
    const name = JSON.stringify(entry.key);
    if (old.get(name)?.value !== entry.value) sets.push(entry);
    old.delete(name);
  }
  return { sets, deletes: [...old.values()].map((entry) => entry.key) };
}
