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

import { DomainError } from "../domain/error.ts";
import type { NewEvent } from "../domain/event.ts";
import type { Clock, Random } from "../domain/ports.ts";
import { emptyTask, type Task } from "../domain/task.ts";
import { AppendQueue } from "./append_queue.ts";
import { BodyWriter } from "./body_writer.ts";
import { type Appended, type AppendRequest, CommitBatch, fresh, type Numbered, type Waiting } from "./commit_batch.ts";
import { commitIdLength, commitOf, type Published } from "./event_record.ts";
import type { IdempotencyRecord } from "./idempotency.ts";
import { keys } from "./keys.ts";
import { KnownHeads } from "./known_heads.ts";
import { TaskClock } from "./task_clock.ts";
import type { Kv, KvLimits } from "./kv.ts";
import { stageEvents } from "./stage_append.ts";
import { explained, SteadyCommit } from "./steady_commit.ts";

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
  /**
   * Resolves once it is durable. Rejects with what `decide` throws, `StaleGuard`, `RangeError` when it is more than one
   * commit holds, or `DomainError("unavailable")`.
   */
  append(request: AppendRequest): Promise<Appended>;
  /** Forgets what is cached of a task that another process has changed; what that was, or nothing. */
  forget(task: number): Task | null;
  /** What another process made of a task that was just forgotten. */
  learn(task: Task, versionstamp: string): void;
  /** From now on a commit whose outcome is unknown is not sent again. */
  close(): void;
  /** Resolves when everything appended so far is settled. */
  idle(): Promise<void>;
}

type Also = NonNullable<AppendRequest["also"]>;

interface Options {
  kv: Kv;
  clock: Clock;
  random: Random;
  limits: KvLimits;
  /** Whether other processes write to the store. */
  shared: boolean;
  /** Called for each commit in order, before its appends resolve. */
  onCommit(committed: Committed): void;
  /** Has the writer told (`forget`, `learn`) what others committed until now; without it the heads are read. */
  catchUp?(): Promise<void>;
}

/** From so many tasks on that a commit lost, what others made of them is learned from the log, which has to be read in any case. */
const manyLost = 8;

const lostAtMost = 100;

export function groupCommit(options: Options): GroupCommit {
  const writer = new Writer(options);
  return {
    append: (request) => writer.append(request),
    forget: (task) => writer.forget(task),
    learn: (task, versionstamp) => writer.learn(task, versionstamp),
    close: () => writer.close(),
    idle: () => writer.idle(),
  };
}

class Writer implements GroupCommit {
  readonly #options: Options;
  readonly #queue = new AppendQueue();
  readonly #heads: KnownHeads;
  readonly #taskClock: TaskClock;
  readonly #commits: SteadyCommit;
  readonly #bodies: BodyWriter;
  readonly #prefix: string;
  #batches = 0;
  #nextId: Numbered | null = null;
  #flushing: Promise<void> | null = null;

  constructor(options: Options) {
    this.#options = options;
    this.#heads = new KnownHeads(options.kv);
    this.#taskClock = new TaskClock(options.clock);
    this.#commits = new SteadyCommit(options.kv, options);
    this.#bodies = new BodyWriter(this.#commits, options);
    this.#prefix = options.random.uuid().replaceAll("-", "").slice(0, 8);
  }

  append(request: AppendRequest): Promise<Appended> {
    return new Promise((resolve, reject) => {
      this.#queue.push({ request, resolve, reject, lost: 0 });
      this.#flushing ??= this.#drain();
    });
  }

  forget(task: number): Task | null {
    const before = this.#heads.get(task)?.task ?? null;
    this.#heads.forgetChanged(task, { inFlight: this.#flushing !== null });
    return before;
  }

  learn(task: Task, versionstamp: string): void {
    this.#heads.learn(task.id, { task, versionstamp });
  }

  close(): void {
    this.#commits.close();
  }

