import { assert, assertEquals } from "@std/assert";
import fc from "fast-check";
import { EventCache } from "../../../islands/stream/event_cache.ts";
import {
  type EventWindow,
  followed,
  newer,
  older,
  windowAtEnd,
  windowAtStart,
  windowMax,
  windowStep,
} from "../../../islands/state/event_window.ts";
import { history, type Sample } from "../sample_events.ts";

Deno.test("a window stays within the history and bounded, whatever is scrolled, played or received", () => {
  const move = fc.oneof(
    fc.constant({ kind: "older" as const }),
    fc.constant({ kind: "newer" as const }),
    fc.constant({ kind: "start" as const }),
    fc.constant({ kind: "end" as const }),
    fc.record({ kind: fc.constant("head" as const), by: fc.integer({ min: -3_000, max: 3_000 }), stuck: fc.boolean() }),
  );
  fc.assert(fc.property(fc.integer({ min: 1, max: 100_000 }), fc.array(move, { maxLength: 40 }), (start, moves) => {
    let head = start;
    let window: EventWindow = windowAtEnd(head);
    for (const one of moves) {
      if (one.kind === "older") window = older(window);
      if (one.kind === "newer") window = newer(window, head);
      if (one.kind === "start") window = windowAtStart(head);
      if (one.kind === "end") window = windowAtEnd(head);
      if (one.kind === "head") {
        head = Math.max(1, head + one.by);
        window = followed(window, head, { stuck: one.stuck });
        if (one.stuck) assertEquals(window.to, head);
      }
      assert(window.from >= 1 && window.to <= head && window.from <= window.to, JSON.stringify({ window, head }));
      assert(window.to - window.from + 1 <= windowMax + windowStep);
    }
  }));
});

Deno.test("EventCache reads each page once, goes on after a short answer, and lets old pages go", async () => {
  const events = history(...Array.from({ length: 6_000 }, (): Sample => ["output.text", { text: "x" }]));
  let reads = 0;
  const cache = new EventCache((after, limit) => {
    reads++;
    return Promise.resolve(events.slice(after, after + Math.min(limit, 120)));
  });
  await Promise.all([cache.load(150, 250), cache.load(150, 250)]);
  assert(cache.has(150, 250));
  const before = reads;
  await cache.load(160, 240);
  assertEquals(reads, before);
  for (let from = 1; from < 5_900; from += 200) await cache.load(from, from + 50);
  assertEquals(cache.get(1), undefined);
  assertEquals(cache.slice(5_801, 5_810).length, 10);
});
