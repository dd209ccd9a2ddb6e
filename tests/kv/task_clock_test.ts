import { assertEquals } from "@std/assert";
import { systemClock } from "../../core/host/system.ts";
import { TaskClock } from "../../core/kv/task_clock.ts";

function clocks() {
  const at = { wall: 1_000_000, monotonic: 5 };
  const clock = { ...systemClock, now: () => at.wall, monotonic: () => at.monotonic };
  const pass = (ms: number) => {
    at.wall += ms;
    at.monotonic += ms;
  };
  return { at, pass, times: new TaskClock(clock) };
}
const iso = (ms: number) => new Date(ms).toISOString();

Deno.test("the time of a task's events is this machine's", () => {
  const { times } = clocks();
  assertEquals(times.now(1, undefined), 1_000_000);
  assertEquals(times.now(1, iso(999_000)), 1_000_000);
});

Deno.test("after an event of a clock that runs ahead time goes on from there at its pace", () => {
  const { times, pass } = clocks();
  const start = 1_000_000 + 1_200_000;
  assertEquals(times.now(1, iso(start)), start);
  pass(250);
  assertEquals(times.now(1, iso(start)), start + 250);
  pass(250);
  assertEquals(times.now(1, iso(start + 250)), start + 500);
  assertEquals(times.now(2, undefined), 1_000_500, "another task is not led astray");
});

Deno.test("a clock that was set back and right again leaves no trace", () => {
  const { times, at, pass } = clocks();
  at.wall -= 3_600_000;
  assertEquals(times.now(1, iso(1_000_000)), 1_000_000);
  at.wall += 3_600_000;
  pass(100);
  assertEquals(times.now(1, iso(1_000_000)), 1_000_100);
});
