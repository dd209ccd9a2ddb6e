import { assertEquals } from "@std/assert";
import type { TaskView } from "../../../core/view/task_view.ts";
import { noticesBetween } from "../../../islands/notify/board_notices.ts";
import type { BoardState } from "../../../islands/state/board_state.ts";
import { history, viewOf } from "../sample_events.ts";

const pending = viewOf(history(["task.created"]));

function board(open: number, ...tasks: Partial<TaskView>[]): BoardState {
  const counts = { needs_you: 0, review: 0, running: open, queue: 0, done: 0 };
  return { tasks: new Map(tasks.map((task) => [task.id!, { ...pending, ...task }])), counts };
}

const titles = (before: BoardState | null, after: BoardState) =>
  noticesBetween(before, after).map(({ title }) => title);

Deno.test("a task that needs somebody or failed is told once, when it comes to that", () => {
  const running = board(2, { id: 1, status: "in_progress" }, { id: 2, status: "in_progress" });
  const after = board(1, { id: 1, status: "awaiting_approval" }, { id: 2, status: "failed" });
  assertEquals(titles(running, after), ["Task 1 needs you", "Task 2 failed"]);
  assertEquals(titles(after, after), []);
});

Deno.test("the first board, a task that was not there and one that is simply done tell nothing", () => {
  const failed = board(1, { id: 1, status: "failed" });
  assertEquals(titles(null, failed), []);
  assertEquals(titles(board(1), failed), []);
  const done = board(1, { id: 1, status: "completed" });
  assertEquals(titles(board(1, { id: 1, status: "in_progress" }), done), []);
});

Deno.test("the last one of several that is done is told", () => {
  assertEquals(titles(board(1), board(0)), ["All done"]);
  assertEquals(titles(board(0), board(0)), []);
});
