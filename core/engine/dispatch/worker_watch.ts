// The other workers of a shared store: whose beat stands still, by this process's own clock, is dead, and what it ran is
// taken over. leases.ts has the rules of the game.

import type { Beat } from "../../kv/worker_beat.ts";
import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "./board.ts";
import { closeLostRun, type EndSurvivors } from "./close_lost_run.ts";

export const leaseTimes = {
  beatMs: 3_000,
  /** After the last good beat was sent. */
  stopMs: 9_000,
  killMs: 11_000,
  deadMs: 15_000,
  lookMs: 500,
  observeMs: 1_000,
  /** After a pause the store has this long to answer before it is taken for lost. */
  wakeMs: 2_000,
} as const;

export class WorkerWatch {
  readonly #context: EngineContext;
  readonly #board: LiveBoard;
  readonly #endSurvivors: EndSurvivors;
  /** The beat of each worker as it was seen first, and since when by the monotonic clock. */
  readonly #seen = new Map<string, { beat: string; since: number }>();
  #dead: ReadonlySet<string> = new Set();
  #observing = false;

  constructor(context: EngineContext, { board, endSurvivors }: { board: LiveBoard; endSurvivors: EndSurvivors }) {
    this.#context = context;
    this.#board = board;
    this.#endSurvivors = endSurvivors;
  }

  /** Workers whose beat stands still. */
  get dead(): ReadonlySet<string> {
    return this.#dead;
  }

  /** While this process was paused, others' counters stood still for it only. */
  startAnew(): void {
    this.#seen.clear();
    this.#dead = new Set();
  }

  /** Looks at the beats and takes over the runs of the dead. Never throws: the next look makes good what this one missed. */
  async observe(): Promise<void> {
    if (this.#observing) return;
    this.#observing = true;
    try {
      await this.#look();
      for (const { id, runner } of [...this.#board.entries]) {
        if (runner !== null && this.#dead.has(runner)) await this.#takeOver(id, runner);
      }
    } catch {
      // As promised.
    } finally {
      this.#observing = false;
    }
  }

  async #look(): Promise<void> {
    const { store, clock, worker } = this.#context;
    const seen = this.#seen;
    // What is read was so at some moment between these two: each is used where it makes a counter look younger.
    const now = clock.monotonic();
    const beats = await store.beats.read();
    const readAt = clock.monotonic();
    const wanted = new Set<string>(beats.keys());
    for (const { runner, holder } of this.#board.entries) {
      if (runner) wanted.add(runner);
      if (holder) wanted.add(holder);
    }
    wanted.delete(worker.id);
    for (const id of seen.keys()) if (!wanted.has(id)) seen.delete(id);
    for (const id of wanted) {
      const beat = beatText(beats.get(id));
      if (seen.get(id)?.beat !== beat) seen.set(id, { beat, since: readAt });
    }
    this.#dead = new Set([...seen].filter(([, { since }]) => now - since >= leaseTimes.deadMs).map(([id]) => id));
  }

  async #takeOver(id: number, from: string): Promise<void> {
    const { store, warn } = this.#context;
    try {
      // Its beat is looked at again and must still stand when the run is closed: taking over others may take long, and a
      // worker that came back goes on with its runs.
      const { beat, guard } = await store.beats.stand(from);
      if (beatText(beat ?? undefined) !== this.#seen.get(from)?.beat) return;
      await closeLostRun(this.#context, {
        id,
        runner: from,
        endSurvivors: this.#endSurvivors,
        guard,
        why: `Its worker did not beat for ${leaseTimes.deadMs / 1_000} s.`,
      });
    } catch (error) {
      warn(`Cannot take over task ${id}`, error, { task: id });
    }
  }
}

/** Two beats with the same text are one: the counter has not moved. */
export function beatText(beat: Beat | undefined): string {
  return beat ? `${beat.start}/${beat.count}` : "";
}
