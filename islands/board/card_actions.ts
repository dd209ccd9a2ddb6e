// What can be done with one task from the board, by its menu and by keys: each with its word, its key and what it does.

import type { TaskView } from "../../core/view/task_view.ts";
import { columnOf } from "../../core/view/board_view.ts";
import { openForm } from "../form/open_form.ts";
import { give, retry } from "../landing/review_actions.ts";
import { offersOf } from "../../core/view/review_words.ts";
import type { IconName } from "../parts/icon.tsx";
import { command, openTask } from "../state/actions.ts";
import type { Store } from "../state/store.ts";
import { askCancel, canCancel } from "../task/cancel.ts";
import { canRetry, takesMessage } from "../task/allowed.ts";
import { moveBy, moveTask, pick } from "./queue_actions.ts";

export interface CardAction {
  word: string;
  icon: IconName;
  /** As `KeyboardEvent.key` says it; null: none. */
  key: string | null;
  run(): void;
}

export function cardActions(store: Store, task: TaskView): CardAction[] {
  const { id } = task;
  const actions: CardAction[] = [];
  const add = (word: string, icon: IconName, key: string | null, run: () => unknown) =>
    actions.push({ word, icon, key, run: () => void run() });
  if (task.status === "awaiting_approval" && !task.cancel_requested) {
    add("Approve the plan", "done", "a", () => command(store, id, { kind: "approve" }));
  }
  if (offersOf(task).accept) add("Accept: taken elsewhere", "done", "a", () => give(store, id, "accept"));
  if (canRetry(task)) add("Retry", "retry", "r", () => retry(store, task));
  if (task.status === "pending" && !task.cancel_requested) {
    add("Edit", "edit", "e", () => openForm(store, "edit", id));
  } else if (canRetry(task)) {
    add("Retry with changes", "edit", "e", () => openForm(store, "retry", id));
  }
  if (takesMessage(task)) add("Message", "message", "m", () => writeTo(store, id));
  if (columnOf(task) === "queue") {
    add("Move to the top", "top", "t", () => moveTask(store, id, { to: "first" }));
    add("Move up", "up", "K", () => moveBy(store, id, -1));
    add("Move down", "down", "J", () => moveBy(store, id, 1));
  }
  if (task.status === "pending" && !task.cancel_requested) {
    const { priority } = task;
    add("Priority", "priority", "+", () => store.overlay.value = { kind: "priority", ids: [id], priority });
  }
  add("Tags", "tag", null, () => store.overlay.value = { kind: "tags", task });
  // Where there is no board nobody sees what is selected.
  if (store.board.peek()) {
    add(store.picked.peek().has(id) ? "Unselect" : "Select", "check", "x", () => pick(store, id));
  }
  add("New from this", "plus", null, () => openForm(store, "new", id));
  if (canCancel(task)) add("Cancel", "fail", null, () => askCancel(store, task));
  return actions;
}

/** Frames in which the field of an opened task is looked for. */
const framesAtMost = 30;

async function writeTo(store: Store, id: number): Promise<void> {
  await openTask(store, id);
  for (let frame = 0; frame < framesAtMost; frame++) {
    const field = document.querySelector<HTMLElement>(".composer textarea:not(:disabled)");
    if (field) return field.focus();
    await new Promise((resolve) => requestAnimationFrame(resolve));
  }
}
