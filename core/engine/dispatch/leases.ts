// Leases between workers that share a store. The rules of the game, by the clocks they are played on:
//
// - The holder beats every 3 s. 9 s after its last good beat was *sent* it begins to stop its agents, and kills at 11 s:
//   it can no longer know that it still holds its runs.
// - An observer that saw a counter unmoved for 15 s of its own monotonic time takes the runs over: it closes them as lost,
//   and the epoch fences everything the old holder may still try to write.
// - 15 s is longer than 11 s, so at most one agent works on a task. After a pause (SIGSTOP, a closed lid) the holder beats
//   and reads the heads before it trusts itself again.
// - The loop that looks at the clocks waits for nothing but the clock: a store that does not answer must not keep it from
//   seeing that time is up.
//
// On a local file nobody else can take over, so none of this runs there.

import { DomainError } from "../../domain/error.ts";
import { type Beat, LivingTwin } from "../../kv/worker_beat.ts";
import type { LiveBoard } from "./board.ts";
import { closeLostRun, type EndSurvivors } from "./close_lost_run.ts";
import type { EngineContext } from "../context.ts";

export const leaseTimes = {
  beatMs: 3_000,
  /** After the last good beat was sent. */
  stopMs: 9_000,
  killMs: 11_000,
  deadMs: 15_000,
  lookMs: 500,
  /** After a pause the store has this long to answer before it is taken for lost. */
  wakeMs: 2_000,
} as const;

export interface Leases {
  /** Announces this worker; throws `DomainError("unavailable")` when its twin is alive. */
  announce(): Promise<void>;
  /** Beats, observes and takes over until `signal` aborts. */
  run(signal: AbortSignal): Promise<void>;
  /** Workers whose beat stands still. */
  readonly dead: ReadonlySet<string>;
  /** Whether this worker may claim. */
  readonly isSure: boolean;
  retire(): Promise<void>;
}

