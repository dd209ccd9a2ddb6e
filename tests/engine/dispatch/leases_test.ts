// A holder whose store went silent: by its own clock it ends its agents before anybody may take their tasks over.

import { assert, assertEquals } from "@std/assert";
import type { Clock } from "../../../core/domain/ports.ts";
import type { WorkerAbout } from "../../../core/domain/worker.ts";
import type { LiveBoard } from "../../../core/engine/dispatch/board.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { type Leases, leases } from "../../../core/engine/dispatch/leases.ts";
import { leaseTimes } from "../../../core/engine/dispatch/worker_watch.ts";
import type { Kv } from "../../../core/kv/kv.ts";
import { buildStore, openStore } from "../../../core/kv/store.ts";
import { systemClock, systemRandom } from "../../../core/host/system.ts";

/** A clock that goes on by being told to. `settle` resolves when nothing that it woke is under way any more. */
function handClock(settle: () => Promise<void>) {
  let now = 1_000_000;
  let sleepers: { at: number; wake: () => void }[] = [];
  const clock: Clock = {
    now: () => now,
    monotonic: () => now,
    sleep: (ms) => new Promise((resolve) => sleepers.push({ at: now + ms, wake: resolve })),
    timer: () => () => {},
  };
  return {
    clock,
    now: () => now,
    async pass(ms: number) {
      for (const until = now + ms; now < until;) {
        now += 100;
        const due = sleepers.filter(({ at }) => at <= now);
        sleepers = sleepers.filter(({ at }) => at > now);
        for (const { wake } of due) wake();
        await settle();
      }
    },
    /** Time goes on, and this process does not. */
    stopFor(ms: number) {
      now += ms;
    },
    wakeAll() {
      for (const { wake } of sleepers) wake();
    },
  };
}

/** A store that can fall silent, and that knows how many of its calls are not answered yet. */
function silenceable(kv: Kv) {
  let isSilent = false;
  let underWay = 0;
  async function call<T>(answer: () => Promise<T>): Promise<T> {
    if (isSilent) return await new Promise<never>(() => {});
    underWay++;
    try {
      return await answer();
    } finally {
      underWay--;
    }
  }
  return {
    kv: {
      ...kv,
      get: (key) => call(() => kv.get(key)),
      page: (range, options) => call(() => kv.page(range, options)),
      commit: (batch) => call(() => kv.commit(batch)),
    } as Kv,
    fallSilent: () => void (isSilent = true),
    async settle() {
      for (let idle = 0; idle < 10; idle = underWay > 0 ? 0 : idle + 1) {
        await (underWay > 0 ? kv.get(["nothing"]) : Promise.resolve());
      }
    },
  };
}

interface LeaseWorld extends AsyncDisposable {
  lease: Leases;
  hand: ReturnType<typeof handClock>;
  fallSilent(): void;
  /** Another process beats as this worker. */
  beatAsTwin(): Promise<void>;
  /** What was asked of the runs, and when. */
  said: [string, number][];
  /** What the others read of it. */
  told(): Promise<WorkerAbout | undefined>;
  /** What the watcher was told: a beat, so many ms ago. */
  beats: number[];
}

