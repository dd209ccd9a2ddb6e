// The unfinished tasks in memory, kept current by the live tail. Start-up and every tick cost what is unfinished, never
// the history.

import { DispatchOrder } from "../../domain/dispatch_order.ts";
import { type Board, type BoardEntry, boardEntry } from "../../domain/plan.ts";
import { type DependencyStatus, dependencyStatus, isOver, type Status, type Task } from "../../domain/task.ts";
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
  return new MemoryBoard(store);
}

class MemoryBoard implements LiveBoard {
  readonly order: DispatchOrder;
  readonly ended: EndedCounts;
  readonly #store: Store;
  #entries = new Map<number, BoardEntry>();
  /** Of tasks that are over and that others may wait for. */
  readonly #finished = new Map<number, DependencyStatus>();
  readonly #unknown = new Set<number>();
  /** The seqs of heads that were learned ahead of the tail, which brings older ones yet. */
  readonly #ahead = new Map<number, number>();
  /** Heads that were committed while `load` reads; they are newer than what it read. */
  #meanwhile: Task[] | null = null;
  /** Who waits for whom, of the unfinished. */
  readonly #waiting = new Map<number, Set<number>>();
  readonly #left = new Set<number>();

  constructor(store: Store) {
    this.#store = store;
    this.ended = new EndedCounts(store.index);
    this.order = new DispatchOrder({ entry: (id) => this.entry(id), statusOf: (id) => this.statusOf(id) });
  }

  get entries(): Iterable<BoardEntry> {
    return this.#entries.values();
  }

  entry(id: number): BoardEntry | undefined {
    return this.#entries.get(id);
  }

  statusOf(id: number): DependencyStatus | undefined {
    return this.#entries.get(id)?.status ?? this.#finished.get(id);
  }

  dependants(id: number): number[] {
    return [...this.#waiting.get(id) ?? []];
  }

  leftovers(): BoardEntry[] {
    return [...this.#left].map((id) => this.#entries.get(id)!);
  }

  apply(head: Task): boolean {
    if (head.id === 0) return false;
    const learned = this.#ahead.get(head.id);
    if (learned !== undefined && head.seq < learned) return false;
    this.#ahead.delete(head.id);
    this.#meanwhile?.push(head);
    return this.#count(head);
  }

  learn(head: Task): boolean {
    this.#ahead.set(head.id, Math.max(head.seq, this.#ahead.get(head.id) ?? 0));
    return this.#count(head);
  }

  async resolve(): Promise<void> {
    while (this.#unknown.size > 0) {
      const ids = [...this.#unknown];
      for (const [index, head] of (await this.#store.log.heads(ids)).entries()) {
        const id = ids[index]!;
        this.#unknown.delete(id);
        // Heard of meanwhile, and newer than what was read.
        if (this.#entries.has(id) || this.#finished.has(id)) continue;
        if (head && isOver(head.status)) this.#finished.set(id, dependencyStatus(head));
        this.#touch(id);
      }
    }
  }

  async load(): Promise<void> {
    this.#meanwhile = [];
    const read = await this.#store.index.active();
    this.#entries = new Map(read.map((entry) => [entry.id, entry]));
    const newer: Task[] = this.#meanwhile;
    this.#meanwhile = null;
    this.#waiting.clear();
    this.#left.clear();
    for (const entry of this.#entries.values()) this.#link(entry);
    this.order.touchAll(this.#entries.keys());
    for (const head of newer) this.#take(head);
  }

  #count(head: Task): boolean {
    const known = this.statusOf(head.id);
    const before = known === undefined ? null : statusIn(known);
    this.ended.moved({ before: before ?? (head.seq === 1 ? "pending" : null), after: head.status });
    return this.#take(head);
  }

  #take(head: Task): boolean {
    const before = this.#entries.get(head.id);
    if (before) this.#unlink(before);
    this.#left.delete(head.id);
    if (isOver(head.status)) {
      const status = dependencyStatus(head);
      const isNews = this.#finished.get(head.id) !== status;
      this.#finished.set(head.id, status);
      if (isNews) this.#touch(head.id);
      return this.#entries.delete(head.id) || isNews;
    }
    this.#finished.delete(head.id);
    const entry = boardEntry(head);
    this.#entries.set(head.id, entry);
    this.#link(entry);
    if (before?.status !== entry.status) this.#touch(head.id);
    if (JSON.stringify(before) === JSON.stringify(entry)) return false;
    this.order.touch(head.id);
    return true;
  }

  #link(entry: BoardEntry): void {
    if (entry.runner === null && (entry.ending || entry.cancel_requested)) this.#left.add(entry.id);
    for (const id of entry.depends_on) {
      if (!this.#entries.has(id) && !this.#finished.has(id)) this.#unknown.add(id);
      const dependants = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, dependants.add(entry.id));
    }
  }

  #unlink(entry: BoardEntry): void {
    for (const id of entry.depends_on) {
      const dependants = this.#waiting.get(id);
      dependants?.delete(entry.id);
      if (dependants?.size === 0) this.#waiting.delete(id);
    }
  }

  /** The task has another status: it and those that wait for it may do something else now. */
  #touch(id: number): void {
    this.order.touch(id);
    for (const dependant of this.#waiting.get(id) ?? []) this.order.touch(dependant);
  }
}

/** What of how a task stands is its status. */
function statusIn(status: DependencyStatus): Status {
  return status === "landing" || status === "in_review" || status === "discarded" ? "completed" : status;
}
