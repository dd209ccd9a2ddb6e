// The time of a task's events: this machine's, and never before the task's last event. Where that was written by a clock that
// runs ahead, time goes on from there at its usual pace, so that what happens later has a later time.

import type { Clock } from "../domain/ports.ts";

/** Tasks whose last event is later than now, and which this process wrote to. */
const aheadKept = 4_096;

export class TaskClock {
  readonly #clock: Clock;
  /** What to add to the monotonic clock, by task. */
  readonly #ahead = new Map<number, number>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** Now, in ms since 1970, for a task whose last event was at `updatedAt` (ISO 8601; undefined: it has none). */
  now(task: number, updatedAt: string | undefined): number {
    const now = this.#clock.now();
    const last = Date.parse(updatedAt ?? "") || 0;
    const before = this.#ahead.get(task);
    this.#ahead.delete(task);
    if (last <= now) return now;
    const monotonic = this.#clock.monotonic();
    const ahead = Math.max(before ?? -Infinity, last - monotonic);
    this.#ahead.set(task, ahead);
    if (this.#ahead.size > aheadKept) this.#ahead.delete(this.#ahead.keys().next().value!);
    return Math.max(last, Math.floor(monotonic + ahead));
  }
}