  async idle(): Promise<void> {
    while (this.#flushing) await this.#flushing;
  }

  /** Runs until nothing waits. Its last look and the end of `flushing` are one step, so no append falls between. */
  async #drain(): Promise<void> {
    // What is appended in the same turn shares the first commit.
    await Promise.resolve();
    while (this.#queue.size > 0) {
      try {
        await this.#flush();
      } catch (error) {
        // Reading failed before anything was taken: those that wait learn it.
        for (const waiting of this.#queue.clear()) waiting.reject(explained(error));
      }
      this.#heads.settle();
    }
    this.#flushing = null;
  }

  async #flush(): Promise<void> {
    const batch = await this.#fill();
    if (batch.taken.length === 0) return;
    try {
      await this.#write(batch);
    } catch (error) {
      for (const { waiting } of batch.taken) waiting.reject(error);
      this.#heads.forget(batch.staged.keys());
      this.#nextId = null;
    }
  }

  /** Takes as many waiting appends as one commit may hold and decides them one on top of the other. */
  async #fill(): Promise<CommitBatch> {
    const batch = new CommitBatch(this.#newCommitId(), this.#options.limits, this.#options.shared);
    const candidates = this.#queue.candidates();
    const wanted = candidates.flatMap(({ request: { task, also } }) => also ? [task, also.task] : [task])
      .filter((task) => task !== "new");
    const read = await this.#heads.load([...new Set(wanted)]);
    if (candidates.some(({ request }) => request.task === "new")) this.#nextId ??= await this.#readNextId();
    for (const waiting of candidates) {
      // One winner per key: a second one waits for the next commit and then finds what the first wrote.
      if (batch.holdsKeyOf(waiting.request)) continue;
      try {
        if (!await this.#answerRepeated(waiting) && !await this.#stage(batch, waiting, { read })) break;
      } catch (error) {
        // A body that cannot be written, say: nobody else's append is to blame for it.
        waiting.reject(explained(error));
      }
      this.#queue.drop(waiting);
    }
    return batch;
  }

  #newCommitId(): string {
    return this.#prefix + (this.#batches++).toString(36).padStart(commitIdLength - this.#prefix.length, "0");
  }

