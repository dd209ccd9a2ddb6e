// The agent's own list of what is to be done, as it keeps it by its tools: the whole at once (TodoWrite), or item by item
// (TaskCreate, TaskUpdate). Nothing here throws.

import { type EventData, type TodoChange, todoStatuses } from "../../domain/event.ts";
import { isObject, type JsonObject, objectOf, stringOf } from "./json_value.ts";
import { oneLine } from "./tool_summary.ts";

type TodosChanged = EventData["todos.changed"];

/** Calls that are not answered are few; what exceeds this is no list that anybody reads. */
const callsMax = 100;
const itemsMax = 100;
const textMax = 120;

/** Remembers what a call would change, until it is answered. */
export function noteTodoCall(block: JsonObject, calls: Map<string, TodosChanged>): void {
  const change = changeOf(stringOf(block.name), objectOf(block.input));
  if (change !== null && calls.size < callsMax) calls.set(stringOf(block.id), change);
}

/** What a call that went well has changed; null: nothing of the list. */
export function answeredTodos(
  { id, is_error, text }: { id: string; is_error: boolean; text: string },
  calls: Map<string, TodosChanged>,
): TodosChanged | null {
  const change = calls.get(id);
  if (change === undefined) return null;
  calls.delete(id);
  if (is_error) return null;
  const [item] = change.changes;
  if (change.whole || item === undefined || item.id !== "") return change;
  // The number that a new item has is in the answer: `Task #1 created successfully: Add greet.ts`.
  const [, number] = /^Task #(\w{1,20}) created/.exec(text) ?? [];
  return number === undefined ? null : { changes: [{ ...item, id: number }], whole: false };
}

function changeOf(tool: string, input: JsonObject): TodosChanged | null {
  switch (tool) {
    case "TodoWrite":
      return Array.isArray(input.todos) ? { changes: listOf(input.todos), whole: true } : null;
    case "TaskCreate":
      return { changes: [{ id: "", text: wordsOf(input.subject), status: "pending" }], whole: false };
    case "TaskUpdate": {
      const id = stringOf(input.taskId).slice(0, 20);
      const [subject, status] = [wordsOf(input.subject), statusOf(input.status)];
      if (id === "" || (subject === "" && status === undefined)) return null;
      return { changes: [{ id, ...(subject && { text: subject }), ...(status && { status }) }], whole: false };
    }
    default:
      return null;
  }
}

function listOf(todos: unknown[]): TodoChange[] {
  return todos.filter(isObject).slice(0, itemsMax).map((todo, index) => ({
    id: String(index + 1),
    text: wordsOf(todo.content),
    status: statusOf(todo.status) ?? "pending",
  }));
}

function wordsOf(value: unknown): string {
  return oneLine(stringOf(value)).slice(0, textMax).toWellFormed();
}

function statusOf(value: unknown): TodoChange["status"] {
  return value === "deleted" ? value : todoStatuses.find((status) => status === value);
}
