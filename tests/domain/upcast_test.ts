import { assertEquals } from "@std/assert";
import fc from "fast-check";
import type { TaskEvent } from "../../core/domain/event.ts";
import { upcast } from "../../core/domain/upcast.ts";
import { runs } from "../support/runs.ts";
import { legalHistories, texts } from "./histories.ts";

Deno.test("upcast() gives back an event of the present version as it is", () => {
  fc.assert(
    fc.property(legalHistories({ texts: texts({ maxLength: 100 }) }), ({ events }) => {
      for (const event of events) assertEquals(upcast(event) === event, true);
    }),
    { numRuns: runs(30) },
  );
});

Deno.test("upcast() gives back an unknown type and a newer version as they are", () => {
  for (const [type, v] of [["moon.risen", 1], ["moon.risen", 7], ["task.created", 99], ["toString", 1]] as const) {
    const event = { seq: 1, type, at: "2026-01-01T00:00:00.000Z", task: 1, v, data: {} } as unknown as TaskEvent;
    assertEquals(upcast(event) === event, true);
  }
});
