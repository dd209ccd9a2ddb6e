// The one writer of a process: every append goes through here, with one atomic commit in flight.
//
// It promises:
// - One append = its events, the new head, the index changes and an entry of the all-stream, all in one commit or none.
// - `decide` sees the newest state, that of appends before it in the same commit included. It is pure and may be called
//   again when another process was faster.
// - An append that resolved is durable. One that rejected with a `DomainError` wrote nothing.
// - Commands go before output. What arrives while a commit is in flight joins the next one, so the cost of a commit (one
//   fsync) is shared by everything that waits.
// - A commit whose outcome is unknown is sent again as it was; the `commit` id in its first event tells whether an earlier
//   try was written.

import { DomainError, messageOf } from "../domain/error.ts";
import { type NewEvent, type TaskEvent, versionOf } from "../domain/event.ts";
import type { Clock, Random } from "../domain/ports.ts";
import { emptyTask, evolveAll, type Task } from "../domain/task.ts";
import {
  type Appended,
  type AppendRequest,
  CommitBatch,
  fresh,
  type Known,
  type Numbered,
  type Waiting,
} from "./commit_batch.ts";
import { commitIdLength, commitOf, encodeEvent, type Published } from "./event_record.ts";
import { decodeHead } from "./head_record.ts";
import { keys } from "./keys.ts";
import { type Kv, type KvCommit, type KvLimits, type KvMaybeEntry, UnknownOutcome } from "./kv.ts";
import { getAll } from "./scan.ts";

/** What one commit wrote, in order. */
export interface Committed {
  versionstamp: string;
  events: Published[];
  heads: Task[];
}

/** Another process changed the guarded key first: read again and decide again. */
export class StaleGuard extends Error {
  override name = "StaleGuard";
}

export interface GroupCommit {
  append(request: AppendRequest): Promise<Appended>;
  /** The head as the next append would see it, from memory or the store. */
  head(task: number): Promise<Task | null>;
  /** Forgets what is cached of a task that another process may have changed. */
  forget(task: number): void;
  /** From now on a commit whose outcome is unknown is not sent again. */
  close(): void;
  /** Resolves when everything appended so far is settled. */
  idle(): Promise<void>;
}

interface Options {
  kv: Kv;
  clock: Clock;
  random: Random;
  limits: KvLimits;
  /** Called for each commit in order, before its appends resolve. */
  onCommit(committed: Committed): void;
}

