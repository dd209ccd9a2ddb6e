// What is to be done and what is done, as an agent lists it.

import type { TodoStatus } from "../../core/domain/event.ts";
import { Icon } from "./icon.tsx";

const words = { pending: "To do:", in_progress: "In hand:", completed: "Done:" };

interface ChecklistProps {
  todos: readonly { text: string; status: TodoStatus }[];
  /** Whether somebody works at it now. */
  isAtWork: boolean;
}

export function Checklist({ todos, isAtWork }: ChecklistProps) {
  return (
    <ol class="checklist" tabIndex={0} aria-label="The agent's list">
      {todos.map(({ text, status }, index) => (
        <li key={index} class={`todo-${status}`}>
          <Icon name={status === "completed" ? "done" : status === "in_progress" && isAtWork ? "run" : "open"} />
          <span class="visually-hidden">{words[status]}</span>
          <bdi>{text}</bdi>
        </li>
      ))}
    </ol>
  );
}
