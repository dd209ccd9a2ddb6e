// Dragging a queued task to another place. Only a task of the same priority takes it: higher priority goes first.

import type { TaskView } from "../../core/view/task_view.ts";
import type { Store } from "../state/store.ts";
import { moveTask } from "./queue_actions.ts";

/** What is dragged now; one at a time. */
let dragged: TaskView | null = null;

/** What makes an element of the queue one that can be dragged, and dropped upon. */
export function queueDrag(store: Store, task: TaskView) {
  const isMovable = task.status === "pending" && !task.cancel_requested;
  return {
    draggable: isMovable,
    onDragStart(event: DragEvent) {
      dragged = task;
      event.dataTransfer?.setData("text/plain", `#${task.id}`);
      if (event.dataTransfer) event.dataTransfer.effectAllowed = "move";
    },
    onDragEnd() {
      dragged = null;
      for (const element of document.querySelectorAll("[data-drop]")) element.removeAttribute("data-drop");
    },
    onDragOver(event: DragEvent) {
      const element = event.currentTarget as HTMLElement;
      if (!dragged || dragged.id === task.id) return;
      if (dragged.priority !== task.priority || !isMovable) return void (element.dataset.drop = "no");
      event.preventDefault();
      element.dataset.drop = sideOf(event, element);
    },
    onDragLeave(event: DragEvent) {
      delete (event.currentTarget as HTMLElement).dataset.drop;
    },
    onDrop(event: DragEvent) {
      const element = event.currentTarget as HTMLElement;
      delete element.dataset.drop;
      if (!dragged) return;
      event.preventDefault();
      void moveTask(store, dragged.id, sideOf(event, element) === "before" ? { before: task.id } : { after: task.id });
    },
  };
}

function sideOf(event: DragEvent, element: HTMLElement): "before" | "after" {
  const { top, height } = element.getBoundingClientRect();
  return event.clientY < top + height / 2 ? "before" : "after";
}
