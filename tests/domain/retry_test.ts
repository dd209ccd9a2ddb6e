import { assertEquals } from "@std/assert";
import { dueInMs, pauseDelayMs, retryDelayMs } from "../../core/domain/retry.ts";

Deno.test("retryDelayMs() doubles from 10 s to at most 5 minutes", () => {
  assertEquals([1, 2, 3, 4, 5, 6, 20, 2_000].map(retryDelayMs), [
    10_000,
    20_000,
    40_000,
    80_000,
    160_000,
    300_000,
    300_000,
    300_000,
  ]);
});

Deno.test("pauseDelayMs() doubles from 5 to at most 60 minutes", () => {
  const minutes = [1, 2, 3, 4, 5, 6, 2_000].map((pauses) => pauseDelayMs(pauses) / 60_000);
  assertEquals(minutes, [5, 10, 20, 40, 60, 60, 60]);
});

Deno.test("dueInMs() is the time that is left, and nothing for a time that no retry waits for", () => {
  const now = Date.parse("2026-01-01T12:00:00.000Z");
  const inMs = (ms: number) => dueInMs(new Date(now + ms).toISOString(), now);
  assertEquals([dueInMs(null, now), inMs(-1), inMs(0), inMs(10_000), inMs(300_000)], [0, 0, 0, 10_000, 300_000]);
  assertEquals(inMs(300_001), 0, "a clock ran ahead, or was set back since");
});
