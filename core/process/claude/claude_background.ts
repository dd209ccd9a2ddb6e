// What claude runs in the background, as its lines tell it.
//
// Newer programs send the whole list whenever it changes (`background_tasks_changed`, seen with 2.1.331); older ones only
// say when a task starts and when it ends (`task_started`, `task_notification`, `task_updated`, seen with 2.1.197). Once a
// list was seen, the lists alone count.

import type { BackgroundTask } from "../../domain/event.ts";
import { type JsonObject, objectOf, stringOf } from "./json_value.ts";

/** What is remembered between the lines of one process. */
export interface BackgroundState {
  living: BackgroundTask[];
  /** Whether the program sends lists. */
  listed: boolean;
}

/** An agent may start any number; a list this long tells a reader enough. */
const KEPT = 50;
const DESCRIPTION_LENGTH = 200;
const ENDED = new Set(["completed", "failed", "killed", "stopped", "cancelled"]);

/** The tasks that live after this `system` line, or `null` when it says nothing new about them; changes `state`. */
export function readBackground(message: JsonObject, state: BackgroundState): BackgroundTask[] | null {
  const before = state.living;
  switch (message.subtype) {
    case "background_tasks_changed":
      state.listed = true;
      state.living = Array.isArray(message.tasks)
        ? message.tasks.slice(0, KEPT).map((task) => taskOf(objectOf(task)))
        : [];
      break;
    case "task_started": {
      const task = taskOf(message);
      // A command in the foreground is named, too, when it is one of a subagent.
      if (state.listed || message.is_backgrounded === false || before.length >= KEPT) return null;
      if (!before.some(({ id }) => id === task.id)) state.living = [...before, task];
      break;
    }
    case "task_notification":
    case "task_updated": {
      const status = stringOf(message.status) || stringOf(objectOf(message.patch).status);
      if (state.listed || !ENDED.has(status)) return null;
      state.living = before.filter(({ id }) => id !== stringOf(message.task_id));
      break;
    }
    default:
      return null;
  }
  return isSame(before, state.living) ? null : state.living;
}

function taskOf(task: JsonObject): BackgroundTask {
  return {
    id: stringOf(task.task_id).slice(0, 100),
    kind: stringOf(task.task_type).slice(0, 100),
    description: stringOf(task.description).slice(0, DESCRIPTION_LENGTH).toWellFormed(),
  };
}

function isSame(a: readonly BackgroundTask[], b: readonly BackgroundTask[]): boolean {
  return a.length === b.length &&
    a.every((task, index) => task.id === b[index]!.id && task.description === b[index]!.description);
}