export function leases(context: EngineContext, { board, endSurvivors, stopRuns, killRuns }: {
  board: LiveBoard;
  endSurvivors: EndSurvivors;
  /** The lease may be gone: stop all runs of this process softly, or at once. */
  stopRuns(): void;
  killRuns(): void;
}): Leases {
  const { store, clock, random, worker, warn } = context;
  const start = random.uuid();
  const sender = store.beats.sender({ worker: worker.id, start, name: worker.name });
  const seen = new Map<string, { beat: string; since: number }>();
  let dead: ReadonlySet<string> = new Set();
  let sentAt = clock.monotonic();
  let sentWallAt = clock.now();
  let lookedAt = sentAt;
  let wallAt = sentWallAt;
  let stage: "sure" | "stopping" | "killed" = "sure";
  let beating = false;
  let observing = false;
  let twin: LivingTwin | null = null;

  /** One beat; never throws. Its time is when it was sent. */
  async function beat(): Promise<void> {
    if (beating || twin) return;
    beating = true;
    const [at, atWall] = [clock.monotonic(), clock.now()];
    try {
      await sender.beat();
      [sentAt, sentWallAt] = [at, atWall];
      stage = "sure";
    } catch (error) {
      if (error instanceof LivingTwin) {
        twin = error;
        warn("Another process runs as this worker: its data folder was copied. This one stops its agents", null);
        killRuns();
      }
    } finally {
      beating = false;
    }
  }

  function silentMs(): number {
    return clock.monotonic() - sentAt;
  }

  function doubtSelf(): void {
    if (silentMs() >= leaseTimes.killMs && stage !== "killed") {
      stage = "killed";
      killRuns();
    } else if (silentMs() >= leaseTimes.stopMs && stage === "sure") {
      stage = "stopping";
      warn("The store does not answer; agents are stopped before others take their tasks over", null);
      stopRuns();
    }
  }

  async function observe(): Promise<void> {
    if (observing) return;
    observing = true;
    try {
      await lookAtOthers();
    } catch {
      // The next look makes it good.
    } finally {
      observing = false;
    }
  }

  async function lookAtOthers(): Promise<void> {
    // What is read was so at some moment between these two: each is used where it makes a counter look younger.
    const now = clock.monotonic();
    const beats = await store.beats.read();
    const readAt = clock.monotonic();
    const wanted = new Set<string>(beats.keys());
    for (const { runner, holder } of board.entries) {
      if (runner) wanted.add(runner);
      if (holder) wanted.add(holder);
    }
    wanted.delete(worker.id);
    for (const id of seen.keys()) if (!wanted.has(id)) seen.delete(id);
    for (const id of wanted) {
      const text = textOf(beats.get(id));
      if (seen.get(id)?.beat !== text) seen.set(id, { beat: text, since: readAt });
    }
    dead = new Set([...seen].filter(([, { since }]) => now - since >= leaseTimes.deadMs).map(([id]) => id));
    for (const entry of [...board.entries]) {
      if (entry.runner !== null && dead.has(entry.runner)) await takeOver(entry.id, entry.runner);
    }
  }

  async function takeOver(id: number, from: string): Promise<void> {
    try {
      // Its beat is looked at again and must still stand when the run is closed: taking over others may take long, and a
      // worker that came back goes on with its runs.
      const { beat, guard } = await store.beats.stand(from);
      if (textOf(beat ?? undefined) !== seen.get(from)?.beat) return;
      await closeLostRun(context, {
        id,
        runner: from,
        endSurvivors,
        guard,
        why: `Its worker did not beat for ${leaseTimes.deadMs / 1_000} s.`,
      });
    } catch (error) {
      warn(`Cannot take over task ${id}`, error, { task: id });
    }
  }

  return {
    get dead() {
      return dead;
    },
    get isSure() {
      // By both clocks: right after a sleep that only the wall clock saw, the loop has not looked yet.
      const ms = Math.max(silentMs(), clock.now() - sentWallAt);
      return !store.shared || (stage === "sure" && !twin && ms < leaseTimes.stopMs);
    },
    async announce() {
      if (!store.shared) return;
      const before = (await store.beats.read()).get(worker.id);
      if (before) {
        // A beat that moves is a living twin; two intervals are enough to see it.
        await clock.sleep(leaseTimes.beatMs * 2 + 1_000);
        const after = (await store.beats.read()).get(worker.id);
        if (textOf(after) !== textOf(before)) {
          throw new DomainError(
            "unavailable",
            `Worker ${worker.id} is alive elsewhere: two processes must not share one data folder (delete worker-id in a copy)`,
          );
        }
      }
      sentAt = lookedAt = clock.monotonic();
      sentWallAt = wallAt = clock.now();
      await sender.beat();
    },
    async run(signal) {
      if (!store.shared) return;
      let beatAt = lookedAt;
      let observedAt = lookedAt;
      while (!signal.aborted) {
        await clock.sleep(leaseTimes.lookMs, { signal }).catch(() => {});
        if (signal.aborted) return;
        const now = clock.monotonic();
        // Asleep, the monotonic clock may stand still while the wall clock goes on.
        const pausedMs = now - lookedAt - leaseTimes.lookMs;
        const asleepMs = Math.max(0, clock.now() - wallAt - (now - lookedAt));
        if (Math.max(pausedMs, asleepMs) > leaseTimes.beatMs) {
          sentAt -= asleepMs;
          // Others' counters stood still for us only.
          seen.clear();
          dead = new Set();
          // First our own beat and the heads; only then is it time to doubt.
          await Promise.race([
            Promise.all([beat(), store.tail.look().catch(() => {})]),
            clock.sleep(leaseTimes.wakeMs),
          ]);
        } else if (now - beatAt >= leaseTimes.beatMs) {
          beatAt = now;
          void beat();
        }
        lookedAt = clock.monotonic();
        wallAt = clock.now();
        doubtSelf();
        if (now - observedAt >= 1_000) {
          observedAt = now;
          void observe();
        }
      }
    },
    async retire() {
      if (store.shared && !twin) await sender.retire().catch(() => {});
    },
  };
}

function textOf(beat: Beat | undefined): string {
  return beat ? `${beat.start}/${beat.count}` : "";
}
