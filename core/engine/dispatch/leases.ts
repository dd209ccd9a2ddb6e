// Leases between workers that share a store. The rules of the game, by the clocks they are played on:
//
// - The holder beats every 3 s. 9 s after its last good beat was *sent* it begins to stop its agents, and kills at 11 s:
//   it can no longer know that it still holds its runs.
// - An observer that saw a counter unmoved for 15 s of its own monotonic time takes the runs over: it closes them as lost,
//   and the epoch fences everything the old holder may still try to write.
// - 15 s is longer than 11 s, so at most one agent works on a task. After a pause (SIGSTOP, a closed lid) the holder beats
//   and reads the heads before it trusts itself again.
// - A holder that is stopped cannot kill anything: its watcher (core/process/watcher.ts) does, 12 s after the beat. Awake again
//   after 9 s, the holder takes its runs for lost before it beats: it could not tell whether their agents were ended.
// - Who stops in good order says so with its last beat, and for how long its tasks are to be left alone (CODER_HOLD_SECONDS):
//   it has put them back, and goes on with them in their sessions when it is there again.
// - The loop that looks at the clocks waits for nothing but the clock: a store that does not answer must not keep it from
//   seeing that time is up.
//
// On a local file nobody else can take over, so none of this runs there.

import { DomainError } from "../../domain/error.ts";
import type { OtherWorkers } from "../../domain/holding.ts";
import type { KnownWorkers, WorkerAbout } from "../../domain/worker.ts";
import { type BeatSender, LivingTwin } from "../../kv/worker_beat.ts";
import type { LiveBoard } from "./board.ts";
import type { EndSurvivors } from "./close_lost_run.ts";
import type { EngineContext } from "../context.ts";
import type { Drains } from "./drains.ts";
import type { Slots } from "./slots.ts";
import type { Watcher } from "../../process/watcher.ts";
import { beatText, leaseTimes, WorkerWatch } from "./worker_watch.ts";

export interface Leases {
  /** Announces this worker; throws `DomainError("unavailable")` when its twin is alive. */
  announce(): Promise<void>;
  /** Beats, observes and takes over until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Workers whose beat stands still. */
  readonly dead: ReadonlySet<string>;
  /** The other workers as they were seen last; none on a local file. */
  readonly known: KnownWorkers;
  /** Those of them who do not go on with what they have. */
  readonly others: OtherWorkers;
  /** Whether the others were seen yet. */
  readonly hasLooked: boolean;
  /** Whether this worker may claim. */
  readonly isSure: boolean;
  /** How old its own last beat is, in ms; null on a local file, where it needs none. */
  readonly beatAgeMs: number | null;
  retire(): Promise<void>;
}

interface Parts {
  board: LiveBoard;
  endSurvivors: EndSurvivors;
  drains: Pick<Drains, "listen">;
  slots: Pick<Slots, "look">;
  /** The lease may be gone: stop all runs of this process softly, or at once. */
  stopRuns(): void;
  killRuns(): void;
  /** Ends the runs when it hears of no beat for `leaseTimes.watchMs`; null: nobody would. */
  watcher: Watcher | null;
  /** What the others are told of this worker. */
  about: () => WorkerAbout;
  /** Another worker is gone, or has stopped. */
  onGone?(): void;
}

export function leases(context: EngineContext, parts: Parts): Leases {
  const lease = new Lease(context, parts);
  return {
    get dead() {
      return lease.dead;
    },
    get known() {
      return lease.known;
    },
    get others() {
      return lease.others;
    },
    get hasLooked() {
      return lease.hasLooked;
    },
    get isSure() {
      return lease.isSure;
    },
    get beatAgeMs() {
      return lease.beatAgeMs;
    },
    announce: () => lease.announce(),
    run: (signal) => lease.run(signal),
    retire: () => lease.retire(),
  };
}

class Lease implements Leases {
  readonly #context: EngineContext;
  readonly #parts: Parts;
  readonly #sender: BeatSender;
  readonly #watch: WorkerWatch;
  /** When the last good beat was sent, by both clocks. */
  #sentAt: number;
  #sentWallAt: number;
  /** When the loop looked at the clocks last, by both. */
  #lookedAt: number;
  #wallAt: number;
  #stage: "sure" | "stopping" | "killed" = "sure";
  #beating = false;
  #twin: LivingTwin | null = null;

