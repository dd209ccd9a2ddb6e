// Short histories for the tests of the pages' logic.

import type { EventData, EventType, TaskEvent } from "../../core/domain/event.ts";
import { evolve } from "../../core/domain/evolve.ts";
import { emptyTask } from "../../core/domain/task.ts";
import { type TaskView, taskView } from "../../core/view/task_view.ts";
import { spec } from "../domain/world.ts";

const start = Date.parse("2026-03-01T10:00:00.000Z");

export type Sample = { [T in EventType]: [type: T, data?: Partial<EventData[T]>, afterMs?: number] }[EventType];

const defaults: { [T in EventType]?: EventData[T] } = {
  "task.created": spec({ title: "Sample", prompt: "Do it", repo: "shop" }),
  "run.claimed": {
    worker: "w",
    epoch: 1,
    attempt: 1,
    mark: "m",
    why: { free_slots: 1, rank: 1, candidates: [], count: 1 },
  },
  "worktree.added": { branch: "task-1-sample", path: "/w/task-1", base: "main", base_commit: "0a0a7265", worker: "w" },
  "run.started": { pid: 7, session_id: "s", agent: "claude 2.1.197", args: [], resumed: false },
  "agent.ready": { model: "opus", session_id: "s", version: "2.1.197" },
  "run.finished": {
    outcome: "succeeded",
    then: "complete",
    exit_code: 0,
    signal: null,
    result: "Done",
    usage: null,
    cost_usd: 0.25,
    duration_ms: 5000,
    error: null,
    uncommitted: 0,
    lines_added: 3,
    lines_removed: 1,
  },
  "task.completed": { output: "Done" },
};

/** Events of task 1, each a second after the one before unless it says otherwise. */
export function history(...samples: Sample[]): TaskEvent[] {
  let at = start;
  return samples.map(([type, data, afterMs = 1_000], index) => {
    if (index > 0) at += afterMs;
    const envelope = { seq: index + 1, at: new Date(at).toISOString(), task: 1, run: 1, v: 1 };
    return { ...envelope, type, data: { ...defaults[type], ...data } } as TaskEvent;
  });
}

export function use(id: string, name = "Bash"): Sample {
  return ["output.tool_use", { id, name, summary: `${name} ${id}`, input: {} }];
}

export function result(id: string, isError = false): Sample {
  return ["output.tool_result", { id, is_error: isError, text: "out" }];
}

export const begun: Sample[] = [["task.created"], ["run.claimed"], ["worktree.added"], ["run.started"], [
  "agent.ready",
]];

export function viewOf(events: TaskEvent[], changes: Partial<TaskView> = {}): TaskView {
  return { ...taskView(events.reduce(evolve, emptyTask(1))), ...changes };
}
