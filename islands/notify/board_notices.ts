// What of a change of the board a person is to be told, away from the page. Pure.

import { columnOf } from "../../core/view/board_view.ts";
import type { BoardState } from "../state/board_state.ts";

export interface BoardNotice {
  title: string;
  text: string;
  /** Where a click leads; null: the board. */
  task: number | null;
}

/** Tasks that need somebody or failed, and that the last one of several is done. A board that is read first tells nothing. */
export function noticesBetween(before: BoardState | null, after: BoardState | null): BoardNotice[] {
  if (!before || !after) return [];
  const notices: BoardNotice[] = [];
  for (const [id, task] of after.tasks) {
    const old = before.tasks.get(id);
    if (!old || columnOf(old) === columnOf(task)) continue;
    const column = columnOf(task);
    if (column !== "needs_you" && column !== "review") continue;
    const what = task.status === "failed" ? "failed" : column === "review" ? "waits for your review" : "needs you";
    notices.push({ title: `Task ${id} ${what}`, text: task.title, task: id });
  }
  const open = ({ counts }: BoardState) => counts.running + counts.queue;
  if (open(before) > 0 && open(after) === 0) {
    notices.push({ title: "All done", text: "The queue is empty", task: null });
  }
  return notices;
}
