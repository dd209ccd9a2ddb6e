// A queued task: one line with its place, its title and its priority. It is dragged to another place among those of its priority;
// by keys Shift J and Shift K do the same.

import { useComputed } from "@preact/signals";
import type { TaskView } from "../../core/view/task_view.ts";
import { waitingWord } from "../../core/view/waiting.ts";
import { duration } from "../../core/view/format.ts";
import { openTask } from "../state/actions.ts";
import { type Store, useStore } from "../state/store.ts";
import { CardTools } from "./card_menu.tsx";
import { CardHit, Repository, Tags } from "./card_parts.tsx";
import { queueDrag } from "./queue_drag.ts";

export function QueueRow({ task }: { task: TaskView }) {
  const store = useStore();
  const selected = useComputed(() => store.selected.value === task.id).value;
  const isOpen = useComputed(() => store.open.value?.id === task.id).value;
  const isPicked = useComputed(() => store.picked.value.has(task.id)).value;
  const note = noteOf(task, store);
  const open = (event: MouseEvent) => {
    if (event.metaKey || event.ctrlKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    void openTask(store, task.id);
  };
  return (
    <li class={`card-item${isPicked ? " picked" : ""}`} {...queueDrag(store, task)}>
      <a
        class={`card row${selected ? " selected" : ""}`}
        href={`/?task=${task.id}`}
        data-card={task.id}
        draggable={false}
        aria-current={isOpen ? "true" : undefined}
        title={task.waiting ?? undefined}
        onClick={open}
        onFocus={() => store.selected.value = task.id}
      >
        <span class="position num">
          {task.queue_position !== null && <span class="visually-hidden">Place</span>}
          {task.queue_position ?? ""}
        </span>
        <span class="card-title">
          <bdi>{task.title}</bdi>
        </span>
        <Tags tags={task.tags} />
        {note && <span class={`row-note${note.isBlocked ? " tone-need" : ""}`}>{note.word}</span>}
        {task.mode === "plan" && <span class="row-note">plan first</span>}
        <Repository task={task} />
        {task.attempts > 0 && task.attempts < task.max_attempts && (
          <span class="row-note num">attempt {task.attempts + 1}/{task.max_attempts}</span>
        )}
        <span class="card-id num">#{task.id}</span>
        {task.priority !== 0 && (
          <span class={`priority num${task.priority < 0 ? " low" : ""}`} title={`Priority ${task.priority}`}>
            <span class="visually-hidden">priority</span> {task.priority}
          </span>
        )}
      </a>
      <CardHit id={task.id} />
      <CardTools task={task} />
    </li>
  );
}

/** What is in its way, where it is not the slots alone: that is said once for all of them. */
function noteOf(task: TaskView, { now }: Store): { word: string; isBlocked: boolean } | null {
  if (task.cancel_requested) return { word: "Cancelling", isBlocked: false };
  const { kind, word } = waitingWord(task, { now: task.due_at === null ? 0 : now.value, words: duration });
  if (kind !== "queued") return { word, isBlocked: kind === "blocked" };
  return task.queue_position === null && task.waiting !== null ? { word: task.waiting, isBlocked: false } : null;
}
