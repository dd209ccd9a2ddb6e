import { assertEquals } from "@std/assert";
import { columnContents, columnNames, columnOf } from "../../core/view/board_view.ts";

Deno.test("columnOf() puts a task where the one who must act looks", () => {
  const none = { blocked_by: [], review: null };
  assertEquals(columnOf({ status: "pending", blocked_by: [{ id: 4, status: "failed" }], review: null }), "needs_you");
  assertEquals(columnOf({ status: "pending", blocked_by: [{ id: 4, status: "in_progress" }], review: null }), "queue");
  assertEquals(columnOf({ status: "pending", ...none }), "queue");
  assertEquals(columnOf({ status: "awaiting_approval", ...none }), "needs_you");
  const imported = { store: "s", task: 1, events: 2, exported_at: "" };
  assertEquals(columnOf({ status: "awaiting_approval", ...none, imported }), "done");
  assertEquals(columnOf({ status: "in_progress", ...none }), "running");
  assertEquals(columnOf({ status: "failed", ...none }), "needs_you");
  assertEquals(columnOf({ status: "completed", ...none }), "done");
  assertEquals(columnOf({ ...none, status: "completed", review: "open" }), "review");
  assertEquals(columnOf({ ...none, status: "completed", review: "accepted" }), "done");
  assertEquals(columnOf({ status: "cancelled", ...none }), "done");
});

Deno.test("columnContents has every lane and every end in exactly one column", () => {
  const all = columnNames.flatMap((name) => [...columnContents[name].lanes, ...columnContents[name].ended]);
  assertEquals(all.sort(), [
    "approval",
    "cancelled",
    "completed",
    "failed",
    "in_review",
    "ready",
    "running",
    "stuck",
    "waiting",
  ]);
});
