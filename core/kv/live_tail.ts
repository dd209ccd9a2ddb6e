// What has just been committed, for everyone in this process who follows.
//
// It promises every commit once, in commit order. It keeps the newest events of each task for a while, so that followers
// who keep up cost no read; one who fell behind reads on from the log. Nothing is queued per follower.
//
// Alone on a local file, all commits are our own. When others write to the store too, the all-stream is read from a
// cursor: `kv.watch` hints when, a jittered poll is the truth.

import type { Clock, Random } from "../domain/ports.ts";
import type { Task } from "../domain/task.ts";
import type { EventLog } from "./event_log.ts";
import type { Published } from "./event_record.ts";
import type { Committed, GroupCommit } from "./group_commit.ts";
import { keys } from "./keys.ts";
import type { Kv } from "./kv.ts";
import { type CommittedRange, readCommit } from "./read_commit.ts";
import { RecentEvents } from "./recent_events.ts";

export interface LiveTail {
  /** The versionstamp of the last commit that was passed on. */
  readonly cursor: string;
  /** Calls back for each commit; returns what ends it. */
  subscribe(callback: (committed: Committed) => void): () => void;
  /** The same for what this process committed itself, as soon as it has; what others wrote never comes here. */
  subscribeOwn(callback: (committed: Committed) => void): () => void;
  /** The newest events of `task` after seq `after`, when memory still has all of them; else null. */
  since(task: number, after: number): Published[] | null;
  /** Takes over what this process committed. */
  committed(committed: Committed): void;
  /** Reads the all-stream from the cursor to its end (stores shared with others). */
  look(): Promise<void>;
  /** Follows other writers until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
}

interface Parts {
  kv: Kv;
  log: EventLog;
  clock: Clock;
  random: Random;
  /** Whether other processes write to this store. */
  shared: boolean;
  /** Where to begin: the last versionstamp known. */
  cursor: string;
  /** Told to forget what others changed. */
  writer: () => GroupCommit;
}

/** Tasks kept in memory. */
const recentTasks = 64;
/** Commits read at once. */
const pageCommits = 200;

/** The tail of a store from `cursor` on; what others write comes with `look` or `run` only. */
export function liveTail(parts: Parts): LiveTail {
  return new CommitTail(parts);
}

class CommitTail implements LiveTail {
  readonly #parts: Parts;
  readonly #subscribers = new Set<(committed: Committed) => void>();
  readonly #ownSubscribers = new Set<(committed: Committed) => void>();
  readonly #recent = new RecentEvents({ tasks: recentTasks });
  /** The newest heads passed on, to fold on from what others commit. */
  readonly #folded = new Map<number, Task>();
  /** What this process committed to a shared store and the all-stream has not come to yet. */
  readonly #own = new Map<string, Committed>();
  #cursor: string;
  #looking: Promise<void> | null = null;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#cursor = parts.cursor;
  }

  get cursor(): string {
    return this.#cursor;
  }

  subscribe(callback: (committed: Committed) => void): () => void {
    this.#subscribers.add(callback);
    return () => this.#subscribers.delete(callback);
  }

  subscribeOwn(callback: (committed: Committed) => void): () => void {
    this.#ownSubscribers.add(callback);
    return () => this.#ownSubscribers.delete(callback);
  }

  since(task: number, after: number): Published[] | null {
    return this.#recent.since(task, after);
  }

  committed(committed: Committed): void {
    for (const callback of this.#ownSubscribers) callback(committed);
    if (!this.#parts.shared) return this.#pass(committed);
    this.#own.set(committed.versionstamp, committed);
    // A failed look is made good by the next poll.
    this.look().catch(() => {});
  }

  look(): Promise<void> {
    // Alone, every commit is handed over when its reply comes; to read it before that would pass it on twice.
    if (!this.#parts.shared) return Promise.resolve();
    return this.#looking ??= this.#readOn().finally(() => this.#looking = null);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { kv, clock, random, shared } = this.#parts;
    if (!shared) return;
    const unwatch = kv.watch(keys.signal(), () => void this.look().catch(() => {}));
    try {
      while (!signal.aborted) {
        await clock.sleep(500 + random.float() * 500, { signal }).catch(() => {});
        if (!signal.aborted) await this.look().catch(() => {});
      }
    } finally {
      unwatch();
    }
  }

  #pass(committed: Committed): void {
    if (committed.versionstamp > this.#cursor) this.#cursor = committed.versionstamp;
    for (const published of committed.events) this.#recent.keep(published);
    for (const head of committed.heads) {
      this.#folded.delete(head.id);
      this.#folded.set(head.id, head);
      if (this.#folded.size > recentTasks) this.#folded.delete(this.#folded.keys().next().value!);
    }
    for (const callback of this.#subscribers) callback(committed);
  }

  async #readOn(): Promise<void> {
    for (;;) {
      const page = await this.#parts.kv.page<CommittedRange[]>(
        { prefix: keys.allEntries(), start: keys.all(this.#cursor) },
        { limit: pageCommits },
      );
      const news = page.filter((entry) => (entry.key[1] as string) > this.#cursor);
      for (const entry of news) {
        const versionstamp = entry.key[1] as string;
        this.#pass(this.#own.get(versionstamp) ?? await this.#readOther(versionstamp, entry.value));
        this.#own.delete(versionstamp);
      }
      if (page.length < pageCommits) break;
    }
    // What was passed on by the log need not be kept.
    for (const versionstamp of this.#own.keys()) if (versionstamp <= this.#cursor) this.#own.delete(versionstamp);
  }

  async #readOther(versionstamp: string, ranges: CommittedRange[]): Promise<Committed> {
    for (const [task] of ranges) this.#parts.writer().forget(task);
    return { versionstamp, ...await readCommit(this.#parts.log, ranges, { folded: this.#folded }) };
  }
}
