import { assertEquals, assertMatch } from "@std/assert";
import type { NewEvent } from "../../../core/domain/event.ts";
import { pauseDelayMs } from "../../../core/domain/retry.ts";
import type { EngineContext } from "../../../core/engine/context.ts";
import { dispatchPause } from "../../../core/engine/dispatch/dispatch_pause.ts";
import type { AppendRequest } from "../../../core/kv/commit_batch.ts";
import { dawn, iso } from "../../domain/world.ts";

/** A pause whose clock stands still; `jitter` is what chance says. */
function world({ jitter = 0 } = {}) {
  const waits: { ms: number; callback: () => void }[] = [];
  const notes: NewEvent[] = [];
  let changes = 0;
  const context = {
    clock: {
      now: () => dawn,
      timer(ms: number, callback: () => void) {
        const wait = { ms, callback };
        waits.push(wait);
        return () => void waits.splice(waits.indexOf(wait), 1);
      },
    },
    random: { float: () => jitter },
    worker: { id: "worker-1", name: "laptop" },
    store: {
      writer: {
        append({ decide }: AppendRequest) {
          notes.push(...decide(null, { now: dawn, seq: 1 } as never) as NewEvent[]);
          return Promise.resolve({});
        },
      },
    },
    warn(message: string) {
      throw new Error(message);
    },
  } as unknown as EngineContext;
  const pause = dispatchPause(context, () => changes++);
  return {
    pause,
    waits: () => waits.map(({ ms }) => ms),
    elapse: () => waits.shift()!.callback(),
    notes: () => notes.map(({ type, data }) => [type, data]),
    changes: () => changes,
  };
}

const early = { early: true, error: "No such model" };

Deno.test("three runs in a row that fail early pause the worker, and one that did not begins the count anew", () => {
  const { pause, changes } = world();
  for (const run of [early, early, { early: false, error: null }, early, early]) pause.runEnded(run);
  assertEquals([pause.current(), changes()], [null, 0]);
  pause.runEnded(early);
  assertMatch(pause.current()!.reason, /^3 runs in a row .* the last: No such model$/);
  assertEquals(changes(), 1);
});

Deno.test("a pause ends when the environment said so, else it is longer each time until a run goes well", () => {
  const { pause, waits, elapse } = world();
  pause.pause("Usage limit", dawn + 90_000);
  assertEquals([waits(), pause.current()], [[90_000], { reason: "Usage limit", until: iso(dawn + 90_000) }]);
  elapse();
  assertEquals([pause.current(), waits()], [null, []]);
  for (const inARow of [2, 3]) {
    pause.pause("Overloaded", null);
    assertEquals(waits(), [pauseDelayMs(inARow)]);
    elapse();
  }
  pause.runEnded({ early: false, error: null });
  pause.pause("Overloaded", null);
  assertEquals(waits(), [pauseDelayMs(1)]);
});

Deno.test("a pause whose end is over already still lasts a moment", () => {
  const { pause, waits } = world();
  pause.pause("Usage limit", dawn - 90_000);
  assertEquals(waits(), [1_000]);
});

Deno.test("several workers come back apart from each other: by a share of the pause, a minute at most", () => {
  for (const [ms, jittered] of [[100_000, 105_000], [10 * 3_600_000, 10 * 3_600_000 + 60_000]] as const) {
    const { pause, waits } = world({ jitter: 1 });
    pause.pause("Usage limit", dawn + ms);
    assertEquals(waits(), [jittered]);
  }
});

Deno.test("the first reason for a pause stays, and each pause and its end is noted once", () => {
  const { pause, waits, notes, changes } = world();
  pause.resume();
  pause.pause("Overloaded", null);
  const until = pause.current()!.until;
  pause.pause("Usage limit", dawn + 1_000);
  assertEquals([pause.current(), waits().length], [{ reason: "Overloaded", until }, 1]);
  pause.resume();
  pause.resume();
  assertEquals([pause.current(), waits(), changes()], [null, [], 2]);
  assertEquals(notes(), [
    ["service.paused", { worker: "worker-1", reason: "Overloaded", until }],
    ["service.resumed", { worker: "worker-1" }],
  ]);
});

Deno.test("resume() forgets the failures before it", () => {
  const { pause } = world();
  for (let run = 0; run < 3; run++) pause.runEnded(early);
  pause.resume();
  pause.runEnded(early);
  assertEquals(pause.current(), null);
});

Deno.test("close() leaves no timer behind", () => {
  const { pause, waits } = world();
  pause.pause("Overloaded", null);
  pause.close();
  assertEquals(waits(), []);
});
