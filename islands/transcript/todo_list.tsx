// The agent's own list of what is to be done, over the transcript, so that it stays in view. It folds to the item in hand.

import { useEffect } from "preact/hooks";
import { useSignal } from "@preact/signals";
import { Checklist } from "../parts/checklist.tsx";
import { Icon } from "../parts/icon.tsx";
import type { OpenTask } from "../state/open_task.ts";

const key = "coder.todos";

export function TodoList({ open }: { open: OpenTask }) {
  const { todos, status } = open.shown.value;
  const isAtWork = status === "in_progress";
  const isOpen = useSignal(true);
  useEffect(() => {
    if (localStorage.getItem(key) === "folded") isOpen.value = false;
  }, []);
  if (todos.length === 0) return null;
  const done = todos.filter(({ status }) => status === "completed").length;
  const current = todos.find(({ status }) => status === "in_progress") ??
    todos.find(({ status }) => status === "pending");
  return (
    <details
      class="todos"
      open={isOpen.value}
      onToggle={(event) => {
        const now = (event.currentTarget as HTMLDetailsElement).open;
        if (now === isOpen.peek()) return;
        isOpen.value = now;
        localStorage.setItem(key, now ? "open" : "folded");
      }}
    >
      <summary>
        <Icon name="chevron" />
        <span class="todos-count num">{done} of {todos.length} done</span>
        <progress value={done} max={todos.length} aria-label="Done of the agent's list" />
        {!isOpen.value && current && <bdi class="todos-current muted">{current.text}</bdi>}
      </summary>
      <Checklist todos={todos} isAtWork={isAtWork} />
    </details>
  );
}
