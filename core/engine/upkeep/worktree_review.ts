// Compares the repositories with the log. What carries our mark but is not in the log, and what the log says is there but is
// gone, is said once in the service's own log (task 0) and shown in `/healthz` as long as it lasts. Nothing is touched:
// what the log does not know may be somebody's work.
//
// What a crash left half-made for a task that will run again is not a finding: its next run repairs it.

import type { Task } from "../../domain/task.ts";
import type { Traces, WorktreeUpkeep } from "../../process/git/worktrees.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import { type EngineContext, isOurs } from "../context.ts";
import { offerLeftWork } from "./left_work.ts";
import { both, type Finding, findingsOf, type Found, straysOf, tasksOf } from "./worktree_findings.ts";

interface Parts {
  board: LiveBoard;
  upkeep: WorktreeUpkeep;
  /** Writes a `service.noticed` event. */
  note: (kind: string, text: string) => Promise<void>;
  /** Ends a review. */
  signal: AbortSignal;
}

/** Finished tasks looked at without a rest, and how much longer than the work the rest is. */
const atOnce = 100;
const restRatio = 10;
/** A review may take this part of the time at most. */
const share = 0.01;

export class WorktreeReview {
  readonly #context: EngineContext;
  readonly #parts: Parts;
  #findings: Finding[] = [];
  #reported: Set<string> | null = null;
  #reviewing: Promise<void> | null = null;
  #nextAt = -Infinity;
  /** Of the present review. */
  #restedMs = 0;

  constructor(context: EngineContext, parts: Parts) {
    this.#context = context;
    this.#parts = parts;
  }

  /** What the last review found, a sentence each. */
  get notices(): string[] {
    return this.#findings.map(({ text }) => text);
  }

  /** Compares repositories and log, unless the last time took so long that it is too soon for another. Never throws. */
  reconcile(): Promise<void> {
    if (this.#context.clock.monotonic() < this.#nextAt) return Promise.resolve();
    return this.#reviewing ??= this.#reconcile().finally(() => this.#reviewing = null);
  }

  async #reconcile(): Promise<void> {
    const { clock, warn } = this.#context;
    const startedAt = clock.monotonic();
    this.#restedMs = 0;
    try {
      await this.#review();
    } catch (error) {
      if (!this.#parts.signal.aborted) warn("Cannot compare the repositories with the log", error);
    }
    const now = clock.monotonic();
    this.#nextAt = now + (now - startedAt - this.#restedMs) / share;
  }

  async #review(): Promise<void> {
    const current: Finding[] = [];
    for (const repo of this.#context.settings.repos) {
      const first = await this.#compare(repo);
      // Between the looks at git and at the log the world went on: only what is found twice is so.
      const isAny = Object.values(first).some((names) => names.length > 0);
      current.push(...findingsOf(repo, isAny ? both(first, await this.#compare(repo)) : first));
    }
    this.#findings = current;
    await this.#report(current);
  }

  async #report(current: Finding[]): Promise<void> {
    const { store, worker } = this.#context;
    const reported = this.#reported ??= new Set(await store.notes.notices(worker.id));
    const fresh = current.filter(({ id }) => !reported.has(id));
    const isSettled = fresh.length === 0 && reported.size === current.length;
    if (isSettled) return;
    for (const { text } of fresh) await this.#parts.note("worktrees", text);
    const ids = current.map(({ id }) => id);
    await store.notes.keepNotices(worker.id, ids);
    this.#reported = new Set(ids);
  }

  async #compare(repo: string): Promise<Found> {
    const traces = await this.#parts.upkeep.traces(repo);
    const heads = new Map((await this.#heads(tasksOf(traces))).map((head) => [head.id, head]));
    await offerLeftWork(this.#context, repo, { worktrees: traces.worktrees, heads });
    return { ...straysOf(traces, heads), lostWorktrees: await this.#lostWorktrees(repo, traces) };
  }

  /** Worktrees of tasks at rest that the log says are here and git does not have. */
  async #lostWorktrees(repo: string, { worktrees }: Traces): Promise<string[]> {
    // Not by their paths: one that was moved is where the log will say it is after its next run.
    const names = new Set(worktrees.map(({ branch }) => branch));
    const lost: string[] = [];
    for await (const ids of this.#tasksAtRest()) {
      for (const { id, run, place } of await this.#heads(ids)) {
        const isOwn = run === null && place?.present && place.repo === repo && isOurs(this.#context, place.worker);
        if (isOwn && !names.has(place.branch)) lost.push(`${place.path} (task ${id})`);
      }
    }
    return lost;
  }

  /**
   * The unfinished and the finished that have not been tidied up, by hundreds, and slowly: whoever asks us something goes
   * first.
   */
  async *#tasksAtRest(): AsyncIterable<number[]> {
    const { store, clock } = this.#context;
    const { board, signal } = this.#parts;
    yield [...board.entries].filter(({ runner, ending, cancel_requested }) =>
      runner === null && !ending && !cancel_requested
    ).map(({ id }) => id);
    for (let after = 0;;) {
      const startedAt = clock.monotonic();
      const ids = await store.index.standing({ after, limit: atOnce });
      yield ids;
      if (ids.length < atOnce) return;
      after = ids.at(-1)!;
      const restMs = (clock.monotonic() - startedAt) * restRatio;
      await clock.sleep(restMs, { signal });
      this.#restedMs += restMs;
    }
  }

  async #heads(ids: number[]): Promise<Task[]> {
    const heads = await this.#context.store.log.heads([...new Set(ids)]);
    return heads.filter((head) => head !== null);
  }
}
