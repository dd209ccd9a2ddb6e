// The list that an agent keeps of what is to be done, as the head of its task carries it. Pure.

import type { EventData } from "./event.ts";
import type { Todo } from "./task.ts";

/** More would weigh on every head; the transcript has them all. */
const todosMax = 50;

/** The list after a change. What is deleted goes, and what is not known yet comes last. */
export function changedTodos(before: readonly Todo[], { changes, whole }: EventData["todos.changed"]): Todo[] {
  const todos = new Map((whole ? [] : before).map((todo) => [todo.id, todo]));
  for (const { id, text, status } of changes) {
    if (status === "deleted") todos.delete(id);
    else {
      const known = todos.get(id);
      todos.set(id, { id, text: text ?? known?.text ?? `#${id}`, status: status ?? known?.status ?? "pending" });
    }
  }
  return [...todos.values()].slice(0, todosMax);
}