  async #readNextId(): Promise<Numbered> {
    const entry = await this.#options.kv.get<number>(keys.nextId());
    return { value: entry.value ?? 1, versionstamp: entry.versionstamp };
  }

  /** Whether its idempotency key was used before; then it is answered with the first task, or refused. */
  async #answerRepeated({ request, resolve }: Waiting): Promise<boolean> {
    if (!request.idempotency) return false;
    const { key, hash } = request.idempotency;
    const { value: earlier } = await this.#options.kv.get<IdempotencyRecord>(keys.idempotency(key));
    if (!earlier) return false;
    if (earlier.hash !== hash) {
      throw new DomainError("conflict", "This Idempotency-Key was used for a different request; choose a new key");
    }
    const { task } = await this.#heads.require(earlier.task);
    resolve({ head: task!, events: [], created: false });
    return true;
  }

  /**
   * Decides one append on the batch's newest state and adds it; false when the batch is full. `read`: the tasks that were just
   * read for it.
   */
  async #stage(batch: CommitBatch, waiting: Waiting, { read }: { read: ReadonlySet<number> }): Promise<boolean> {
    const { request } = waiting;
    const id = request.task === "new" ? this.#nextId!.value + batch.created : request.task;
    const staged = batch.staged.get(id);
    // Since it was loaded, the head may have been forgotten: while a body was written, or by what others committed.
    const known = staged?.known ??
      (request.task === "new" ? this.#heads.get(id) ?? fresh : await this.#heads.require(id));
    const before = (staged ?? known).task;
    const now = this.#taskClock.now(id, before?.updated_at);
    let decided: NewEvent[];
    try {
      decided = request.decide(before, { id, now });
    } catch (error) {
      // What the store says now needs no commit to be true.
      if (read.has(id) && !staged) throw error;
      // Refused on a state that is perhaps not durable yet, or not the newest: the answer is given once the commit stands.
      return batch.add(waiting, { id, known, error });
    }
    const options = { by: request.by, commit: batch.commit, bodies: this.#bodies };
    const own = () => stageEvents(decided, before ?? emptyTask(id), { ...options, now });
    if (!request.also) return batch.add(waiting, { id, known, ...await own() });
    const also = await this.#decideAlso(batch, request.also, { made: id });
    if ("error" in also) return batch.add(waiting, also);
    const events = await stageEvents(also.decided, also.before ?? emptyTask(also.id), { ...options, now: also.now });
    return batch.add(waiting, { id, known, ...await own() }, { id: also.id, known: also.known, ...events });
  }

  /** What is to be written to another task in the same commit; a refusal is answered once the commit stands, as any other. */
  async #decideAlso(batch: CommitBatch, { task: id, decide }: Also, { made }: { made: number }) {
    const staged = batch.staged.get(id);
    const known = staged?.known ?? await this.#heads.require(id);
    const before = (staged ?? known).task;
    const now = this.#taskClock.now(id, before?.updated_at);
    try {
      return { id, known, before, now, decided: decide(before, { made, now }) };
    } catch (error) {
      return { id, known, error };
    }
  }

  async #write(batch: CommitBatch): Promise<void> {
    const versionstamp = await this.#commit(batch);
    if (versionstamp !== null) return this.#settle(batch, versionstamp);
    // Another process was faster with one of the heads: all are decided again as they are now.
    if (batch.staged.size >= manyLost) await this.#options.catchUp?.().catch(() => {/* then they are read */});
    // What waits behind them has often gone the same way.
    const behind = this.#queue.candidates().map(({ request: { task } }) => task).filter((task) => task !== "new");
    this.#heads.forgetLost(new Set([...batch.staged.keys(), ...behind]));
    this.#nextId = null;
    const live: Waiting[] = [];
    for (const { waiting } of batch.taken) {
      if (await this.#isStale(waiting)) waiting.reject(new StaleGuard());
      else if (++waiting.lost > lostAtMost) {
        waiting.reject(new DomainError("unavailable", "The store is too busy; try again"));
      } else live.push(waiting);
    }
    // The next round fills a new batch from there.
    this.#queue.putBack(live);
  }

  async #isStale({ request: { guard } }: Waiting): Promise<boolean> {
    return guard !== undefined && (await this.#options.kv.get(guard.key)).versionstamp !== guard.versionstamp;
  }

  async #commit(batch: CommitBatch): Promise<string | null> {
    const { kv } = this.#options;
    const versionstamp = await this.#commits.commit(batch.toCommit(kv, this.#nextId));
    if (versionstamp !== null || !batch.firstEvent) return versionstamp;
    // A lost reply that was re-sent below us fails its own checks: the commit id says whether it had been written.
    // Without that answer nothing can be said, so it is asked for until it comes.
    const { firstEvent } = batch;
    const entry = await this.#commits.persist(() => kv.get<Uint8Array>(firstEvent), () => true);
    return entry.value && commitOf(entry.value) === batch.commit ? entry.versionstamp : null;
  }

  #settle(batch: CommitBatch, versionstamp: string): void {
    const changed = [...batch.staged].filter(([, staged]) => staged.changed);
    for (const [id, { task }] of changed) this.#heads.remember(id, { task, versionstamp });
    if (batch.created > 0) this.#nextId = { value: this.#nextId!.value + batch.created, versionstamp };
    const { events } = batch;
    try {
      const heads = changed.map(([, { task }]) => task!);
      if (events.length > 0) this.#options.onCommit({ versionstamp, events, heads });
    } finally {
      // Whatever a listener does: these are durable, and their callers learn it.
      batch.answer();
    }
  }
}
