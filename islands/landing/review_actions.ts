// What people do with finished work: each a plain function of the store. Browser only.

import type { TaskView } from "../../core/view/task_view.ts";
import { command, complain, readBoard, takeTasks, toast } from "../state/actions.ts";
import type { Store } from "../state/store.ts";
import { Problem } from "../stream/api.ts";
import { reviewApi, type ReviewPath } from "./review_api.ts";
import { replacesWork } from "../../core/view/review_words.ts";

/** Throws `Problem` when the service refuses. */
export async function post(store: Store, id: number, path: ReviewPath, body?: unknown): Promise<TaskView> {
  const task = await reviewApi.post(id, path, body);
  takeTasks(store, [task]);
  void readBoard(store);
  return task;
}

/** False when the service refused; the page says why. */
export async function give(store: Store, id: number, path: ReviewPath, body?: unknown): Promise<boolean> {
  try {
    await post(store, id, path, body);
    return true;
  } catch (error) {
    complain(store, error);
    return false;
  }
}

/** What to say in a dialog of an error. */
export function wordsOf(error: unknown): string {
  if (error instanceof Problem) return [error.message, ...error.errors.map(({ message }) => message)].join(". ");
  console.error(error);
  return "Something went wrong on this page";
}

export async function resolveConflicts(store: Store, id: number, body?: unknown): Promise<void> {
  await post(store, id, "landing/resolve", body);
  toast(store, { tone: "done", text: "The agent is told to solve the conflicts", task: null });
}

/** Asks, then discards. */
export function askDiscard(store: Store, { id }: TaskView): void {
  store.overlay.value = {
    kind: "ask",
    title: `Discard task ${id}`,
    text: "What it made is saved under its ref, then worktree and branch are put away.",
    action: "Discard it",
    run: () => give(store, id, "discard"),
  };
}

/** Retries; asks before that where the work of a completed task would be replaced. */
export async function retry(store: Store, task: TaskView): Promise<void> {
  const { id } = task;
  const run = () => command(store, id, { kind: "retry" });
  if (!replacesWork(task)) return void await run();
  store.overlay.value = {
    kind: "ask",
    title: `Retry task ${id}`,
    text: "It starts anew, and its work is replaced. What there is now stays kept under refs/coder/kept.",
    action: "Retry it",
    run,
  };
}
