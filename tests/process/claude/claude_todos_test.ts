// The agent's own list, as its tools keep it; on a recording and on what claude may say besides.

import { assertEquals } from "@std/assert";
import { readClaudeLine } from "../../../core/process/claude/claude_message.ts";
import { newClaudeState } from "../../../core/process/claude/claude_state.ts";

type Change = { changes: unknown[]; whole: boolean };

function changesIn(lines: string[]): Change[] {
  const state = newClaudeState();
  return lines.flatMap((line) => readClaudeLine(line, state)).flatMap((item) =>
    item.type === "event" && item.event.type === "todos.changed" ? [item.event.data] : []
  );
}

function call(name: string, input: unknown, { id = name, parent = null as string | null } = {}): string {
  const content = [{ type: "tool_use", id, name, input }];
  return JSON.stringify({ type: "assistant", message: { content }, parent_tool_use_id: parent });
}

function answer(id: string, text: string, is_error = false): string {
  const content = [{ type: "tool_result", tool_use_id: id, content: text, is_error }];
  return JSON.stringify({ type: "user", message: { content } });
}

Deno.test("readClaudeLine() tells of an item that the recorded claude put on its list", async () => {
  const file = new URL("../../fixtures/claude_stream/edit.ndjson", import.meta.url);
  assertEquals(changesIn((await Deno.readTextFile(file)).split("\n")), [
    { changes: [{ id: "1", text: "Add greet.ts", status: "pending" }], whole: false },
  ]);
});

Deno.test("readClaudeLine() tells of items that are changed, renamed and deleted, once the call went well", () => {
  const lines = [
    call("TaskUpdate", { taskId: "1", status: "in_progress" }, { id: "a" }),
    call("TaskUpdate", { taskId: 2, subject: "Other\nwords" }, { id: "b" }),
    call("TaskUpdate", { taskId: "3", status: "deleted" }, { id: "c" }),
    call("TaskUpdate", { taskId: "4", status: "completed" }, { id: "refused" }),
    answer("b", "Updated task #2"),
    answer("a", "Updated task #1 status"),
    answer("refused", "Task not found", true),
    answer("c", "Deleted"),
    answer("c", "twice"),
  ];
  assertEquals(changesIn(lines), [
    { changes: [{ id: "2", text: "Other words" }], whole: false },
    { changes: [{ id: "1", status: "in_progress" }], whole: false },
    { changes: [{ id: "3", status: "deleted" }], whole: false },
  ]);
});

Deno.test("readClaudeLine() takes a whole list, and leaves out those of subagents and what is none", () => {
  const todos = [{ content: "One", status: "completed" }, { content: "Two", status: "odd" }, "no todo"];
  const lines = [
    call("TodoWrite", { todos }),
    call("TodoWrite", { todos: "none" }, { id: "bad" }),
    call("TodoWrite", { todos }, { id: "sub", parent: "agent" }),
    call("TaskCreate", { subject: "New" }, { id: "nameless" }),
    call("TaskUpdate", { taskId: "1" }, { id: "empty" }),
    ...["TodoWrite", "bad", "sub", "nameless", "empty"].map((id) => answer(id, "Done")),
  ];
  assertEquals(changesIn(lines), [{
    changes: [{ id: "1", text: "One", status: "completed" }, { id: "2", text: "Two", status: "pending" }],
    whole: true,
  }]);
});

Deno.test("readClaudeLine() says which images a tool answered with, and nothing of what no browser shows", () => {
  const image = (media_type: string) => ({ type: "image", source: { type: "base64", media_type, data: "AAAA" } });
  const content = [{ type: "text", text: "Two" }, image("image/png"), image("image/svg+xml"), image("image/webp")];
  const block = { type: "tool_result", tool_use_id: "a", content };
  const [item] = readClaudeLine(JSON.stringify({ type: "user", message: { content: [block] } }), newClaudeState());
  assertEquals(item?.type === "event" && item.event.data, {
    id: "a",
    is_error: false,
    text: "Two\n[image image/png, 1 KB]\n[image image/svg+xml, 1 KB]\n[image image/webp, 1 KB]",
    images: [{ media_type: "image/png", bytes: 3 }, { media_type: "image/webp", bytes: 3 }],
  });
});
