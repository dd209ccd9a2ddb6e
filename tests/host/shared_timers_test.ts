import { assertEquals } from "@std/assert";
import { sharedTimers } from "../../core/host/shared_timers.ts";

/** A clock that goes on by itself only when told, and counts the timers that were set. */
function handClock() {
  let now = 0;
  let set = 0;
  const timers = new Set<{ at: number; callback: () => void }>();
  return {
    monotonic: () => now,
    timer(ms: number, callback: () => void) {
      set++;
      const one = { at: now + ms, callback };
      timers.add(one);
      return () => void timers.delete(one);
    },
    get set() {
      return set;
    },
    get open() {
      return timers.size;
    },
    goTo(to: number) {
      for (;;) {
        const [next] = [...timers].filter(({ at }) => at <= to).sort((a, b) => a.at - b.at);
        if (!next) break;
        timers.delete(next);
        now = next.at;
        next.callback();
      }
      now = to;
    },
  };
}

Deno.test("sharedTimers() rings each bound at its time, with one timer for all that have its length", () => {
  const clock = handClock();
  const timer = sharedTimers(clock);
  const rung: string[] = [];
  const say = (name: string) => () => void rung.push(`${name} ${clock.monotonic()}`);
  timer(10_000, say("first"));
  clock.goTo(4_000);
  const cancel = timer(10_000, say("cancelled"));
  timer(10_000, say("second"));
  timer(20_000, say("longer"));
  cancel();
  assertEquals([clock.set, clock.open], [2, 2]);
  clock.goTo(30_000);
  assertEquals(rung, ["first 10000", "second 14000", "longer 24000"]);
  assertEquals(clock.open, 0, "nothing rings once nobody waits");
  timer(10_000, say("again"));
  clock.goTo(40_000);
  assertEquals(rung.at(-1), "again 40000");
});

Deno.test("sharedTimers() rings what is added while it rings, and sets a timer of its own for what is no bound", () => {
  const clock = handClock();
  const timer = sharedTimers(clock);
  const rung: number[] = [];
  timer(5_000, () => void timer(5_000, () => rung.push(clock.monotonic())));
  timer(1_234.5, () => rung.push(clock.monotonic()));
  timer(5_001, () => rung.push(clock.monotonic()))();
  clock.goTo(60_000);
  assertEquals(rung, [1_234.5, 10_000]);
});
