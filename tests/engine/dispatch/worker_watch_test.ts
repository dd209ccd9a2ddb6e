import { assertEquals } from "@std/assert";
import type { WorkerAbout } from "../../../core/domain/worker.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import type { LiveBoard } from "../../../core/engine/dispatch/board.ts";
import { leaseTimes, WorkerWatch } from "../../../core/engine/dispatch/worker_watch.ts";
import type { Beat } from "../../../core/kv/worker_beat.ts";

const aboutOther: WorkerAbout = {
  name: "other",
  version: "1.0.0",
  repos: ["shop"],
  labels: {},
  slots: 2,
  free: 2,
  running: [],
  paused: null,
  draining: false,
  disk: null,
  confinement: "off",
  url: null,
};

/** A watch beside one other worker, whose beat is a number; each look takes no time. */
function watching() {
  let now = 0;
  let count = 1;
  let isAway = false;
  let about: WorkerAbout | undefined;
  let isGone = false;
  const look = () =>
    isAway ? Promise.reject(new Error("away")) : Promise.resolve({
      draining: new Set<string>(),
      beats: new Map<string, Beat>([
        ...(isGone ? [] : [["other", { start: "s", count, name: "other", about }]] as const),
      ]),
    });
  const context = {
    store: { beats: { look } },
    clock: { monotonic: () => now },
    worker: { id: "own", name: "own" },
  } as unknown as EngineContext;
  const watch = new WorkerWatch(context, {
    board: { entries: [{ runner: null, holder: "other" }] } as unknown as LiveBoard,
    endSurvivors: () => Promise.resolve(0),
    drains: { listen: () => () => {} },
    slots: { look: () => Promise.resolve() },
  });
  return {
    watch,
    beat: () => void count++,
    /** The record of its beat is away. */
    retire: () => void (isGone = true),
    tell: (words: WorkerAbout) => void (about = words),
    away: (is: boolean) => void (isAway = is),
    async look(ms: number) {
      for (const until = now + ms; now < until;) {
        now += leaseTimes.observeMs;
        await watch.observe();
      }
      return [...watch.dead];
    },
  };
}

Deno.test("a worker is dead when its beat has stood still for 15 s, and alive again with its next one", async () => {
  const { look, beat } = watching();
  assertEquals(await look(leaseTimes.deadMs), []);
  assertEquals(await look(leaseTimes.observeMs), ["other"]);
  beat();
  assertEquals(await look(leaseTimes.observeMs), []);
});

Deno.test("an outage of the store ages nobody, however long it is; what was seen before it counts on", async () => {
  const { look, away } = watching();
  await look(10_000);
  away(true);
  assertEquals(await look(60_000), []);
  away(false);
  assertEquals(await look(4_000), [], "9 s before and 3 s since, between looks that succeeded");
  assertEquals(await look(4_000), ["other"]);
});

Deno.test("what a worker tells with its beat is known until it tells something else, also when its record is gone", async () => {
  const { watch, look, beat, tell, retire } = watching();
  const known = () => watch.known.get("other");
  await look(leaseTimes.observeMs);
  assertEquals(known(), { name: "other", state: "alive", stillMs: 0, about: null }, "an older program tells nothing");
  const about: WorkerAbout = { ...aboutOther, free: 1, running: [7] };
  tell(about);
  beat();
  await look(leaseTimes.observeMs);
  assertEquals(known(), { name: "other", state: "alive", stillMs: 0, about });
  await look(leaseTimes.silentMs);
  assertEquals(known()?.state, "alive");
  await look(leaseTimes.observeMs);
  assertEquals(known()?.state, "silent");
  await look(leaseTimes.deadMs);
  assertEquals(known()?.state, "dead");
  retire();
  await look(leaseTimes.observeMs);
  assertEquals(known(), { name: "other", state: "alive", stillMs: 0, about }, "the end of its beat moved it");
});
