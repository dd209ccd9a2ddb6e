import { assertEquals } from "@std/assert";
import { filterOf, waitsForBackground } from "../../core/view/task_state.ts";
import { begun, history, viewOf } from "../islands/sample_events.ts";

Deno.test("waitsForBackground() holds from the end of the turn until the background is empty", () => {
  const tasks = [{ id: "b1", kind: "shell", description: "Long tests" }];
  const events = history(
    ...begun,
    ["background.changed", { tasks, waiting: false }],
    ["background.changed", { tasks, waiting: true }],
    ["background.changed", { tasks: [], waiting: false }],
  );
  const waits = [5, 6, 7, 8].map((end) => waitsForBackground(viewOf(events.slice(0, end))));
  assertEquals(waits, [false, false, true, false]);
});

Deno.test("filterOf() takes a status that there is, and no other word", () => {
  const status = (word: string) => filterOf(new URLSearchParams({ status: word })).status;
  assertEquals(["failed", "constructor", "toString", ""].map(status), ["failed", null, null, null]);
});
