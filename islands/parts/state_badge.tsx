// A task's state: icon, word and colour together.

import type { TaskView } from "../../core/view/task_view.ts";
import { Icon } from "./icon.tsx";
import { useStore } from "../state/store.ts";
import { stateOf } from "../../core/view/task_state.ts";

export function StateBadge({ task }: { task: TaskView }) {
  const store = useStore();
  // Only a task that waits for a time has a word that changes by itself.
  const state = stateOf(task, task.due_at === null ? 0 : store.now.value);
  return (
    <span class={`state tone-${state.tone}`}>
      <Icon name={state.icon} />
      {state.word}
    </span>
  );
}

/** `+12 −3`, without what is zero. */
export function Counts({ added, removed }: { added: number; removed: number }) {
  return (
    <span class="lines num">
      {added > 0 && <span class="add">+{added}</span>}
      {added > 0 && removed > 0 && " "}
      {removed > 0 && <span class="del">−{removed}</span>}
    </span>
  );
}

export function Lines({ task }: { task: TaskView }) {
  if (!task.lines_added && !task.lines_removed) return null;
  return <Counts added={task.lines_added ?? 0} removed={task.lines_removed ?? 0} />;
}
