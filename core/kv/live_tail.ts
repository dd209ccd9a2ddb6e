// What has just been committed, for everyone in this process who follows.
//
// It promises every commit once, in commit order. It keeps the newest events of each task for a while, so that followers
// who keep up cost no read; one who fell behind reads on from the log. Nothing is queued per follower.
//
// Alone on a local file, all commits are our own. When others write to the store too, the all-stream is read from a
// cursor: `kv.watch` hints when, a jittered poll is the truth. The poll is rare while the hints come, and what agents say on
// their way is read together, once a second, unless somebody follows here.

import type { Clock, Random } from "../domain/ports.ts";
import type { Task } from "../domain/task.ts";
import type { EventLog } from "./event_log.ts";
import { isChatter, type Published } from "./event_record.ts";
import type { Committed, GroupCommit } from "./group_commit.ts";
import { keys } from "./keys.ts";
import type { Kv, KvEntry } from "./kv.ts";
import { type CommittedRange, readCommits } from "./read_commit.ts";
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
  /** Until what it returns is called, somebody wants to see at once what agents say. */
  follow(): () => void;
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
/** Events of others' commits that are read together, so that they take little memory. */
const eventsTogether = 60;
/** Between looks, at least, and at most twice that: while the store does not tell what others write, and while it does. */
const pollMs = 500;
const trustedPollMs = 2_500;
/** What agents say, where nobody follows, is looked for once in this time. */
const chatterMs = 1_000;

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
  /** Whether hints come: none was missed so far. */
  #isHinted = false;
  /** Whether something was hinted at since the last poll began. */
  #hasHint = false;
  /** Looked for once more when a look is over: what came while it read. */
  #again = false;
  #followers = 0;
  #isRunning = false;
  #lookedAt = -Infinity;
  /** Ends the wait for the next look at chatter. */
  #cancelLater: (() => void) | null = null;

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
    if (isChatter(committed.events)) this.#lookAtChatter();
    else this.#lookNow();
  }

  follow(): () => void {
    this.#followers++;
    // What was put off is wanted now.
    if (this.#cancelLater) this.#lookNow();
    return () => void this.#followers--;
  }

  /** A failed look is made good by the next poll. */
  #lookNow(): void {
    this.#cancelLater?.();
    this.#cancelLater = null;
    this.look().catch(() => {});
  }

  #lookAtChatter(): void {
    const { clock } = this.#parts;
    if (this.#cancelLater) return;
    const restMs = this.#lookedAt + chatterMs - clock.monotonic();
    // Nothing is put off once nobody is there to do it.
    if (!this.#isRunning || this.#followers > 0 || restMs <= 0) return this.#lookNow();
    this.#cancelLater = clock.timer(restMs, () => this.#lookNow());
  }

  look(): Promise<void> {
    // Alone, every commit is handed over when its reply comes; to read it before that would pass it on twice.
    if (!this.#parts.shared) return Promise.resolve();
    if (this.#looking) this.#again = true;
    return this.#looking ??= this.#readOn().finally(() => this.#looking = null);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { kv, clock, random, shared } = this.#parts;
    if (!shared) return;
    const hinted = (look: () => void) => (versionstamp: string | null) => {
      this.#isHinted = this.#hasHint = true;
      if (versionstamp === null || versionstamp > this.#cursor) look();
    };
    const watches = [
      kv.watch(keys.news(), hinted(() => this.#lookNow())),
      kv.watch(keys.signal(), hinted(() => this.#lookAtChatter())),
    ];
    this.#isRunning = true;
    try {
      while (!signal.aborted) {
        const restMs = this.#isHinted ? trustedPollMs : pollMs;
        await clock.sleep(restMs + random.float() * restMs, { signal }).catch(() => {});
        if (!signal.aborted) await this.#poll().catch(() => {});
      }
    } finally {
      this.#isRunning = false;
      for (const unwatch of watches) unwatch();
      this.#cancelLater?.();
      this.#cancelLater = null;
    }
  }

  /** What comes without a hint says that there is no relying on hints. */
  async #poll(): Promise<void> {
    const before = this.#cursor;
    this.#hasHint = this.#cancelLater !== null || this.#looking !== null;
    await this.look();
    if (this.#cursor !== before && !this.#hasHint) this.#isHinted = false;
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
    this.#lookedAt = this.#parts.clock.monotonic();
    for (;;) {
      this.#again = false;
      const page = await this.#parts.kv.page<CommittedRange[]>(
        { prefix: keys.allEntries(), start: keys.all(this.#cursor) },
        { limit: pageCommits },
      );
      const news = page.filter((entry) => (entry.key[1] as string) > this.#cursor);
      for (let at = 0; at < news.length;) {
        const versionstamp = news[at]!.key[1] as string;
        const own = this.#own.get(versionstamp);
        if (own) {
          this.#pass(own);
          this.#own.delete(versionstamp);
          at++;
        } else at += await this.#passOthers(news.slice(at));
      }
      if (page.length < pageCommits && !this.#again) break;
    }
    // What was passed on by the log need not be kept.
    for (const versionstamp of this.#own.keys()) if (versionstamp <= this.#cursor) this.#own.delete(versionstamp);
  }

  /** Passes on the first of these that others committed, as many as are read together; how many. */
  async #passOthers(entries: KvEntry<CommittedRange[]>[]): Promise<number> {
    const together: KvEntry<CommittedRange[]>[] = [];
    let events = 0;
    for (const entry of entries) {
      if (this.#own.has(entry.key[1] as string)) break;
      for (const [, from, to] of entry.value) events += to - from + 1;
      if (together.length > 0 && events > eventsTogether) break;
      together.push(entry);
    }
    const writer = this.#parts.writer();
    const folded = new Map(this.#folded);
    for (const [task] of together.flatMap(({ value }) => value)) {
      const known = writer.forget(task);
      if (known && known.seq > (folded.get(task)?.seq ?? 0)) folded.set(task, known);
    }
    const commits = await readCommits(this.#parts.log, together.map(({ value }) => value), { folded });
    for (const [at, commit] of commits.entries()) {
      const versionstamp = together[at]!.key[1] as string;
      for (const head of commit.heads) writer.learn(head, versionstamp);
      this.#pass({ versionstamp, ...commit });
    }
    return together.length;
  }
}
