// The other workers of a shared store: whose beat stands still, by this process's own clock, is dead, and what it ran is
// taken over. leases.ts has the rules of the game.

import type { OtherWorkers } from "../../domain/holding.ts";
import type { KnownWorker, KnownWorkers, WorkerAbout, WorkerState } from "../../domain/worker.ts";
import type { Beat } from "../../kv/worker_beat.ts";
import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "./board.ts";
import { closeLostRun, type EndSurvivors } from "./close_lost_run.ts";
import type { Drains } from "./drains.ts";
import type { Slots } from "./slots.ts";

export const leaseTimes = {
  beatMs: 3_000,
  /** Unmoved for longer, a beat was missed twice. */
  silentMs: 6_000,
  /** After the last good beat was sent. */
  stopMs: 9_000,
  killMs: 11_000,
  /** When who watches over a process ends its agents: one that lives has killed them itself by then. */
  watchMs: 12_000,
  deadMs: 15_000,
  lookMs: 500,
  observeMs: 1_000,
  /** While no other worker has anything that could be taken over. */
  calmObserveMs: 4_000,
  /** After a pause the store has this long to answer before it is taken for lost. */
  wakeMs: 2_000,
} as const;

interface WatchParts {
  board: LiveBoard;
  endSurvivors: EndSurvivors;
  /** Told what is asked of the workers. */
  drains: Pick<Drains, "listen">;
  slots: Pick<Slots, "look">;
  /** Another worker is gone, or has stopped. */
  onGone?(): void;
}

export class WorkerWatch {
  readonly #context: EngineContext;
  readonly #board: LiveBoard;
  readonly #endSurvivors: EndSurvivors;
  readonly #drains: Pick<Drains, "listen">;
  readonly #slots: Pick<Slots, "look">;
  readonly #onGone: () => void;
  /** The beat of each worker as it was seen last, and how long it has stood still while looks succeeded. */
  readonly #seen = new Map<string, { beat: string; stillMs: number }>();
  /** When the last look that succeeded, and no other one after it, had read the beats; by the monotonic clock. */
  #readAt: number | null = null;
  #dead: ReadonlySet<string> = new Set();
  #known: KnownWorkers = new Map();
  #others: OtherWorkers = { dead: this.#dead };
  #observing = false;
  #hasLooked = false;

  constructor(context: EngineContext, { board, endSurvivors, drains, slots, onGone = () => {} }: WatchParts) {
    this.#context = context;
    this.#board = board;
    this.#endSurvivors = endSurvivors;
    this.#drains = drains;
    this.#slots = slots;
    this.#onGone = onGone;
  }

  /** Workers whose beat stands still. */
  get dead(): ReadonlySet<string> {
    return this.#dead;
  }

  /** Those who beat, and those who hold a run or a worktree, as they were read last. */
  get known(): KnownWorkers {
    return this.#known;
  }

  /** Those of them who do not go on with what they have. */
  get others(): OtherWorkers {
    return this.#others;
  }

  /** Whether the beats were read once. */
  get hasLooked(): boolean {
    return this.#hasLooked;
  }

  /** How long until the next look: what may be taken over is looked at often. */
  get restMs(): number {
    const own = this.#context.worker.id;
    for (const { runner, holder, base_task } of this.#board.entries) {
      const others = [runner, holder].some((one) => one !== null && one !== own);
      if (others || base_task !== undefined) return leaseTimes.observeMs;
    }
    return leaseTimes.calmObserveMs;
  }

  /** While this process was paused, others' counters stood still for it only. */
  startAnew(): void {
    this.#seen.clear();
    this.#dead = new Set();
    this.#others = { dead: this.#dead };
    this.#readAt = null;
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
      await this.#slots.look();
    } catch {
      // As promised. What could not be seen says nothing of anybody: while the store was away, nobody could beat either.
      this.#readAt = null;
    } finally {
      this.#observing = false;
    }
  }

  async #look(): Promise<void> {
    const { store, clock, worker } = this.#context;
    const seen = this.#seen;
    // What is read was so at some moment between these two: each is used where it makes a counter look younger.
    const now = clock.monotonic();
    const hear = this.#drains.listen();
    const { beats, draining } = await store.beats.look();
    hear(draining);
    const passedMs = this.#readAt === null ? 0 : now - this.#readAt;
    this.#readAt = clock.monotonic();
    this.#hasLooked = true;
    const wanted = new Set<string>(beats.keys());
    for (const { runner, holder, base_task } of this.#board.entries) {
      const base = base_task === undefined ? null : this.#board.workOf(base_task)?.worker;
      for (const id of [runner, holder, base]) if (id) wanted.add(id);
    }
    wanted.delete(worker.id);
    for (const id of seen.keys()) if (!wanted.has(id)) seen.delete(id);
    for (const id of wanted) {
      const beat = beatText(beats.get(id));
      const before = seen.get(id);
      seen.set(id, { beat, stillMs: before?.beat === beat ? before.stillMs + Math.max(0, passedMs) : 0 });
    }
    this.#known = new Map([...seen].map(([id, { stillMs }]) => [id, this.#knownOf(id, stillMs, beats.get(id))]));
    const those = (is: (one: KnownWorker) => boolean) =>
      new Set([...this.#known].filter(([, one]) => is(one)).map(([id]) => id));
    const before = this.#others;
    this.#dead = those(({ state }) => state === "dead");
    this.#others = {
      dead: this.#dead,
      away: those(({ state }) => state === "away"),
      yielding: those(({ state, about }) => state === "alive" && about !== null && startsNothing(about)),
    };
    const isNews = (id: string) => !before.dead.has(id) && !before.away?.has(id);
    if ([...this.#dead, ...this.#others.away ?? []].some(isNews)) this.#onGone();
  }

  /** What is read of a worker now, or what was known of it while it still beat. */
  #knownOf(id: string, stillMs: number, beat: Beat | undefined): KnownWorker {
    const before = this.#known.get(id);
    return {
      name: beat?.name ?? before?.name ?? null,
      state: stateOf(stillMs, beat?.heldMs),
      stillMs,
      about: (beat ? beat.about : before?.about) ?? null,
    };
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

/** It lives, and what it has waits for a slot or a person. */
function startsNothing({ free, paused, draining }: WorkerAbout): boolean {
  return free <= 0 || paused !== null || draining;
}

function stateOf(stillMs: number, heldMs?: number): WorkerState {
  if (heldMs !== undefined) return stillMs >= heldMs ? "dead" : "away";
  if (stillMs >= leaseTimes.deadMs) return "dead";
  return stillMs > leaseTimes.silentMs ? "silent" : "alive";
}

/** Two beats with the same text are one: the counter has not moved. */
export function beatText(beat: Beat | undefined): string {
  return beat ? `${beat.start}/${beat.count}` : "";
}
