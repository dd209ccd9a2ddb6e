// How a task that is over has ended, for the exit code.

import { isOver } from "../../core/domain/task.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { type ExitCode, exitCodes } from "../failure.ts";

type Facts = Pick<TaskView, "status" | "review" | "last_landing" | "landing" | "imported">;

/** Completed is done; but not when its work was to land and did not. */
export function outcomeCode({ status, review, last_landing }: Facts): ExitCode {
  const isStuck = review === "open" && last_landing !== null && last_landing.outcome !== "landed";
  return status === "completed" && !isStuck ? exitCodes.done : exitCodes.failed;
}

/** Whether nothing happens to it by itself any more; what was imported goes on elsewhere, if at all. */
export function isAtEnd({ status, landing, imported }: Facts): boolean {
  return imported !== undefined || (isOver(status) && landing === null);
}