  constructor(context: EngineContext, parts: Parts) {
    const { store, clock, random, worker } = context;
    this.#context = context;
    this.#parts = parts;
    this.#sender = store.beats.sender({
      worker: worker.id,
      start: random.uuid(),
      name: worker.name,
      about: parts.about,
    });
    this.#watch = new WorkerWatch(context, parts);
    this.#sentAt = this.#lookedAt = clock.monotonic();
    this.#sentWallAt = this.#wallAt = clock.now();
  }

  get dead(): ReadonlySet<string> {
    return this.#watch.dead;
  }

  get known(): KnownWorkers {
    return this.#watch.known;
  }

  get others(): OtherWorkers {
    return this.#watch.others;
  }

  get hasLooked(): boolean {
    return this.#watch.hasLooked;
  }

  get isSure(): boolean {
    const { store, clock } = this.#context;
    // By both clocks: right after a sleep that only the wall clock saw, the loop has not looked yet.
    const ms = Math.max(this.#silentMs(), clock.now() - this.#sentWallAt);
    return !store.shared || (this.#stage === "sure" && !this.#twin && ms < leaseTimes.stopMs);
  }

  get beatAgeMs(): number | null {
    return this.#context.store.shared ? this.#silentMs() : null;
  }

  async announce(): Promise<void> {
    const { store, clock, worker } = this.#context;
    if (!store.shared) return;
    const before = (await store.beats.read()).get(worker.id);
    if (before && before.heldMs === undefined) {
      // A beat that moves is a living twin; two intervals are enough to see it.
      await clock.sleep(leaseTimes.beatMs * 2 + 1_000);
      const after = (await store.beats.read()).get(worker.id);
      if (beatText(after) !== beatText(before)) {
        throw new DomainError(
          "unavailable",
          `Worker ${worker.id} is alive elsewhere: two processes must not share one data folder (delete worker-id in a copy)`,
        );
      }
    }
    this.#sentAt = this.#lookedAt = clock.monotonic();
    this.#sentWallAt = this.#wallAt = clock.now();
    await this.#sender.beat();
    this.#parts.watcher?.beat(this.#silentMs());
  }

  async run(signal: AbortSignal): Promise<void> {
    const { store, clock } = this.#context;
    if (!store.shared) return;
    let beatAt = this.#lookedAt;
    let observedAt = this.#lookedAt;
    while (!signal.aborted) {
      await clock.sleep(leaseTimes.lookMs, { signal }).catch(() => {});
      if (signal.aborted) return;
      const now = clock.monotonic();
      if (!await this.#wakeUp(now) && now - beatAt >= leaseTimes.beatMs) {
        beatAt = now;
        void this.#beat();
      }
      this.#lookedAt = clock.monotonic();
      this.#wallAt = clock.now();
      this.#doubtSelf();
      if (now - observedAt >= this.#watch.restMs) {
        observedAt = now;
        void this.#watch.observe();
      }
    }
  }

  async retire(): Promise<void> {
    const { store, settings: { holdMs = 0 } } = this.#context;
    if (store.shared && !this.#twin) await this.#sender.retire({ heldMs: holdMs }).catch(() => {});
  }

  /** After a pause of this process: first its own beat and the heads; only then is it time to doubt. Whether there was one. */
  async #wakeUp(now: number): Promise<boolean> {
    const { store, clock } = this.#context;
    // Asleep, the monotonic clock may stand still while the wall clock goes on.
    const pausedMs = now - this.#lookedAt - leaseTimes.lookMs;
    const asleepMs = Math.max(0, clock.now() - this.#wallAt - (now - this.#lookedAt));
    if (Math.max(pausedMs, asleepMs) <= leaseTimes.beatMs) return false;
    // The watcher does not count a sleep of the machine either.
    if (this.#parts.watcher && this.#silentMs() >= leaseTimes.stopMs) this.#kill();
    this.#sentAt -= asleepMs;
    this.#watch.startAnew();
    await Promise.race([
      Promise.all([this.#beat(), store.tail.look().catch(() => {})]),
      clock.sleep(leaseTimes.wakeMs),
    ]);
    return true;
  }

  /** One beat; never throws. Its time is when it was sent. */
  async #beat(): Promise<void> {
    if (this.#beating || this.#twin) return;
    const { clock, warn } = this.#context;
    this.#beating = true;
    const [at, atWall] = [clock.monotonic(), clock.now()];
    try {
      await this.#sender.beat();
      [this.#sentAt, this.#sentWallAt] = [at, atWall];
      this.#stage = "sure";
      this.#parts.watcher?.beat(this.#silentMs());
    } catch (error) {
      if (error instanceof LivingTwin) {
        this.#twin = error;
        warn("Another process runs as this worker: its data folder was copied. This one stops its agents", null);
        this.#parts.killRuns();
      }
    } finally {
      this.#beating = false;
    }
  }

  #silentMs(): number {
    return this.#context.clock.monotonic() - this.#sentAt;
  }

  #doubtSelf(): void {
    if (this.#silentMs() >= leaseTimes.killMs && this.#stage !== "killed") {
      this.#kill();
    } else if (this.#silentMs() >= leaseTimes.stopMs && this.#stage === "sure") {
      this.#stage = "stopping";
      this.#context.warn("The store does not answer; agents are stopped before others take their tasks over", null);
      this.#parts.stopRuns();
    }
  }
  #kill(): void {
    this.#stage = "killed";
    this.#parts.killRuns();
  }
}
