// A task's whole life, reduced to what the player needs of each event: when it was and what kind it is. Pure.
//
// The player's axis is playing time. When idle time is skipped that is the time between two events, at most `idleMaxMs` and,
// before what a person sees come, at least `stepMinMs` of it; else it is the time as it was. Positions are milliseconds on it.

import { momentWords, type OpenCalls } from "./moment_words.ts";
import { isTerminal, type TaskEvent } from "../../core/domain/event.ts";
import { stepTone } from "../../core/view/transcript/item_words.ts";
import { outcomeTone } from "../../core/view/transcript/transcript_words.ts";

export type Mark = "none" | "tool" | "message" | "transition" | "error";

/** In the order of what wins when several fall on one spot. */
const marks: readonly Mark[] = ["none", "tool", "message", "transition", "error"];

export const idleMaxMs = 1_500;
/** What is shown stands for so long before the next, so that a person can follow. */
export const stepMinMs = 300;
/** At a higher speed too, as long as a task's steps together stand for no longer than this. */
const stepsMaxMs = 20_000;

export interface Timeline {
  /** ms since 1970 of event `index + 1`. */
  times: number[];
  /** Index into `marks`. */
  kinds: number[];
  /** What it is called; null of what is not seen. */
  words: (string | null)[];
  readonly calls: OpenCalls;
}

export function emptyTimeline(): Timeline {
  return { times: [], kinds: [], words: [], calls: new Map() };
}

/** Adds the next event; one that is not the next changes nothing. */
export function extendTimeline(timeline: Timeline, event: TaskEvent): void {
  if (event.seq !== timeline.times.length + 1) return;
  timeline.times.push(Math.max(Date.parse(event.at), timeline.times.at(-1) ?? 0));
  timeline.kinds.push(marks.indexOf(markOf(event)));
  timeline.words.push(momentWords(event, timeline.calls));
}

/** What failed is an error, as in the words and colours of the transcript. */
export function markOf(event: TaskEvent): Mark {
  if (event.type === "output.tool_use") return "tool";
  if (event.type === "output.tool_result") return event.data.is_error ? "error" : "none";
  if (event.type === "message.added") return "message";
  if (event.type === "task.failed") return "error";
  if (event.type === "run.finished" && outcomeTone(event.data.outcome) === "fail") return "error";
  // A step that was stopped did not fail.
  if (event.type === "setup.finished" || event.type === "check.finished") {
    return stepTone({ end: event.data }) === "fail" ? "error" : "none";
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

/** `speed`: how much playing time passes in real time. */
export function axisOf(
  { times, words }: Timeline,
  { skipIdle, speed = 1 }: { skipIdle: boolean; speed?: number },
): Axis {
  const steps = words.reduce((count, word) => word === null ? count : count + 1, 0);
  const stepMs = Math.max(stepMinMs, speed * Math.min(stepMinMs, stepsMaxMs / steps));
  const positions = new Float64Array(times.length);
  for (let index = 1; index < times.length; index++) {
    const gap = (times[index] ?? 0) - (times[index - 1] ?? 0);
    const least = words[index] == null ? 0 : stepMs;
    positions[index] = (positions[index - 1] ?? 0) +
      (skipIdle ? Math.max(least, Math.min(gap, idleMaxMs)) : gap);
  }
  return { positions, length: positions.at(-1) ?? 0 };
}

/** The last event at or before a position: 1..n. */
export function seqAt({ positions }: Axis, position: number): number {
  return Math.max(1, countUpTo(positions, position));
}

/** How many of the values, which never decrease, are at most `limit`. */
function countUpTo(values: ArrayLike<number>, limit: number): number {
  let low = 0;
  let high = values.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((values[middle] ?? 0) <= limit) low = middle + 1;
    else high = middle;
  }
  return low;
}

export function positionOf({ positions }: Axis, seq: number): number {
  return positions[Math.min(Math.max(1, seq), positions.length) - 1] ?? 0;
}

/** What became of a line that came at a time (ISO 8601): the first event since then; the last one when there is none. */
export function seqSince({ times }: Timeline, at: string): number {
  return Math.min(countUpTo(times, Date.parse(at) - 1) + 1, Math.max(1, times.length));
}

/** Where an event is on the whole line, 0..1: by playing time, or by how many were before it where no time is known (null). */
export function shareOf(axis: Axis | null, { seq, head }: { seq: number; head: number }): number {
  if (axis !== null) return axis.length === 0 ? 0 : positionOf(axis, seq) / axis.length;
  return head <= 1 ? 0 : (Math.min(seq, head) - 1) / (head - 1);
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
export function stepTransition(timeline: Timeline, seq: number, direction: 1 | -1): number {
  const found = nextOf(timeline, seq, { direction, kinds: ["transition", "message"] });
  return found ?? (direction === 1 ? Math.max(1, timeline.kinds.length) : 1);
}

/** The next or previous event of these kinds; null when there is none. */
export function nextOf(
  { kinds }: Timeline,
  seq: number,
  { direction, kinds: wanted }: { direction: 1 | -1; kinds: readonly Mark[] },
): number | null {
  for (let at = seq + direction; at >= 1 && at <= kinds.length; at += direction) {
    if (wanted.includes(marks[kinds[at - 1] ?? 0] ?? "none")) return at;
  }
  return null;
}

/** How many events there are of each kind. */
export function countsOf({ kinds }: Timeline): Record<Mark, number> {
  const counts: Record<Mark, number> = { none: 0, tool: 0, message: 0, transition: 0, error: 0 };
  for (const kind of kinds) counts[marks[kind] ?? "none"]++;
  return counts;
}

/**
 * What a person points at: of the events within `reach` of a position the one with the mark that wins, the nearest of them;
 * else the last one before it.
 */
export function pointedAt(
  timeline: Timeline,
  axis: Axis,
  { position, reach }: { position: number; reach: number },
): number {
  let best = { seq: seqAt(axis, position), kind: 0, distance: Infinity };
  const last = seqAt(axis, position + reach);
  for (let seq = last; seq >= 1 && positionOf(axis, seq) >= position - reach; seq--) {
    const kind = timeline.kinds[seq - 1] ?? 0;
    const distance = Math.abs(positionOf(axis, seq) - position);
    if (kind > best.kind || (kind === best.kind && kind > 0 && distance < best.distance)) {
      best = { seq, kind, distance };
    }
  }
  return best.seq;
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
