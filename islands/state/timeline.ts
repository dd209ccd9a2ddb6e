// A task's whole life, reduced to what the player needs of each event: when it was and what kind it is. Pure.
//
// The player's axis is playing time: the time between two events, at most `idleMaxMs` of it when idle time is skipped.
// Positions are milliseconds on that axis.

import { isTerminal, type TaskEvent } from "../../core/domain/event.ts";

export type Mark = "none" | "tool" | "message" | "transition" | "error";

/** In the order of what wins when several fall on one spot. */
const marks: readonly Mark[] = ["none", "tool", "message", "transition", "error"];

export const idleMaxMs = 1_500;

export interface Timeline {
  /** ms since 1970 of event `index + 1`. */
  times: number[];
  /** Index into `marks`. */
  kinds: number[];
}

export function emptyTimeline(): Timeline {
  return { times: [], kinds: [] };
}

/** Adds the next event; one that is not the next changes nothing. */
export function extendTimeline(timeline: Timeline, event: TaskEvent): void {
  if (event.seq !== timeline.times.length + 1) return;
  timeline.times.push(Math.max(Date.parse(event.at), timeline.times.at(-1) ?? 0));
  timeline.kinds.push(marks.indexOf(markOf(event)));
}

export function markOf(event: TaskEvent): Mark {
  if (event.type === "output.tool_use") return "tool";
  if (event.type === "output.tool_result") return event.data.is_error ? "error" : "none";
  if (event.type === "message.added") return "message";
  if (event.type === "task.failed") return "error";
  if (event.type === "run.finished" && ["failed", "timed_out", "stalled", "over_budget"].includes(event.data.outcome)) {
    return "error";
  }
  return isTransition(event.type) ? "transition" : "none";
}

/** Whether the task's state changes with it. */
export function isTransition(type: string): boolean {
  return isTerminal(type) || type.startsWith("run.") || type.startsWith("plan.") || type === "task.created" ||
    type === "task.retry_scheduled" || type === "task.cancel_requested";
}

export interface Axis {
  /** The position of event `index + 1`; never decreasing, from 0. */
  positions: Float64Array;
  length: number;
}

export function axisOf({ times }: Timeline, options: { skipIdle: boolean }): Axis {
  const positions = new Float64Array(times.length);
  for (let index = 1; index < times.length; index++) {
    const gap = (times[index] ?? 0) - (times[index - 1] ?? 0);
    positions[index] = (positions[index - 1] ?? 0) + (options.skipIdle ? Math.min(gap, idleMaxMs) : gap);
  }
  return { positions, length: positions.at(-1) ?? 0 };
}

/** The last event at or before a position: 1..n. */
export function seqAt({ positions }: Axis, position: number): number {
  let low = 0;
  let high = positions.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((positions[middle] ?? 0) <= position) low = middle + 1;
    else high = middle;
  }
  return Math.max(1, low);
}

export function positionOf({ positions }: Axis, seq: number): number {
  return positions[Math.min(Math.max(1, seq), positions.length) - 1] ?? 0;
}

/** The clock's time at a position: between two events it goes on, at most up to the next one. */
export function timeAt(timeline: Timeline, axis: Axis, position: number): number {
  const seq = seqAt(axis, position);
  const at = timeline.times[seq - 1] ?? 0;
  const next = timeline.times[seq];
  const passed = Math.max(0, position - positionOf(axis, seq));
  return next === undefined ? at : Math.min(at + passed, next);
}

/** The next or previous event that changed the state; the first or last event when there is none. */
export function stepTransition({ kinds }: Timeline, seq: number, direction: 1 | -1): number {
  for (let at = seq + direction; at >= 1 && at <= kinds.length; at += direction) {
    const mark = marks[kinds[at - 1] ?? 0];
    if (mark === "transition" || mark === "message") return at;
  }
  return direction === 1 ? Math.max(1, kinds.length) : 1;
}

export interface Drawing {
  /** Events in each of equally long parts of the axis, 0..1. */
  density: number[];
  /** The mark that wins on each part. */
  marks: Mark[];
}

export function drawingOf(timeline: Timeline, axis: Axis, parts: number): Drawing {
  const counts = new Array<number>(parts).fill(0);
  const kinds = new Array<number>(parts).fill(0);
  for (let index = 0; index < axis.positions.length; index++) {
    const share = axis.length === 0 ? 0 : (axis.positions[index] ?? 0) / axis.length;
    const part = Math.min(parts - 1, Math.floor(share * parts));
    counts[part] = (counts[part] ?? 0) + 1;
    kinds[part] = Math.max(kinds[part] ?? 0, timeline.kinds[index] ?? 0);
  }
  const most = Math.max(1, ...counts);
  // The square root keeps quiet stretches visible beside a burst.
  return { density: counts.map((count) => Math.sqrt(count / most)), marks: kinds.map((kind) => marks[kind] ?? "none") };
}
