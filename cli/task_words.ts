// One task in a line, as several commands print it.

import { proofWord, stateOf } from "../core/view/task_state.ts";
import type { TaskView } from "../core/view/task_view.ts";
import type { Output } from "./terminal/output.ts";
import { plain } from "./terminal/text.ts";

/** `Completed, checked`, in its colour. */
export function stateWords(task: TaskView, { out, now }: { out: Pick<Output, "paint">; now: number }): string {
  const { tone, word } = stateOf(task, now);
  const proof = proofWord(task);
  return out.paint(tone, proof === null ? word : `${word}, ${proof}`);
}

/** `#12 Add a --json flag`. */
export function taskName({ id, title }: Pick<TaskView, "id" | "title">): string {
  return `#${id} ${plain(title)}`;
}

/** The page of a task. */
export function pageOf(url: string, id: number): string {
  return `${url}/tasks/${id}`;
}
