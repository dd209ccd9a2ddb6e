// The board as clients see it, and the one rule of which column a task stands in: who must act decides. Pure.

import type { Lane } from "../domain/dispatch_order.ts";
import { isBlockedByFailure } from "../domain/plan.ts";
import { isOver, type Status } from "../domain/task.ts";
import type { TaskView } from "./task_view.ts";

/** In the order in which they are shown. */
export const columnNames = ["needs_you", "review", "running", "queue", "done"] as const;

export type ColumnName = typeof columnNames[number];

/** `GET /api/board`: the columns, ordered by who must act. */
export interface BoardView {
  needs_you: TaskView[];
  /** Completed, and somebody is to look at what changed: the newest. */
  review: TaskView[];
  running: TaskView[];
  /** In true dispatch order; what cannot start now comes after what can. */
  queue: TaskView[];
  /** The newest of the finished, and how many there are in all. */
  done: TaskView[];
  counts: Record<ColumnName, number>;
}

/** How a finished task ended; `in_review`: it is completed, and its review is open. */
type End = Extract<Status, "completed" | "failed" | "cancelled"> | "in_review";

/** What stands in each column: the unfinished by the lane they are in, the finished by how they ended. */
export const columnContents: Record<ColumnName, { lanes: readonly Lane[]; ended: readonly End[] }> = {
  needs_you: { lanes: ["approval", "stuck"], ended: ["failed"] },
  review: { lanes: [], ended: ["in_review"] },
  running: { lanes: ["running"], ended: [] },
  queue: { lanes: ["ready", "waiting"], ended: [] },
  done: { lanes: [], ended: ["completed", "cancelled"] },
};

type ColumnFacts = Pick<TaskView, "status" | "blocked_by" | "review" | "imported">;

/** The column of a task. */
export function columnOf(task: ColumnFacts): ColumnName {
  // Nothing works on it here, whatever it was when it was exported.
  if (task.imported && !isOver(task.status)) return "done";
  const place = placeOf(task);
  return columnNames.find((name) => {
    const { lanes, ended } = columnContents[name];
    return (lanes as readonly string[]).includes(place) || (ended as readonly string[]).includes(place);
  })!;
}

/** Its lane, as far as the column depends on it, or how it ended. */
function placeOf({ status, blocked_by, review }: ColumnFacts): Lane | End {
  switch (status) {
    case "pending":
      return isBlockedByFailure(blocked_by) ? "stuck" : "waiting";
    case "in_progress":
      return "running";
    case "awaiting_approval":
      return "approval";
    case "completed":
      return review === "open" ? "in_review" : status;
    case "failed":
    case "cancelled":
      return status;
  }
}
