// What people do with the queue: its order, several tasks at once, the slots. Each a plain function of the store. Browser only.

import { batch } from "@preact/signals";
import type { TaskView } from "../../core/view/task_view.ts";
import { plural } from "../../core/view/format.ts";
import { complain, readBoard, readHealth, takeTasks, toast } from "../state/actions.ts";
import type { Store, Toast } from "../state/store.ts";
import { replacesWork } from "../../core/view/review_words.ts";
import { askCancel, secondStep, takeBackMs } from "../task/cancel.ts";
import { type BulkAction, queueApi, type QueueTarget } from "./queue_api.ts";

/** Gives a queued task another place; what holds the focus keeps it. */
export async function moveTask(store: Store, id: number, target: QueueTarget): Promise<void> {
  try {
    takeTasks(store, [await queueApi.move(id, target)]);
    await readBoard(store);
    // A row that is drawn elsewhere has lost it.
    requestAnimationFrame(() => {
      if (store.selected.peek() === id) document.querySelector<HTMLElement>(`[data-card="${id}"]`)?.focus();
    });
  } catch (error) {
    complain(store, error);
  }
}

/** Up or down by one among the queued tasks of its priority. False when it is no queued task. */
export function moveBy(store: Store, id: number, by: 1 | -1): boolean {
  const queue = store.columns.peek()?.queue ?? [];
  const task = queue.find((one) => one.id === id);
  if (!task) return false;
  const level = queue.filter(({ priority }) => priority === task.priority);
  const next = level[level.indexOf(task) + by];
  if (next) void moveTask(store, id, by < 0 ? { before: next.id } : { after: next.id });
  return true;
}

const done: Record<BulkAction, string> = {
  cancel: "cancelled",
  retry: "back in the queue",
  approve: "approved",
  accept: "accepted",
  move_first: "moved to the top",
  prioritize: "changed",
};

const failedTo: Record<BulkAction, string> = {
  cancel: "cancelled",
  retry: "retried",
  approve: "approved",
  accept: "accepted",
  move_first: "moved",
  prioritize: "changed",
};

/** The same for many; what was refused is said for each. False when none was done. */
export async function forMany(
  store: Store,
  ids: number[],
  { action, priority }: { action: BulkAction; priority?: number },
): Promise<boolean> {
  try {
    const { results, failed } = await queueApi.bulk({ ids, action, ...(priority !== undefined && { priority }) });
    const refusals = results.flatMap(({ id, problem }) => problem ? [{ id, reason: problem.detail }] : []);
    batch(() => {
      takeTasks(store, results.flatMap(({ task }) => task ? [task] : []));
      // Who refused stays picked: something else may be done about it.
      const others = [...store.picked.peek()].filter((id) => !ids.includes(id));
      store.picked.value = new Set([...others, ...refusals.map(({ id }) => id)]);
      if (failed > 0) {
        const title = `${failed} of ${plural(ids.length, "task")} could not be ${failedTo[action]}`;
        store.overlay.value = { kind: "refused", title, refusals };
      }
    });
    const count = results.length - failed;
    if (count > 0) {
      const back = action === "cancel" ? takeBack(store, results.flatMap(({ task }) => task ?? [])) : {};
      toast(store, { tone: "done", text: `${plural(count, "task")} ${done[action]}`, task: null, ...back });
    }
    void readBoard(store);
    return count > 0;
  } catch (error) {
    complain(store, error);
    return false;
  }
}

/** Puts back into the queue what never ran of the cancelled: it is as it was then. */
function takeBack(store: Store, cancelled: TaskView[]): Partial<Toast> {
  const ids = cancelled.filter((task) => task.status === "cancelled" && secondStep(task) === null).map(({ id }) => id);
  if (ids.length === 0) return {};
  const word = ids.length === cancelled.length ? "Take back" : `Take back ${ids.length}`;
  return { action: { word, run: async () => void await forMany(store, ids, { action: "retry" }) }, forMs: takeBackMs };
}

/** Retries; asks before that where the work of completed tasks would be replaced. */
export async function retryMany(store: Store, tasks: TaskView[]): Promise<void> {
  const run = () => forMany(store, tasks.map(({ id }) => id), { action: "retry" });
  const replaced = tasks.filter(replacesWork).length;
  if (replaced === 0) return void await run();
  const [subject, work] = tasks.length === 1
    ? ["It starts", "its work"]
    : ["They start", replaced === tasks.length ? "their work" : `the work of ${replaced} of them`];
  store.overlay.value = {
    kind: "ask",
    title: `Retry ${plural(tasks.length, "task")}`,
    text: `${subject} anew, and ${work} is replaced. What there is now stays kept under refs/coder/kept.`,
    action: `Retry ${plural(tasks.length, "task")}`,
    run,
  };
}

/** Cancels; asks before that where it is asked for one alone. */
export function cancelMany(store: Store, tasks: TaskView[]): void {
  const [first] = tasks;
  if (first && tasks.length === 1) return void askCancel(store, first);
  const cancel = () => forMany(store, tasks.map(({ id }) => id), { action: "cancel" });
  const begun = tasks.filter((task) => secondStep(task) !== null);
  if (begun.length === 0) return void cancel();
  const running = begun.filter(({ status }) => status === "in_progress").length;
  const stopped = running === 0 ? "" : `${plural(running, "agent")} will be stopped. `;
  store.overlay.value = {
    kind: "ask",
    title: `Cancel ${tasks.length} tasks`,
    text: `${stopped}What was made is saved under its ref, then the worktree is removed.`,
    action: `Cancel ${tasks.length} tasks`,
    run: cancel,
  };
}

export function pick(store: Store, id: number): void {
  const picked = new Set(store.picked.peek());
  if (!picked.delete(id)) picked.add(id);
  store.picked.value = picked;
}

export function pickNone(store: Store): void {
  store.picked.value = new Set();
}

/** The tasks that are picked and still on the board, in the order of the board. */
export function pickedTasks(store: Store): TaskView[] {
  const picked = store.picked.value;
  return Object.values(store.columns.value ?? {}).flat().filter(({ id }) => picked.has(id));
}

export async function setSlots(store: Store, slots: number | null): Promise<void> {
  try {
    await queueApi.setSlots(slots);
    await readHealth(store);
    void readBoard(store);
  } catch (error) {
    complain(store, error);
  }
}
