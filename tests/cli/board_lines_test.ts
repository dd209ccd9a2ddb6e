import { assert, assertEquals } from "@std/assert";
import stringWidth from "string-width";
import { screenOn } from "../../cli/terminal/screen.ts";
import { boardLines } from "../../cli/watch/watch_board.ts";
import { isAtEnd, outcomeCode } from "../../cli/watch/outcome.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { begun, history, type Sample, viewOf } from "../islands/sample_events.ts";
import { paper } from "./paper.ts";

const completed: Sample[] = [...begun, ["run.finished"], ["task.completed"]];
const failed: Sample[] = [
  ...begun,
  ["run.finished", { outcome: "failed", then: "settle", error: "Broken" }],
  ["task.failed", { error: "Broken", reason: "failed" }],
];
const pending = viewOf(history(begun[0]!));
const now = Date.parse("2026-03-01T10:05:00.000Z");

function numbered(task: TaskView, id: number, changes: Partial<TaskView> = {}): TaskView {
  return { ...task, id, ...changes };
}

Deno.test("boardLines() has what needs somebody first, what is over last, and the queue in its order", () => {
  const tasks = [
    numbered(viewOf(history(...completed)), 1),
    numbered(pending, 2, { queue_position: 2 }),
    numbered(pending, 3, { queue_position: 1 }),
    numbered(viewOf(history(...begun)), 4),
    numbered(pending, 5, { status: "awaiting_approval" }),
    numbered(viewOf(history(...failed)), 6),
  ];
  const out = paper({ columns: 80 });
  const lines = boardLines(tasks, { out, now });
  assertEquals(lines.map((line) => /#(\d)/.exec(line)?.[1]).join(""), "543216");
  for (const line of lines) assert(stringWidth(line) <= 80, line);
  assertEquals(lines.map((line) => line[0]).join("").replace(/[⠋-⣿]/, "*"), "!*··✓✗");
});

Deno.test("boardLines() draws no more lines than there is room for, and says how many are left out", () => {
  const tasks = Array.from({ length: 30 }, (_, at) => numbered(pending, at + 1));
  const lines = boardLines(tasks, { out: paper({ columns: 60, rows: 10 }), now });
  assertEquals([lines.length, lines.at(-1)], [7, "  and 24 more"]);
});

Deno.test("a screen draws in place, prints above, and draws nothing to a file", () => {
  const terminal = paper({ columns: 80 });
  {
    using screen = screenOn(terminal);
    screen.draw(["a", "b"]);
    screen.print("said");
    screen.draw(["c"]);
    screen.aside(() => terminal.write("aside\n"));
  }
  assertEquals(
    terminal.text,
    "a\nb\n\r\x1b[2A\x1b[Jsaid\na\nb\n\r\x1b[2A\x1b[Jc\n\r\x1b[1A\x1b[Jaside\nc\n\r\x1b[1A\x1b[J",
  );
  const file = paper();
  using screen = screenOn(file);
  screen.draw(["a"]);
  screen.print("said");
  assertEquals(file.text, "said\n");
});

Deno.test("outcomeCode() is 0 for what is completed, unless its work was to land and did not", () => {
  const done = viewOf(history(...completed));
  const end = { outcome: "conflict" } as TaskView["last_landing"];
  assertEquals(outcomeCode(done), 0);
  assertEquals(outcomeCode({ ...done, review: "open", last_landing: end }), 1);
  assertEquals(outcomeCode({ ...done, review: "accepted", last_landing: end }), 0);
  assertEquals(outcomeCode(viewOf(history(...failed))), 1);
});

Deno.test("isAtEnd() is true of what is over and not to land, and of what was imported, however far it was", () => {
  const done = viewOf(history(...completed));
  const landing = { seq: 9 } as TaskView["landing"];
  const imported = { store: "s" } as TaskView["imported"];
  assertEquals([done, { ...done, landing }, pending].map(isAtEnd), [true, false, false]);
  assertEquals([{ ...done, landing, imported }, { ...pending, imported }].map(isAtEnd), [true, true]);
});
