// What setup, agent, check and cleanup of a task find in their environment besides what the repository says.

import type { Task, TaskPlace } from "../../domain/task.ts";

/** What every command of a task finds in its environment: `TASK_PORT` is the first of its ten. */
export function taskVariables(
  { id }: Pick<Task, "id">,
  { branch, base_commit }: Pick<TaskPlace, "branch" | "base_commit">,
  port: number | null,
): Record<string, string> {
  return {
    TASK_ID: String(id),
    TASK_BRANCH: branch,
    TASK_BASE: base_commit,
    ...(port !== null && { TASK_PORT: String(port) }),
  };
}