const cachedHeads = 4_096;
const lostAtMost = 100;
export function groupCommit({ kv, clock, random, limits, onCommit }: Options): GroupCommit {
  const commands: Waiting[] = [];
  const outputs: Waiting[] = [];
  const heads = new Map<number, Known>();
  /** Bodies already written in parts, by the data they hold: a second try refers to them again. */
  const bodies = new WeakMap<object, string>();
  /** Changed by others while a commit is in flight: what that read or wrote of them may be older. */
  const forgotten = new Set<number>();
  let nextId: Numbered | null = null;
  let flushing: Promise<void> | null = null;
  const prefix = random.uuid().replaceAll("-", "").slice(0, 8);
  let commits = 0;
  let closed = false;

  function newCommitId(): string {
    return prefix + (commits++).toString(36).padStart(commitIdLength - prefix.length, "0");
  }

  function remember(id: number, known: Known): void {
    heads.delete(id);
    heads.set(id, known);
    if (heads.size > cachedHeads) heads.delete(heads.keys().next().value!);
  }

  async function load(ids: number[]): Promise<void> {
    const missing = ids.filter((id) => !heads.has(id));
    const entries = await getAll<Uint8Array>(kv, missing.map(keys.task));
    entries.forEach((entry, index) => remember(missing[index]!, knownOf(entry)));
  }

  /** Runs until nothing waits. Its last look and the end of `flushing` are one step, so no append falls between. */
  async function drain(): Promise<void> {
    // What is appended in the same turn shares the first commit.
    await Promise.resolve();
    while (commands.length + outputs.length > 0) {
      try {
        await flush();
      } catch (error) {
        // Reading failed before anything was taken: those that wait learn it.
        for (const waiting of [...commands.splice(0), ...outputs.splice(0)]) waiting.reject(explained(error));
      }
      for (const id of forgotten) heads.delete(id);
      forgotten.clear();
    }
    flushing = null;
  }

  async function flush(): Promise<void> {
    const batch = await fill();
    if (batch.taken.length === 0) return;
    try {
      await write(batch);
    } catch (error) {
      for (const { waiting } of batch.taken) waiting.reject(error);
      for (const id of batch.staged.keys()) heads.delete(id);
      nextId = null;
    }
  }

  /** Takes as many waiting appends as one commit may hold and decides them one on top of the other. */
  async function fill(): Promise<CommitBatch> {
    const batch = new CommitBatch(newCommitId(), limits);
    const candidates = [...commands.slice(0, 500), ...outputs.slice(0, 500)];
    const wanted = candidates.map(({ request }) => request.task).filter((task) => task !== "new");
    await load([...new Set(wanted)]);
    if (candidates.some(({ request }) => request.task === "new")) nextId ??= await readNextId();
    for (const waiting of candidates) {
      // One winner per key: a second one waits for the next commit and then finds what the first wrote.
      if (batch.holdsKeyOf(waiting.request)) continue;
      try {
        if (!await answerRepeated(waiting) && !await stage(batch, waiting)) break;
      } catch (error) {
        // A body that cannot be written, say: nobody else's append is to blame for it.
        waiting.reject(explained(error));
      }
      drop(waiting);
    }
    return batch;
  }

  function drop(waiting: Waiting): void {
    for (const queue of [commands, outputs]) {
      const at = queue.indexOf(waiting);
      if (at >= 0) queue.splice(at, 1);
    }
  }

  /** Whether its idempotency key was used before; then it is answered with the first task, or refused. */
  async function answerRepeated({ request, resolve }: Waiting): Promise<boolean> {
    if (!request.idempotency) return false;
    const { key, hash } = request.idempotency;
    const { value: earlier } = await kv.get<{ task: number; hash: string }>(keys.idempotency(key));
    if (!earlier) return false;
    if (earlier.hash !== hash) {
      throw new DomainError("conflict", "This Idempotency-Key was used for a different request; choose a new key");
    }
    // It may be forgotten again in the very turn after it was read.
    while (!heads.has(earlier.task)) await load([earlier.task]);
    resolve({ head: heads.get(earlier.task)!.task!, events: [], created: false });
    return true;
  }

  async function readNextId(): Promise<Numbered> {
    const entry = await kv.get<number>(keys.nextId());
    return { value: entry.value ?? 1, versionstamp: entry.versionstamp };
  }

  /** Decides one append on the batch's newest state and adds it; false when the batch is full. */
  async function stage(batch: CommitBatch, waiting: Waiting): Promise<boolean> {
    const { request } = waiting;
    const id = request.task === "new" ? nextId!.value + batch.created : request.task;
    // Waiting for another append's body, the head may have been forgotten since it was loaded.
    if (request.task !== "new" && !batch.staged.has(id)) await load([id]);
    const known = heads.get(id) ?? fresh;
    const before = (batch.staged.get(id) ?? known).task;
    const now = Math.max(clock.now(), before ? Date.parse(before.updated_at) || 0 : 0);
    let decided: NewEvent[];
    try {
      decided = request.decide(before, { id, now });
    } catch (error) {
      // Refused on a state that is perhaps not durable yet: the answer is given once the commit stands.
      return batch.add(waiting, { id, known, error });
    }
    const start = before ?? emptyTask(id);
    const at = new Date(now).toISOString();
    const events: Published[] = [];
    const sets: KvCommit["sets"] = [];
    const bodiesUsed: string[] = [];
    for (const draft of decided) {
      const seq = start.seq + events.length + 1;
      const v = versionOf(draft.type);
      const { type, run, data } = draft;
      const event = (run === undefined
        ? { seq, type, at, task: id, by: request.by, v, data }
        : { seq, type, at, task: id, run, by: request.by, v, data }) as TaskEvent;
      const record = encodeEvent(event, {
        commit: batch.commit,
        bodyId: () =>
          bodies.get(data) ?? random.uuid(),
      });
      if (record.body) {
        if (!bodies.has(data)) await writeBody(record.body, data);
        bodiesUsed.push(record.body.id);
      }
      events.push({ event, json: record.json });
      sets.push({ key: keys.event(id, seq), value: record.value });
    }
    const head = evolveAll(start, events.map(({ event }) => event));
    return batch.add(waiting, { id, known, head, events, sets, bodiesUsed });
  }

  /** Writes the slices ahead of the event that refers to them; the intent lets a sweep find them after a crash. */
  async function writeBody(body: { id: string; slices: Uint8Array[] }, data: object): Promise<void> {
    await resolved({ checks: [], sets: [{ key: keys.bodyIntent(body.id), value: true }], deletes: [] });
    const perCommit = Math.max(1, Math.floor(limits.bytes / 50_000) - 1);
    for (let at = 0; at < body.slices.length; at += perCommit) {
      const sets = body.slices.slice(at, at + perCommit).map((value, index) => ({
        key: keys.part(body.id, at + index),
        value,
      }));
      await resolved({ checks: [], sets, deletes: [] });
    }
    bodies.set(data, body.id);
  }

  /**
   * Commits, sending the identical commit again while its outcome is unknown; once it was, no other error ends that: a
   * full disk says nothing of an earlier try. There is no limit but `close`: to give up and decide anew could write the
   * same events twice.
   */
  async function resolved(commit: KvCommit): Promise<string | null> {
    let isUnknown = false;
    return await persist(() => kv.commit(commit), (error) => isUnknown ||= error instanceof UnknownOutcome);
  }

  /** Calls again, with growing pauses, while `mayPass` says so of its error. */
  async function persist<T>(call: () => Promise<T>, mayPass: (error: unknown) => boolean): Promise<T> {
    for (let pauseMs = 20;; pauseMs = Math.min(pauseMs * 2, 2_000)) {
      try {
        return await call();
      } catch (error) {
        if (!mayPass(error) || closed) throw explained(error);
        await clock.sleep(pauseMs);
      }
    }
  }

  async function write(batch: CommitBatch): Promise<void> {
    const versionstamp = await commitBatch(batch);
    if (versionstamp !== null) return settle(batch, versionstamp);
    // Another process was faster with one of the heads: read them all again and decide again.
    for (const id of batch.staged.keys()) heads.delete(id);
    nextId = null;
    const live: Waiting[] = [];
    for (const { waiting } of batch.taken) {
      const guard = waiting.request.guard;
      if (guard && (await kv.get(guard.key)).versionstamp !== guard.versionstamp) waiting.reject(new StaleGuard());
      else if (++waiting.lost > lostAtMost) {
        waiting.reject(new DomainError("unavailable", "The store is too busy; try again"));
      } else live.push(waiting);
    }
    // They go back to the front of their queues, in order, and the next round fills a new batch from there.
    for (const waiting of live.reverse()) {
      (waiting.request.priority === "command" ? commands : outputs).unshift(waiting);
    }
  }

  async function commitBatch(batch: CommitBatch): Promise<string | null> {
    const commit = batch.toCommit(kv, nextId);
    const versionstamp = await resolved(commit);
    if (versionstamp !== null || !batch.firstEvent) return versionstamp;
    // A lost reply that was re-sent below us fails its own checks: the commit id says whether it had been written.
    // Without that answer nothing can be said, so it is asked for until it comes.
    const { firstEvent } = batch;
    const entry = await persist(() => kv.get<Uint8Array>(firstEvent), () => true);
    return entry.value && commitOf(entry.value) === batch.commit ? entry.versionstamp : null;
  }

  function settle(batch: CommitBatch, versionstamp: string): void {
    for (const [id, { task, changed }] of batch.staged) {
      if (changed) remember(id, { task, versionstamp });
    }
    if (batch.created > 0) nextId = { value: nextId!.value + batch.created, versionstamp };
    const events = batch.taken.flatMap((taken) => taken.events);
    if (events.length > 0) {
      const changed = [...batch.staged.values()].filter((staged) => staged.changed);
      try {
        onCommit({ versionstamp, events, heads: changed.map(({ task }) => task!) });
      } finally {
        // Whatever a listener does: these are durable, and their callers learn it.
        answer(batch);
      }
    } else answer(batch);
  }

  function answer(batch: CommitBatch): void {
    for (const { waiting, head, events, error } of batch.taken) {
      if (error !== undefined) waiting.reject(error);
      else waiting.resolve({ head: head!, events, created: waiting.request.task === "new" });
    }
  }

  return {
    append(request) {
      return new Promise((resolve, reject) => {
        (request.priority === "command" ? commands : outputs).push({ request, resolve, reject, lost: 0 });
        flushing ??= drain();
      });
    },
    async head(task) {
      const known = heads.get(task);
      if (known) return known.task;
      const entry = await kv.get<Uint8Array>(keys.task(task));
      return entry.value ? decodeHead(entry.value) : null;
    },
    forget(task) {
      heads.delete(task);
      if (flushing) forgotten.add(task);
    },
    close: () => void (closed = true),
    async idle() {
      while (flushing) await flushing;
    },
  };
}

function knownOf(entry: KvMaybeEntry<Uint8Array>): Known {
  return { task: entry.value ? decodeHead(entry.value) : null, versionstamp: entry.versionstamp };
}

/** KV's own errors in words a caller can act on. */
function explained(error: unknown): unknown {
  const message = messageOf(error);
  if (message.includes("disk is full")) {
    return new DomainError("unavailable", "The disk with the data folder is full; nothing was written", {
      cause: error,
    });
  }
  if (error instanceof UnknownOutcome) {
    return new DomainError("unavailable", "The store does not answer; the outcome is unknown", { cause: error });
  }
  return error;
}
