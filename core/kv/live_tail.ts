// What has just been committed, for everyone in this process who follows.
//
// It promises every commit once, in commit order. It keeps the newest events of each task for a while, so that followers
// who keep up cost no read; one who fell behind reads on from the log. Nothing is queued per follower.
//
// Alone on a local file, all commits are our own. When others write to the store too, the all-stream is read from a
// cursor: `kv.watch` hints when, a jittered poll is the truth.

import type { Clock, Random } from "../domain/ports.ts";
import { emptyTask, evolveAll, type Task } from "../domain/task.ts";
import type { EventLog } from "./event_log.ts";
import type { Published } from "./event_record.ts";
import type { Committed, GroupCommit } from "./group_commit.ts";
import { keys } from "./keys.ts";
import type { Kv } from "./kv.ts";

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

interface Recent {
  events: Published[];
  chars: number;
}

/** Per task; older ones are read from the log. */
const recentEvents = 2_000;
const recentChars = 1_000_000;
/** Tasks kept in memory. */
const recentTasks = 64;

export function liveTail({ kv, log, clock, random, shared, cursor, writer }: {
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
}): LiveTail {
  const subscribers = new Set<(committed: Committed) => void>();
  const ownSubscribers = new Set<(committed: Committed) => void>();
  const recent = new Map<number, Recent>();
  /** The newest heads passed on, to fold on from what others commit. */
  const folded = new Map<number, Task>();
  const own = new Map<string, Committed>();
  let at = cursor;
  let looking: Promise<void> | null = null;

  function pass(committed: Committed): void {
    if (committed.versionstamp > at) at = committed.versionstamp;
    for (const published of committed.events) keep(published);
    for (const head of committed.heads) {
      folded.delete(head.id);
      folded.set(head.id, head);
      if (folded.size > recentTasks) folded.delete(folded.keys().next().value!);
    }
    for (const callback of subscribers) callback(committed);
  }

  function keep(published: Published): void {
    const { task, seq } = published.event;
    let kept = recent.get(task);
    if (!kept || kept.events.at(-1)!.event.seq !== seq - 1) kept = { events: [], chars: 0 };
    recent.delete(task);
    recent.set(task, kept);
    kept.events.push(published);
    kept.chars += published.json.length;
    while (kept.events.length > recentEvents || kept.chars > recentChars) {
      const dropped = kept.events.splice(0, Math.ceil(kept.events.length / 2));
      for (const { json } of dropped) kept.chars -= json.length;
    }
    if (kept.events.length === 0) recent.delete(task);
    if (recent.size > recentTasks) recent.delete(recent.keys().next().value!);
  }

  async function readOn(): Promise<void> {
    for (;;) {
      const page = await kv.page<[number, number, number][]>(
        { prefix: keys.allEntries(), start: keys.all(at) },
        { limit: 200 },
      );
      const news = page.filter((entry) => (entry.key[1] as string) > at);
      for (const entry of news) {
        const versionstamp = entry.key[1] as string;
        pass(own.get(versionstamp) ?? await readCommit(versionstamp, entry.value));
        own.delete(versionstamp);
      }
      if (page.length < 200) break;
    }
    // What was passed on by the log need not be kept.
    for (const versionstamp of own.keys()) if (versionstamp <= at) own.delete(versionstamp);
  }

  async function readCommit(versionstamp: string, ranges: [number, number, number][]): Promise<Committed> {
    for (const [task] of ranges) writer().forget(task);
    const events = await readRanges(ranges);
    const byTask = Map.groupBy(events, ({ event }) => event.task);
    const known = new Map<number, Task>();
    for (const [task, from] of ranges) {
      const before = folded.get(task) ?? (from === 1 ? emptyTask(task) : undefined);
      if (before?.seq !== from - 1) continue;
      known.set(task, evolveAll(before, (byTask.get(task) ?? []).map(({ event }) => event)));
    }
    const unknown = ranges.filter(([task]) => !known.has(task));
    const stored = await log.heads(unknown.map(([task]) => task));
    for (const [index, [task, , to]] of unknown.entries()) {
      // It may have gone on since.
      const head = stored[index]?.seq === to ? stored[index] : await log.headAt(task, to);
      if (head) known.set(task, head);
    }
    const heads = ranges.map(([task]) => known.get(task)).filter((head) => head !== undefined);
    return { versionstamp, events, heads };
  }

  /** A commit has either a few events each of many tasks, or many of a few. */
  async function readRanges(ranges: [number, number, number][]): Promise<Published[]> {
    const events: Published[] = [];
    let few: [number, number][] = [];
    const flush = async () => {
      events.push(...await log.events(few));
      few = [];
    };
    for (const [task, from, to] of ranges) {
      if (to - from < 5) {
        for (let seq = from; seq <= to; seq++) few.push([task, seq]);
        continue;
      }
      await flush();
      let after = from - 1;
      while (after < to) {
        const page = await log.read(task, { after, limit: to - after });
        if (page.length === 0) break;
        events.push(...page);
        after = page.at(-1)!.event.seq;
      }
    }
    await flush();
    return events;
  }

  function look(): Promise<void> {
    // Alone, every commit is handed over when its reply comes; to read it before that would pass it on twice.
    if (!shared) return Promise.resolve();
    return looking ??= readOn().finally(() => looking = null);
  }

  return {
    get cursor() {
      return at;
    },
    subscribe(callback) {
      subscribers.add(callback);
      return () => subscribers.delete(callback);
    },
    subscribeOwn(callback) {
      ownSubscribers.add(callback);
      return () => ownSubscribers.delete(callback);
    },
    since(task, after) {
      const events = recent.get(task)?.events;
      if (!events || events.length === 0) return null;
      const first = events[0]!.event.seq;
      if (after < first - 1 || after > events.at(-1)!.event.seq) return null;
      return events.slice(after - first + 1);
    },
    committed(committed) {
      for (const callback of ownSubscribers) callback(committed);
      if (!shared) return pass(committed);
      own.set(committed.versionstamp, committed);
      // A failed look is made good by the next poll.
      look().catch(() => {});
    },
    look,
    async run(signal) {
      if (!shared) return;
      const unwatch = kv.watch(keys.signal(), () => void look().catch(() => {}));
      try {
        while (!signal.aborted) {
          await clock.sleep(500 + random.float() * 500, { signal }).catch(() => {});
          if (!signal.aborted) await look().catch(() => {});
        }
      } finally {
        unwatch();
      }
    },
  };
}
