// What can be done with a task as a whole: the buttons beside its title.

import { useSignal } from "@preact/signals";
import type { TaskView } from "../../core/view/task_view.ts";
import { openForm } from "../form/open_form.ts";
import { copy } from "../state/actions.ts";
import { Icon } from "../parts/icon.tsx";
import { type OpenTask, pageUrlOf } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { hasElsewhere } from "../landing/places.ts";
import { retry } from "../landing/review_actions.ts";
import { canRetry } from "./allowed.ts";
import { canCancel, cancel, secondStep } from "./cancel.ts";

/** Where there is little room they fold into one button. */
export function TaskActions({ open }: { open: OpenTask }) {
  const store = useStore();
  const isOpen = useSignal(false);
  const isPresent = open.at.value === null && !open.isRecorded;
  return (
    <div
      class="actions-box"
      onFocusOut={({ currentTarget, relatedTarget }) => {
        if (!currentTarget.contains(relatedTarget as Node | null)) isOpen.value = false;
      }}
    >
      {isPresent && (
        <button
          type="button"
          class="quiet icon-only actions-toggle"
          aria-label="Actions"
          title="Actions"
          aria-expanded={isOpen.value}
          disabled={store.asleep}
          onClick={() => isOpen.value = !isOpen.peek()}
        >
          <Icon name="more" />
        </button>
      )}
      {isPresent && (
        <div class={isOpen.value ? "actions open" : "actions"} onClick={() => isOpen.value = false}>
          <Present open={open} />
        </div>
      )}
      <CopyLink open={open} />
    </div>
  );
}

/** What is done with the task as it is now. */
function Present({ open }: { open: OpenTask }) {
  const store = useStore();
  const task = open.task.value;
  return (
    <>
      {canCancel(task) && <Cancel task={task} />}
      {canRetry(task) && (
        <button type="button" disabled={store.asleep} onClick={() => retry(store, task)}>
          <Icon name="retry" />Retry
        </button>
      )}
      {canRetry(task) && (
        <button
          type="button"
          disabled={store.asleep}
          onClick={() => openForm(store, "retry", task.id)}
        >
          <Icon name="edit" />Retry with changes
        </button>
      )}
      {task.status === "pending" && !task.cancel_requested && (
        <button
          type="button"
          disabled={store.asleep}
          onClick={() => openForm(store, "edit", task.id)}
        >
          <Icon name="edit" />Edit
        </button>
      )}
      {hasElsewhere(task) && (
        <button
          type="button"
          disabled={store.asleep}
          onClick={() => store.overlay.value = { kind: "elsewhere", open }}
        >
          <Icon name="expand" />Elsewhere
        </button>
      )}
      <button type="button" class="quiet" disabled={store.asleep} onClick={() => openForm(store, "new", task.id)}>
        <Icon name="plus" />New from this
      </button>
    </>
  );
}

const secondStepMs = 5_000;

/** In two steps where it cannot be taken back. */
function Cancel({ task }: { task: TaskView }) {
  const store = useStore();
  const busy = useSignal(false);
  const asking = useSignal(false);
  const second = secondStep(task);
  const press = async (event: Event) => {
    if (second !== null && !asking.peek()) {
      // The menu stays for the second step.
      event.stopPropagation();
      asking.value = true;
      setTimeout(() => asking.value = false, secondStepMs);
      return;
    }
    busy.value = true;
    await cancel(store, task);
    busy.value = false;
    asking.value = false;
  };
  return (
    <button
      type="button"
      disabled={busy.value || store.asleep.value}
      class={asking.value ? "danger" : ""}
      onClick={press}
    >
      <Icon name="fail" />
      {asking.value ? second : "Cancel"}
    </button>
  );
}

/** Of what is shown: also of a past moment and of a recording. */
function CopyLink({ open }: { open: OpenTask }) {
  const store = useStore();
  return (
    <button
      type="button"
      class="quiet icon-only"
      aria-label="Copy link"
      title="Copy link"
      disabled={store.asleep}
      onClick={() => copy(store, new URL(pageUrlOf(open), location.href).href)}
    >
      <Icon name="link" />
    </button>
  );
}
