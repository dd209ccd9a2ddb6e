// The unfinished tasks in memory, kept current by the live tail. Start-up and every tick cost what is unfinished, never
// the history.

import { type Board, type BoardEntry, boardEntry } from "../domain/plan.ts";
import { isOver, type Status, type Task } from "../domain/task.ts";
import { keys } from "../kv/keys.ts";
import type { Store } from "../kv/store.ts";

export interface LiveBoard extends Board {
  readonly entries: Iterable<BoardEntry>;
  entry(id: number): BoardEntry | undefined;
  /** Takes over a head as it was committed; true when what the scheduler looks at changed. */
  apply(head: Task): boolean;
  /** Learns the status of dependencies it does not know; call before planning. */
  resolve(): Promise<void>;
  /** Reads all of it anew from the index. */
  load(): Promise<void>;
  /** Unfinished tasks that wait for `id`. */
  dependants(id: number): number[];
}

export function liveBoard(store: Store): LiveBoard {
  let entries = new Map<number, BoardEntry>();
  /** Of tasks that are over and that others may wait for. */
  const finished = new Map<number, Status>();
  const unknown = new Set<number>();
  /** Heads that were committed while `load` reads; they are newer than what it read. */
  let meanwhile: Task[] | null = null;

  /** Who waits for whom, of the unfinished. */
  const waiting = new Map<number, Set<number>>();

  function wonder(entry: BoardEntry): void {
    for (const id of entry.depends_on) {
      if (!entries.has(id) && !finished.has(id)) unknown.add(id);
      const dependants = waiting.get(id) ?? new Set();
      waiting.set(id, dependants.add(entry.id));
    }
  }

  function unlink(entry: BoardEntry | undefined): void {
    for (const id of entry?.depends_on ?? []) {
      const dependants = waiting.get(id);
      dependants?.delete(entry!.id);
      if (dependants?.size === 0) waiting.delete(id);
    }
  }

  function apply(head: Task): boolean {
    if (head.id === 0) return false;
    meanwhile?.push(head);
    const before = entries.get(head.id);
    if (before) unlink(before);
    if (isOver(head.status)) {
      finished.set(head.id, head.status);
      return entries.delete(head.id);
    }
    finished.delete(head.id);
    const entry = boardEntry(head);
    entries.set(head.id, entry);
    wonder(entry);
    return JSON.stringify(before) !== JSON.stringify(entry);
  }

  return {
    get entries() {
      return entries.values();
    },
    dependants: (id) => [...waiting.get(id) ?? []],
    entry: (id) => entries.get(id),
    statusOf: (id) => entries.get(id)?.status ?? finished.get(id),
    apply,
    async resolve() {
      while (unknown.size > 0) {
        const ids = [...unknown].slice(0, 10);
        for (const [index, head] of (await store.log.heads(ids)).entries()) {
          const id = ids[index]!;
          unknown.delete(id);
          if (entries.has(id)) continue;
          if (head && isOver(head.status)) finished.set(id, head.status);
        }
      }
    },
    async load() {
      meanwhile = [];
      const fresh = new Map<number, BoardEntry>();
      const prefix = keys.activeEntries();
      for (let after = 0;;) {
        const page = await store.kv.page<string>({ prefix, start: keys.active(after + 1) }, { limit: 1_000 });
        for (const { key, value } of page) fresh.set(key[1] as number, JSON.parse(value));
        if (page.length < 1_000) break;
        after = page.at(-1)!.key[1] as number;
      }
      entries = fresh;
      const newer: Task[] = meanwhile;
      meanwhile = null;
      waiting.clear();
      for (const entry of entries.values()) wonder(entry);
      for (const head of newer) apply(head);
    },
  };
}
