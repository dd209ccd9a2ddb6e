// The unfinished tasks in memory, kept current by the live tail. Start-up and every tick cost what is unfinished, never
// the history.

import type { Clock } from "../../domain/ports.ts";
import { DispatchOrder } from "../../domain/dispatch_order.ts";
import { isBeyondRetries } from "../../domain/retry.ts";
import { type Board, type BoardEntry, boardEntry } from "../../domain/plan.ts";
import { type DependencyStatus, dependencyStatus, isAtRest, type Status, type Task } from "../../domain/task.ts";
import { type Holding, holdingOf } from "../../domain/holding.ts";
import { EndedCounts } from "../../kv/ended_counts.ts";
import type { Store } from "../../kv/store.ts";

export interface LiveBoard extends Board {
  readonly entries: Iterable<BoardEntry>;
  entry(id: number): BoardEntry | undefined;
  /** Where the work is of a task that an entry names as its base (see `Board`). */
  workOf(id: number): Holding | null | undefined;
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

/** The board of a store; empty before `load`. */
export function liveBoard(store: Store, { clock }: { clock: Clock }): LiveBoard {
  return new MemoryBoard(store, clock);
}

class MemoryBoard implements LiveBoard {
  readonly order: DispatchOrder;
  readonly ended: EndedCounts;
  readonly #store: Store;
  readonly #clock: Clock;
  #entries = new Map<number, BoardEntry>();
  /** Of tasks that are over and that others may wait for. */
  readonly #finished = new Map<number, DependencyStatus>();
  /** Where the work is of those of them whose work is on a disk; kept where several workers share a store. */
  readonly #works = new Map<number, Holding>();
  readonly #unknown = new Set<number>();
  /** The seqs of heads that were learned ahead of the tail, which brings older ones yet. */
  readonly #ahead = new Map<number, number>();
  /** Heads that were committed while `load` reads; they are newer than what it read. */
  #meanwhile: Task[] | null = null;
  /** Who waits for whom, of the unfinished. */
  readonly #waiting = new Map<number, Set<number>>();
  readonly #left = new Set<number>();

  constructor(store: Store, clock: Clock) {
    this.#store = store;
    this.#clock = clock;
    this.ended = new EndedCounts(store.index);
    this.order = new DispatchOrder(this);
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

  workOf(id: number): Holding | null | undefined {
    const entry = this.#entries.get(id);
    if (!entry) return this.#works.get(id) ?? (this.#finished.has(id) ? null : undefined);
    const { holder: worker, holder_name: name = null, exchanged = false } = entry;
    return worker === null ? null : { worker, name, exchanged };
  }

  dependants(id: number): number[] {
    return [...this.#waiting.get(id) ?? []].filter((other) => this.#entries.get(other)?.depends_on.includes(id));
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
        if (head && isAtRest(head)) {
          this.#finished.set(id, dependencyStatus(head));
          this.#keepWork(head);
        }
        this.#touch(id);
      }
    }
  }

  async load(): Promise<void> {
    this.#meanwhile = [];
    const read = await this.#store.index.active();
    const waits = await this.#waitsOf(read);
    this.#entries = new Map(read.map((entry) => [entry.id, { ...entry, ...waits.get(entry.id) }]));
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
    if (isAtRest(head)) {
      const hasMoved = this.#keepWork(head);
      const status = dependencyStatus(head);
      const isNews = hasMoved || this.#finished.get(head.id) !== status;
      this.#finished.set(head.id, status);
      if (isNews) this.#touch(head.id);
      return this.#entries.delete(head.id) || isNews;
    }
    this.#finished.delete(head.id);
    this.#works.delete(head.id);
    const entry = { ...boardEntry(head), ...this.#dueHere(head, before) };
    this.#entries.set(head.id, entry);
    this.#link(entry);
    const isElsewhere = before?.holder !== entry.holder || before.exchanged !== entry.exchanged;
    if (isElsewhere || before?.status !== entry.status) this.#touch(head.id);
    if (JSON.stringify(before) === JSON.stringify(entry)) return false;
    this.order.touch(head.id);
    return true;
  }

  /** When retries that were read from the index are due here. One that no clock of ours can have set waits all its time again. */
  async #waitsOf(read: BoardEntry[]): Promise<Map<number, Pick<BoardEntry, "due_here">>> {
    const waits = new Map<number, Pick<BoardEntry, "due_here">>();
    const strange: number[] = [];
    for (const { id, due_at } of read) {
      const known = this.#entries.get(id);
      if (known?.due_here !== undefined && known.due_at === due_at) waits.set(id, { due_here: known.due_here });
      else if (isBeyondRetries(due_at, this.#clock.now())) strange.push(id);
    }
    for (const head of await this.#store.log.heads(strange)) {
      if (head) waits.set(head.id, this.#dueHere(head, undefined));
    }
    return waits;
  }

  /** A retry waits as long as it was to wait when its time was set, from when that was heard. */
  #dueHere({ due_at, updated_at }: Task, before: BoardEntry | undefined): Pick<BoardEntry, "due_here"> {
    if (due_at === null) return {};
    if (before?.due_at === due_at) return before.due_here === undefined ? {} : { due_here: before.due_here };
    return { due_here: this.#clock.now() + Date.parse(due_at) - Date.parse(updated_at) };
  }

  #link(entry: BoardEntry): void {
    if (entry.runner === null && (entry.ending || entry.cancel_requested)) this.#left.add(entry.id);
    for (const id of neededBy(entry)) {
      if (!this.#entries.has(id) && !this.#finished.has(id)) this.#unknown.add(id);
      const dependants = this.#waiting.get(id) ?? new Set();
      this.#waiting.set(id, dependants.add(entry.id));
    }
  }

  #unlink(entry: BoardEntry): void {
    for (const id of neededBy(entry)) {
      const dependants = this.#waiting.get(id);
      dependants?.delete(entry.id);
      if (dependants?.size === 0) this.#waiting.delete(id);
    }
  }

  /** Notes where the work of a task is that is over; true when that is somewhere else now. */
  #keepWork(head: Task): boolean {
    const work = this.#store.shared ? holdingOf(head) : null;
    const before = this.#works.get(head.id);
    if (work) this.#works.set(head.id, work);
    else this.#works.delete(head.id);
    return JSON.stringify(work ?? undefined) !== JSON.stringify(before);
  }

  /** The task has another status: it and those that wait for it may do something else now. */
  #touch(id: number): void {
    this.order.touch(id);
    for (const dependant of this.#waiting.get(id) ?? []) this.order.touch(dependant);
  }
}

/** The tasks that it waits for, or begins from. */
function neededBy({ depends_on, base_task }: BoardEntry): number[] {
  return base_task === undefined || depends_on.includes(base_task) ? depends_on : [...depends_on, base_task];
}

/** What of how a task stands is its status. */
function statusIn(status: DependencyStatus): Status {
  return status === "landing" || status === "in_review" || status === "discarded" ? "completed" : status;
}
