import { assertEquals } from "@std/assert";
import { type Dependency, type WhyClaim, whyOf } from "../../core/view/why.ts";
import {
  awaitingHistory,
  begun,
  completedHistory,
  events,
  failedHistory,
  taskOf,
  why,
  worker,
} from "../domain/world.ts";

const claim: WhyClaim = { ...why, run: 1, attempt: 1, worker, at: "2026-01-01T00:00:01.000Z" };

function reasonOf(history: Parameters<typeof taskOf>, options: Partial<Parameters<typeof whyOf>[1]> = {}): string {
  return whyOf(taskOf(...history), { claim: null, dependencies: [], waiting: null, ...options }).reason;
}

Deno.test("whyOf() of a running task says how it was chosen", () => {
  assertEquals(
    reasonOf(begun(), { claim }),
    "Started because it was the only task that could start and 3 slots were free",
  );
  assertEquals(
    reasonOf(begun(), { claim: { ...claim, rank: 2, count: 7, free_slots: 1 } }),
    "Started because it was number 2 of 7 tasks that could start and 1 slot was free",
  );
});

Deno.test("whyOf() of a running task names the dependency that freed it last", () => {
  const dependencies: Dependency[] = [
    { id: 3, status: "completed", completed_at: "2026-01-01T00:00:00.500Z" },
    { id: 4, status: "completed", completed_at: "2026-01-01T00:00:00.900Z" },
    { id: 5, status: "completed", completed_at: "2025-12-31T00:00:00.000Z" },
    { id: 6, status: "pending", completed_at: null },
  ];
  assertEquals(
    reasonOf(begun(), { claim, dependencies }),
    "Started because it was the only task that could start and 3 slots were free; it had waited for #4",
  );
});

Deno.test("whyOf() of a pending task says what the board says now, or what its own facts say of the past", () => {
  assertEquals(reasonOf([events.created()], { waiting: "All 3 slots are busy" }), "All 3 slots are busy");
  assertEquals(reasonOf([events.created()]), "It could start and waited for a free slot");
  const dependencies: Dependency[] = [
    { id: 3, status: "in_progress", completed_at: null },
    { id: 4, status: "completed", completed_at: "2026-01-01T00:00:00.000Z" },
  ];
  assertEquals(reasonOf([events.created({ depends_on: [3, 4] })], { dependencies }), "After #3 (in progress)");
  const later = events.retryScheduled(2, "2026-01-01T00:01:00.000Z");
  assertEquals(reasonOf([...failedHistory().slice(0, -1), later]), "Next attempt at 2026-01-01T00:01:00.000Z");
});

Deno.test("whyOf() of every other status says it in a sentence", () => {
  assertEquals(reasonOf(awaitingHistory()), "Its plan waits for approval");
  assertEquals(reasonOf(completedHistory()), "It is completed");
  assertEquals(reasonOf(failedHistory()), "It failed (failed): It was failed");
  assertEquals(reasonOf([events.created(), events.cancelRequested(), events.cancelled()]), "It was cancelled");
  assertEquals(
    reasonOf([...begun(), events.finished(1, "failed", "settle")]),
    "Its run is over; its worktree is being put away",
  );
});
