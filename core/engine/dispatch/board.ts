// The unfinished tasks in memory, kept current by the live tail. Start-up and every tick cost what is unfinished, never
// the history.

import { DispatchOrder } from "../../domain/dispatch_order.ts";
import { type Board, type BoardEntry, boardEntry } from "../../domain/plan.ts";
import { isOver, type Status, type Task } from "../../domain/task.ts";
import { EndedCounts } from "../../kv/ended_counts.ts";
import type { Store } from "../../kv/store.ts";

export interface LiveBoard extends Board {
  readonly entries: Iterable<BoardEntry>;
  entry(id: number): BoardEntry | undefined;
  /** Takes over a head as it was committed; true when what the scheduler looks at changed. */
  apply(head: Task): boolean;
  /** Takes over a head that the log has and the tail may not have brought yet; true as in `apply`. */
  learn(head: Task): boolean;
  /** Learns the status of dependencies it does not know; call before planning. */
  resolve(): Promise<void>;
  /** Reads all of it anew from the index. */
  load(): Promise<void>;
  /** Unfinished tasks that wait for `id`. */
  dependants(id: number): number[];
  /** Who runs next, and the columns of the board. */
  readonly order: DispatchOrder;
  /** Those whose run is over and whose place is not put away yet. */
  leftovers(): BoardEntry[];
  /** How many tasks failed and how many were cancelled. */
  readonly ended: EndedCounts;
}

export function liveBoard(store: Store): LiveBoard {
  let entries = new Map<number, BoardEntry>();
  /** Of tasks that are over and that others may wait for. */
  const finished = new Map<number, Status>();
  const unknown = new Set<number>();
  /** The seqs of heads that were learned ahead of the tail, which brings older ones yet. */
  const ahead = new Map<number, number>();
  /** Heads that were committed while `load` reads; they are newer than what it read. */
  let meanwhile: Task[] | null = null;

  /** Who waits for whom, of the unfinished. */
  const waiting = new Map<number, Set<number>>();
  const left = new Set<number>();
  const entryOf = (id: number) => entries.get(id);
  const statusOf = (id: number) => entries.get(id)?.status ?? finished.get(id);
  const order = new DispatchOrder({ entry: entryOf, statusOf });
  const ended = new EndedCounts(store.index);

  function wonder(entry: BoardEntry): void {
    if (entry.runner === null && (entry.ending || entry.cancel_requested)) left.add(entry.id);
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

  /** The task has another status: it and those that wait for it may do something else now. */
  function touch(id: number): void {
    order.touch(id);
    for (const dependant of waiting.get(id) ?? []) order.touch(dependant);
  }

  function apply(head: Task): boolean {
    if (head.id === 0) return false;
    const learned = ahead.get(head.id);
    if (learned !== undefined && head.seq < learned) return false;
    ahead.delete(head.id);
    meanwhile?.push(head);
    return count(head);
  }

  function count(head: Task): boolean {
    ended.moved({ before: statusOf(head.id) ?? (head.seq === 1 ? "pending" : null), after: head.status });
    return take(head);
  }

  function take(head: Task): boolean {
    const before = entries.get(head.id);
    if (before) unlink(before);
    left.delete(head.id);
    if (isOver(head.status)) {
      finished.set(head.id, head.status);
      touch(head.id);
      return entries.delete(head.id);
    }
    finished.delete(head.id);
    const entry = boardEntry(head);
    entries.set(head.id, entry);
    wonder(entry);
    if (before?.status !== entry.status) touch(head.id);
    if (JSON.stringify(before) === JSON.stringify(entry)) return false;
    order.touch(head.id);
    return true;
  }

  return {
    get entries() {
      return entries.values();
    },
    dependants: (id) => [...waiting.get(id) ?? []],
    entry: entryOf,
    statusOf,
    order,
    ended,
    leftovers: () => [...left].map((id) => entries.get(id)!),
    apply,
    learn(head) {
      ahead.set(head.id, Math.max(head.seq, ahead.get(head.id) ?? 0));
      return count(head);
    },
    async resolve() {
      while (unknown.size > 0) {
        const ids = [...unknown];
        for (const [index, head] of (await store.log.heads(ids)).entries()) {
          const id = ids[index]!;
          unknown.delete(id);
          if (entries.has(id)) continue;
          if (head && isOver(head.status)) finished.set(id, head.status);
          touch(id);
        }
      }
    },
    async load() {
      meanwhile = [];
      const read = await store.index.active();
      entries = new Map(read.map((entry) => [entry.id, entry]));
      const newer: Task[] = meanwhile;
      meanwhile = null;
      waiting.clear();
      left.clear();
      for (const entry of entries.values()) wonder(entry);
      order.touchAll(entries.keys());
      for (const head of newer) take(head);
    },
  };
}
