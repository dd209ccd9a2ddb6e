import { assert, assertEquals } from "@std/assert";
import * as fc from "fast-check";
import { addHistogram, boundMs, type Histogram, observe, quantileOf } from "../../core/domain/histogram.ts";

function of(durations: number[]): Histogram {
  const histogram: Histogram = {};
  for (const duration of durations) observe(histogram, duration);
  return histogram;
}

Deno.test("observe() puts a duration into the bucket whose bound is the next above", () => {
  assertEquals(of([0, 1, 999, 1_000]), { 0: 4 });
  assertEquals(of([1_001, 1_189]), { 1: 2 });
  assertEquals(of([2_000]), { 4: 1 });
  assertEquals([boundMs(0), boundMs(4), boundMs(40)], [1_000, 2_000, 1_024_000]);
});

Deno.test("observe() has a last bucket", () => {
  assertEquals(Object.keys(of([1e12, 1e15])), ["84"]);
});

Deno.test("quantileOf() of nothing is null", () => {
  assertEquals(quantileOf({}, 0.5), null);
});

Deno.test("quantileOf() is never below the exact one, and less than a factor of 1.19 above it", () => {
  fc.assert(fc.property(
    fc.array(fc.integer({ min: 1_000, max: 1_000_000_000 }), { minLength: 1, maxLength: 50 }),
    fc.constantFrom(0.5, 0.9, 1),
    (durations, share) => {
      const exact = durations.toSorted((a, b) => a - b)[Math.ceil(durations.length * share) - 1]!;
      const found = quantileOf(of(durations), share)!;
      assert(found >= exact * 0.9999 && found <= exact * 1.1893, `${found} of ${exact}`);
    },
  ));
});

Deno.test("addHistogram() is what observing both at once gives", () => {
  const sum = of([1, 5_000]);
  addHistogram(sum, of([5_000, 90_000]));
  assertEquals(sum, of([1, 5_000, 5_000, 90_000]));
});