/** A holder that keeps its lease. */
async function leaseWorld({ isWatched }: { isWatched: boolean }): Promise<LeaseWorld> {
  const memory = await openStore(":memory:", { clock: systemClock, random: systemRandom });
  const silent = silenceable(memory.kv);
  const store = await buildStore(silent.kv, { clock: systemClock, random: systemRandom, shared: true });
  const hand = handClock(silent.settle);
  const said: [string, number][] = [];
  const beats: number[] = [];
  const lease = leases({
    store,
    clock: hand.clock,
    random: systemRandom,
    worker: { id: "worker-1", name: "laptop" },
    warn: () => {},
  } as unknown as EngineContext, {
    board: { entries: [] } as unknown as LiveBoard,
    endSurvivors: () => Promise.resolve(0),
    drains: { listen: () => () => {} },
    slots: { look: () => Promise.resolve() },
    stopRuns: () => said.push(["stop", hand.now()]),
    killRuns: () => said.push(["kill", hand.now()]),
    about: () => ({ running: said.map((_, index) => index) } as unknown as WorkerAbout),
    watcher: isWatched ? { beat: (ageMs) => void beats.push(ageMs) } : null,
  });
  const stopped = new AbortController();
  await lease.announce();
  const running = lease.run(stopped.signal);
  return {
    lease,
    hand,
    fallSilent: silent.fallSilent,
    beatAsTwin: () =>
      store.beats.sender({
        ...{ worker: "worker-1", start: "another", name: "laptop" },
        about: () => ({}) as WorkerAbout,
      }).beat(),
    said,
    beats,
    told: async () => (await store.beats.read()).get("worker-1")?.about,
    async [Symbol.asyncDispose]() {
      stopped.abort();
      hand.wakeAll();
      await running;
      store.close();
    },
  };
}

Deno.test("leases: a store that is silent stops the holder's agents at 9 s and kills them at 11 s, before the takeover at 15 s", async () => {
  await using world = await leaseWorld({ isWatched: false });
  const { lease, hand, said } = world;
  await hand.pass(30_000);
  assertEquals([said, lease.isSure], [[], true]);

  world.fallSilent();
  // The last good beat was sent before this moment, and an observer that saw it counts from then on.
  const silentAt = hand.now();
  await hand.pass(20_000);
  assertEquals(said.map(([what]) => what), ["stop", "kill"]);
  const [stopAt, killAt] = said.map(([, at]) => at - silentAt) as [number, number];
  assert(stopAt > leaseTimes.stopMs - leaseTimes.beatMs - leaseTimes.lookMs && stopAt <= leaseTimes.stopMs + 500);
  assert(stopAt <= 9_500, `stopped after ${stopAt} ms`);
  assert(killAt <= 11_500, `killed after ${killAt} ms`);
  assert(killAt - stopAt >= 1_500, `${killAt - stopAt} ms from the stop to the kill`);
  assert(leaseTimes.deadMs - killAt >= 3_000, "nobody takes over before the agents are dead");
  assertEquals(lease.isSure, false);
});

Deno.test("leases: who finds another process beating as this worker kills its runs and claims no more", async () => {
  await using world = await leaseWorld({ isWatched: false });
  await world.hand.pass(leaseTimes.beatMs);
  await world.beatAsTwin();
  await world.hand.pass(leaseTimes.beatMs * 2);
  assertEquals(world.said.map(([what]) => what), ["kill"]);
  assertEquals(world.lease.isSure, false);
});

Deno.test("leases: a holder that was stopped takes its runs for lost, before it beats, where its watcher may have ended them", async () => {
  for (const isWatched of [true, false]) {
    await using world = await leaseWorld({ isWatched });
    const { lease, hand, said, beats } = world;
    await hand.pass(30_000);
    assertEquals(beats, isWatched ? Array(beats.length).fill(0) : []);
    assert(!isWatched || beats.length >= 10, "each beat is told");

    hand.stopFor(leaseTimes.stopMs - leaseTimes.beatMs - leaseTimes.lookMs);
    await hand.pass(1_000);
    assertEquals([said, lease.isSure], [[], true], "not long enough");

    const told = beats.length;
    hand.stopFor(leaseTimes.stopMs);
    await hand.pass(1_000);
    assertEquals(said.map(([what]) => what), isWatched ? ["kill"] : []);
    assertEquals(lease.isSure, true, "it beats again, and may claim");
    assert(!isWatched || beats.length > told);
  }
});

Deno.test("leases: each beat tells the others what this worker does by then", async () => {
  await using world = await leaseWorld({ isWatched: false });
  assertEquals((await world.told())?.running, []);
  world.said.push(["anything", 0]);
  await world.hand.pass(leaseTimes.beatMs + leaseTimes.lookMs);
  assertEquals((await world.told())?.running, [0]);
});
