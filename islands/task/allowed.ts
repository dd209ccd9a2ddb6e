// What a task takes in its state. Pure, and apart from the buttons, since the keys of every page ask it.

import { isOver } from "../../core/domain/task.ts";
import type { TaskView } from "../../core/view/task_view.ts";

/** Whether its agent can be told something: it runs, or can go on where its work is. */
export function takesMessage(task: TaskView): boolean {
  if (task.cancel_requested || task.landing !== null) return false;
  if (task.status === "in_progress") return true;
  const hasPlace = task.worktree !== null || task.snapshot !== null || task.base_commit === null;
  return isOver(task.status) && !task.trial && hasPlace;
}

export function canRetry(task: TaskView): boolean {
  return isOver(task.status) && task.landing === null;
}
