// After the first run: what is done is not yet where the person wants it. Until the first work was taken, or the note is closed.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { columnNames } from "../../core/view/board_view.ts";
import { Icon } from "../parts/icon.tsx";
import { openTask } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { isFiltered } from "../../core/view/task_state.ts";

const key = "coder.first-work";
/** Who has more tasks has found the way. */
const tasksMax = 3;

export function FirstWork() {
  const store = useStore();
  const closed = useSignal(false);
  useEffect(() => {
    closed.value = localStorage.getItem(key) === "closed";
  }, []);
  const counts = store.board.value?.counts;
  const task = store.columns.value?.review.at(-1);
  if (!counts || !task || closed.value || counts.done > 0 || isFiltered(store.filter.value)) return null;
  if (columnNames.reduce((sum, name) => sum + counts[name], 0) > tasksMax) return null;
  const disabled = store.asleep;
  const get = async (kind: "landing" | "elsewhere") => {
    await openTask(store, task.id);
    const open = store.open.peek();
    if (open?.id === task.id) store.overlay.value = { kind, open };
  };
  return (
    <section class="first-work" aria-label="Get the work">
      <p>
        The work of <bdi>#{task.id} {task.title}</bdi> is done, in a branch of its own. Look at it, then get it.
      </p>
      <button type="button" disabled={disabled} onClick={() => openTask(store, task.id, "changes")}>
        <Icon name="file" />Look at the changes
      </button>
      <button type="button" class="primary" disabled={disabled} onClick={() => get("landing")}>
        <Icon name="done" />Get the work
      </button>
      <button type="button" disabled={disabled} onClick={() => get("elsewhere")}>
        <Icon name="branch" />Push, pull request, patch
      </button>
      <button
        type="button"
        class="quiet icon-only"
        aria-label="Close this note"
        title="Close this note"
        disabled={disabled}
        onClick={() => {
          closed.value = true;
          localStorage.setItem(key, "closed");
        }}
      >
        <Icon name="close" />
      </button>
    </section>
  );
}
