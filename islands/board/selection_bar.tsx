// Over the foot of the board while tasks are picked: what can be done with all of them at once.

import { useSignal } from "@preact/signals";
import type { TaskView } from "../../core/view/task_view.ts";
import { offersOf } from "../../core/view/review_words.ts";
import { plural } from "../../core/view/format.ts";
import { Icon, type IconName } from "../parts/icon.tsx";
import { type Store, useStore } from "../state/store.ts";
import { canCancel } from "../task/cancel.ts";
import { canRetry } from "../task/allowed.ts";
import { cancelMany, forMany, pickedTasks, pickNone, retryMany } from "./queue_actions.ts";

interface BulkOffer {
  word: string;
  icon: IconName;
  fits(task: TaskView): boolean;
  run(store: Store, tasks: TaskView[]): unknown;
}

const isQueued = ({ status, cancel_requested }: TaskView) => status === "pending" && !cancel_requested;
const ids = (tasks: TaskView[]) => tasks.map(({ id }) => id);

const offers: BulkOffer[] = [
  {
    word: "Approve",
    icon: "plan",
    fits: ({ status, cancel_requested }) => status === "awaiting_approval" && !cancel_requested,
    run: (store, tasks) => forMany(store, ids(tasks), { action: "approve" }),
  },
  {
    word: "Accept",
    icon: "done",
    fits: (task) => offersOf(task).accept,
    run: (store, tasks) => forMany(store, ids(tasks), { action: "accept" }),
  },
  {
    word: "Retry",
    icon: "retry",
    fits: canRetry,
    run: retryMany,
  },
  {
    word: "Move to the top",
    icon: "top",
    fits: isQueued,
    run: (store, tasks) => forMany(store, ids(tasks), { action: "move_first" }),
  },
  {
    word: "Priority",
    icon: "priority",
    fits: isQueued,
    run: (store, tasks) =>
      store.overlay.value = { kind: "priority", ids: ids(tasks), priority: tasks[0]?.priority ?? 0 },
  },
  { word: "Cancel", icon: "fail", fits: canCancel, run: cancelMany },
];

export function SelectionBar() {
  const store = useStore();
  const busy = useSignal(false);
  const tasks = pickedTasks(store);
  const { size } = store.picked.value;
  if (size === 0) return null;
  const run = async (offer: BulkOffer, fitting: TaskView[]) => {
    busy.value = true;
    await offer.run(store, fitting);
    busy.value = false;
  };
  return (
    <section class="selection-bar" aria-label="Selected tasks">
      <strong role="status">
        {plural(tasks.length, "task")} selected{size > tasks.length && `, ${size - tasks.length} more not shown`}
      </strong>
      {offers.map((offer) => {
        const fitting = tasks.filter(offer.fits);
        if (fitting.length === 0) return null;
        return (
          <button
            key={offer.word}
            type="button"
            disabled={busy.value}
            onClick={() => void run(offer, fitting)}
          >
            <Icon name={offer.icon} />
            {offer.word}
            {fitting.length < tasks.length && <span class="num muted">{fitting.length}</span>}
          </button>
        );
      })}
      <button type="button" class="quiet" onClick={() => pickNone(store)}>
        Clear <kbd>Esc</kbd>
      </button>
    </section>
  );
}
