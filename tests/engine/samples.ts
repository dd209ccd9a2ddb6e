// Events for tests that need only a few.

import type { TaskEventOf } from "../../core/domain/event.ts";
import type { TaskSpec } from "../../core/domain/task_spec.ts";
import { spec } from "../domain/world.ts";

const dawn = Date.parse("2026-01-01T00:00:00.000Z");

function at(second: number): string {
  return new Date(dawn + second * 1_000).toISOString();
}

export function created(task: number, second: number, changes: Partial<TaskSpec> = {}): TaskEventOf<"task.created"> {
  const data = spec({ title: `Task ${task}`, prompt: "Do it", ...changes });
  return { seq: 1, type: "task.created", at: at(second), task, by: "api", v: 1, data };
}

export function claimed(task: number, second: number): TaskEventOf<"run.claimed"> {
  const why = { free_slots: 1, rank: 2, candidates: [7, 8], count: 5 };
  const data = { worker: "w", epoch: 1, attempt: 1, mark: "m", why };
  return { seq: 2, type: "run.claimed", at: at(second), task, run: 1, by: "scheduler", v: 1, data };
}
