// How a task is cancelled, wherever that is asked for: what can be taken back whole is done at once and may be taken back for
// some seconds; where an agent would be stopped or work put away, it is asked first.

import { command, toast } from "../state/actions.ts";
import type { Store } from "../state/store.ts";
import type { TaskView } from "../../core/view/task_view.ts";

/** How long what was cancelled can be taken back. */
export const takeBackMs = 8_000;

export function canCancel(task: TaskView): boolean {
  return !task.cancel_requested && ["pending", "in_progress", "awaiting_approval"].includes(task.status);
}

/** What the second step is called; null where none is needed: nothing of the task has begun. */
export function secondStep({ status, runs }: TaskView): string | null {
  if (status === "in_progress") return "Stop the agent";
  return runs > 0 ? "Put its work away" : null;
}

/** Cancels without asking. False when the service refused; the page says why. */
export async function cancel(store: Store, task: TaskView): Promise<boolean> {
  const { id } = task;
  if (!await command(store, id, { kind: "cancel" })) return false;
  if (secondStep(task) !== null) return true;
  toast(store, {
    tone: "done",
    text: `Task ${id} is cancelled`,
    task: null,
    action: { word: "Take back", run: () => takeBack(store, id) },
    forMs: takeBackMs,
  });
  return true;
}

/** A task that never ran is as it was once it is back in the queue. */
async function takeBack(store: Store, id: number): Promise<void> {
  if (!await command(store, id, { kind: "retry" })) return;
  toast(store, { tone: "done", text: `Task ${id} is back in the queue`, task: null });
}

/** Asks where the button asks. */
export async function askCancel(store: Store, task: TaskView): Promise<void> {
  const action = secondStep(task);
  if (action === null) return void await cancel(store, task);
  const isRunning = task.status === "in_progress";
  store.overlay.value = {
    kind: "ask",
    title: `Cancel task ${task.id}`,
    text: `${
      isRunning ? "Its agent is stopped. " : ""
    }What it made is saved under its ref, then its worktree is removed.`,
    action,
    run: () => cancel(store, task),
  };
}
