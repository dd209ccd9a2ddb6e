import { assertEquals } from "@std/assert";
import { columnContents, columnNames, columnOf } from "../../core/view/board_view.ts";

Deno.test("columnOf() puts a task where the one who must act looks", () => {
  const none = { blocked_by: [] };
  assertEquals(columnOf({ status: "pending", blocked_by: [{ id: 4, status: "failed" }] }), "needs_you");
  assertEquals(columnOf({ status: "pending", blocked_by: [{ id: 4, status: "in_progress" }] }), "queue");
  assertEquals(columnOf({ status: "pending", ...none }), "queue");
  assertEquals(columnOf({ status: "awaiting_approval", ...none }), "needs_you");
  assertEquals(columnOf({ status: "in_progress", ...none }), "running");
  assertEquals(columnOf({ status: "failed", ...none }), "needs_you");
  assertEquals(columnOf({ status: "completed", ...none }), "done");
  assertEquals(columnOf({ status: "cancelled", ...none }), "done");
});

Deno.test("columnContents has every lane and every end in exactly one column", () => {
  const all = columnNames.flatMap((name) => [...columnContents[name].lanes, ...columnContents[name].ended]);
  assertEquals(all.sort(), ["approval", "cancelled", "completed", "failed", "ready", "running", "stuck", "waiting"]);
});
