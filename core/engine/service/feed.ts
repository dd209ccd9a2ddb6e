// Following: positions in, pages out, until a signal. Every live stream stands on it, that of one task and that of a whole
// page alike.
//
// It promises history and then what is new, without a gap and without a duplicate. Nothing is queued per follower: of a
// changed task the newest summary is kept, and events are taken from the live tail's memory, or from the log, when they are
// asked for. So a follower that reads slowly costs no memory and falls back to the log by itself.

import { isAtEnd } from "../../domain/landing_order.ts";
import type { Task } from "../../domain/task.ts";
import type { TaskView } from "../../view/task_view.ts";
import { chunkBytes, type EventLog } from "../../kv/event_log.ts";
import type { Published } from "../../kv/event_record.ts";
import type { LiveTail } from "../../kv/live_tail.ts";

/** Where a follower stands. */
export interface Positions {
  /** The tasks whose events it wants, each with the last seq it has; 0: from the beginning. */
  tasks: ReadonlyMap<number, number>;
  /** Present: it also wants the tasks of the whole store that change after this cursor; null: from now on. */
  changes?: { after: string | null };
}

export interface FeedPage {
  /**
   * `{store}.{versionstamp}`: who comes back with it (and with the seqs it has) misses nothing. Null while more of the same
   * is to come, and when changes are not followed.
   */
  cursor: string | null;
  /** The cursor belongs to another store or is too old: what is known must be read again. Then it is the first page. */
  isReset: boolean;
  /** Of followed tasks, in order of seq within each. */
  events: Published[];
  /** Tasks that look different now. */
  changed: TaskView[];
  /** The service's own condition is another one: a pause began, say. For who follows changes. */
  isConditionNew?: true;
}

export interface Feed {
  /** There is nothing to wait for: no changes are followed, every task is over and has no event after its position. */
  readonly isOver: boolean;
  /**
   * What there is after the positions, and what comes, until `signal` aborts. It ends by itself as soon as there is nothing
   * to wait for. With changes the first page comes at once, even if it holds nothing but the cursor. Rejects when the log
   * cannot be read. One `next()` at a time; nothing is held before the first.
   */
  pages(signal: AbortSignal): AsyncIterableIterator<FeedPage, void>;
}

/** What a follower asks of the rest of the engine. */
export interface FeedSources {
  store: { id: string; tail: Pick<LiveTail, "cursor" | "since" | "follow">; log: Pick<EventLog, "read"> };
  /** The head of a task, or null. */
  head(task: number): Promise<Task | null>;
  /** Summaries of what changed after a commit, or null when that is too long ago. */
  changedSince(versionstamp: string): Promise<TaskView[] | null>;
  /** The follower is to be told of commits from now on; returns what ends that. */
  attach(follower: Follower): () => void;
}

/** `{store}.{versionstamp}` */
export function cursorOf(store: string, versionstamp: string): string {
  return `${store}.${versionstamp}`;
}

type Result = IteratorResult<FeedPage, void>;

interface Place {
  readonly task: number;
  /** The seq of the last event given. */
  given: number;
  /** The seq of the newest event known. */
  newest: number;
  isOver: boolean;
}

const nothing: TaskView[] = [];
const finished: Result = { done: true, value: undefined };

/** Whether all that a task will ever have was given, unless somebody opens it again. */
export function isOverAfter(head: Task, seq: number): boolean {
  return isAtEnd(head) && head.seq <= seq;
}

/** The pages of one follower. */
export class Follower implements AsyncIterableIterator<FeedPage, void> {
  readonly #sources: FeedSources;
  readonly #after: string | null;
  readonly #places: Place[];
  readonly #signal: AbortSignal;
  readonly #changed = new Map<number, TaskView>();
  readonly #close = () => this.#end();
  readonly wantsChanges: boolean;
  #versionstamp = "";
  /** A page is due even if there is nothing in it: the first one, and one with the cursor that an earlier page lacked. */
  #owesPage = false;
  #isConditionNew = false;
  #waiting: ((result: Result | Promise<Result>) => void) | null = null;
  #state: "new" | "open" | "closed" = "new";
  #detach = () => {};

  constructor(sources: FeedSources, { tasks, changes }: Positions, signal: AbortSignal) {
    this.#sources = sources;
    this.#signal = signal;
    this.wantsChanges = changes !== undefined;
    this.#after = changes?.after ?? null;
    this.#places = Array.from(tasks, ([task, seq]) => ({ task, given: seq, newest: 0, isOver: false }));
  }

  get tasks(): number[] {
    return this.#places.map(({ task }) => task);
  }

  /** A commit wrote that head. `wake` is called when all is told. */
  hear(head: Task): void {
    const place = this.#places.find(({ task }) => task === head.id);
    // The head that was read when the feed began may be ahead of what is passed on.
    if (!place || head.seq < place.newest) return;
    place.newest = head.seq;
    place.isOver = isAtEnd(head);
  }

