// A task's state: icon, word and colour together.

import type { TaskView } from "../core/domain/task_view.ts";
import { Icon } from "./icon.tsx";
import { useStore } from "./store.ts";
import { stateOf } from "./task_state.ts";

export function StateBadge({ task, now }: { task: TaskView; now?: number }) {
  const store = useStore();
  // Only a task that waits for a time has a word that changes by itself.
  const state = stateOf(task, now ?? (task.due_at === null ? 0 : store.now.value));
  return (
    <span class={`state tone-${state.tone}`}>
      <Icon name={state.icon} />
      {state.word}
    </span>
  );
}

export function Lines({ task }: { task: TaskView }) {
  if (!task.lines_added && !task.lines_removed) return null;
  return (
    <span class="lines num">
      <span class="add">+{task.lines_added ?? 0}</span> <span class="del">−{task.lines_removed ?? 0}</span>
    </span>
  );
}
