// How long a task was worked on: the time of its runs, without that in the queue between them. Pure.

import type { TaskEvent } from "../../core/domain/event.ts";
import type { TaskView } from "../../core/view/task_view.ts";

/**
 * ms of all runs up to the moment of `task`, an open one until `now`; null before the first, and where one of them is not
 * known.
 * @param events what `stageEvents` gave; those after `task.seq` are not looked at
 */
export function runTimeMs(task: TaskView, { events, now }: { events: TaskEvent[]; now: number }): number | null {
  const began = new Map<number, number>();
  const ended = new Map<number, number>();
  for (const { seq, run, type, at } of events) {
    if (seq > task.seq || run === undefined) continue;
    if (type === "run.claimed") began.set(run, Date.parse(at));
    if (type === "run.finished") ended.set(run, Date.parse(at));
  }
  if (task.run_started_at) began.set(task.runs, Date.parse(task.run_started_at));
  if (task.runs === 0 || began.size < task.runs) return null;
  let sum = 0;
  for (const [run, from] of began) {
    const to = ended.get(run) ?? (task.run_started_at && run === task.runs ? now : null);
    if (to === null) return null;
    sum += Math.max(0, to - from);
  }
  return sum;
}
