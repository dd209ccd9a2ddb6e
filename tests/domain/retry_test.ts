import { assertEquals } from "@std/assert";
import { pauseDelayMs, retryDelayMs } from "../../core/domain/retry.ts";

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