  /** Tasks look different after that commit. `wake` is called when all is told. */
  hearChanges(versionstamp: string, changed: TaskView[]): void {
    for (const view of changed) this.#changed.set(view.id, view);
    if (versionstamp > this.#versionstamp) this.#versionstamp = versionstamp;
  }

  /** The service's condition is another one. `wake` is called next. */
  hearCondition(): void {
    this.#isConditionNew = true;
    this.#owesPage = true;
  }

  /** Gives what was heard to who waits for it, in the same turn: a thousand followers of one task are woken per event. */
  wake(): void {
    if (!this.#waiting) return;
    const given = this.#give();
    if (!given) return;
    this.#waiting(given);
    this.#waiting = null;
  }

  next(): Promise<Result> {
    if (this.#state === "new") return this.#open();
    const given = this.#give();
    return given ? Promise.resolve(given) : new Promise((resolve) => this.#waiting = resolve);
  }

  return(): Promise<Result> {
    this.#end();
    return Promise.resolve(finished);
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  #end(): void {
    if (this.#state === "closed") return;
    this.#state = "closed";
    this.#signal.removeEventListener("abort", this.#close);
    this.#detach();
    this.#changed.clear();
    this.#waiting?.(finished);
    this.#waiting = null;
  }

  /** First it listens, then it reads: what is committed in between comes both ways and is given once. */
  async #open(): Promise<Result> {
    if (this.#signal.aborted) {
      this.#end();
      return finished;
    }
    this.#state = "open";
    this.#signal.addEventListener("abort", this.#close, { once: true });
    const began = this.#versionstamp = this.#sources.store.tail.cursor;
    this.#detach = this.#sources.attach(this);
    try {
      const isKnown = await this.#readPast();
      const cursor = cursorOf(this.#sources.store.id, began);
      const isFirst = this.wantsChanges && (!isKnown || this.#after === null);
      if (isFirst) return { done: false, value: { cursor, isReset: !isKnown, events: [], changed: [] } };
    } catch (error) {
      this.#end();
      throw error;
    }
    this.#owesPage = this.wantsChanges;
    return this.next();
  }

  /** Learns how far the tasks are and what changed since the cursor; false when the cursor cannot be gone on from. */
  async #readPast(): Promise<boolean> {
    for (const place of this.#places) {
      const head = await this.#sources.head(place.task);
      if (head) this.hear(head);
    }
    if (this.#after === null) return true;
    const [store, versionstamp] = this.#after.split(".");
    // A store without a commit has an empty versionstamp.
    const isOurs = store === this.#sources.store.id && versionstamp !== undefined &&
      /^[0-9a-f]{0,20}$/.test(versionstamp);
    const changed = isOurs ? await this.#sources.changedSince(versionstamp) : null;
    for (const view of changed ?? []) if (!this.#changed.has(view.id)) this.#changed.set(view.id, view);
    return changed !== null;
  }

  /** What there is to give: at once if memory has it, else from the log; null when there is nothing yet. */
  #give(): Result | Promise<Result> | null {
    if (this.#state === "closed") return finished;
    const behind = this.#places.length === 1 && isBehind(this.#places[0]!)
      ? this.#places
      : this.#places.filter(isBehind);
    if (behind.length === 0 && this.#changed.size === 0 && !this.#owesPage) {
      if (this.wantsChanges || !this.#places.every((place) => place.isOver)) return null;
      this.#end();
      return finished;
    }
    // What is heard while the log is read comes with the next page, and so does the cursor after it.
    const versionstamp = this.#versionstamp;
    const changed = this.#takeChanged();
    const pages: Published[][] = [];
    for (const { task, given } of behind) {
      const page = this.#sources.store.tail.since(task, given);
      // Empty: the head was known before its last events were passed on.
      if (!page?.length) return this.#giveFromLog(behind, { versionstamp, changed });
      pages.push(page);
    }
    for (const [index, place] of behind.entries()) place.given = pages[index]!.at(-1)!.event.seq;
    return this.#page(pages, { versionstamp, changed });
  }

  #takeChanged(): TaskView[] {
    if (this.#changed.size === 0) return nothing;
    const changed = [...this.#changed.values()];
    this.#changed.clear();
    return changed;
  }

  async #giveFromLog(behind: Place[], news: { versionstamp: string; changed: TaskView[] }): Promise<Result> {
    const pages: Published[][] = [];
    for (const place of behind) {
      const { given, newest } = place;
      const page = await this.#read(place);
      if (this.#state === "closed") return finished;
      if (page.length > 0) place.given = page.at(-1)!.event.seq;
      // The log has less than was said; to ask for it again at once would not end.
      else if (place.newest === newest) place.newest = given;
      pages.push(page);
    }
    const isNothing = !this.#owesPage && news.changed.length === 0 && pages.every((page) => page.length === 0);
    return isNothing ? this.next() : this.#page(pages, news);
  }

  async #read({ task, given }: Place): Promise<Published[]> {
    const { tail, log } = this.#sources.store;
    const recent = tail.since(task, given);
    if (recent?.length) return recent;
    try {
      return await log.read(task, { after: given, limit: 1_000, bytes: chunkBytes });
    } catch (error) {
      // Who is told of it does not ask again.
      this.#end();
      throw error;
    }
  }

  #page(pages: Published[][], { versionstamp, changed }: { versionstamp: string; changed: TaskView[] }): Result {
    const isWhole = this.wantsChanges && !this.#places.some(isBehind);
    this.#owesPage = this.wantsChanges && !isWhole;
    const events = pages.length === 1 ? pages[0]! : pages.flat();
    const cursor = isWhole ? cursorOf(this.#sources.store.id, versionstamp) : null;
    const condition = this.#isConditionNew ? { isConditionNew: true as const } : {};
    this.#isConditionNew = false;
    return { done: false, value: { cursor, isReset: false, events, changed, ...condition } };
  }
}

function isBehind({ given, newest }: Place): boolean {
  return given < newest;
}
