// Bounds that are nearly never reached: every commit, read, answer and body has one, set and cleared within a millisecond, and
// that costs as much as writing an event does. Those of the same length end in the order in which they began, so one timer of
// the runtime is enough for all of them; it is left to ring once when nobody waits any more.

import type { Clock } from "../domain/ports.ts";

/** A length that is shared: fixed bounds are whole seconds, and no such short one that ringing late would matter. */
function isBound(ms: number): boolean {
  return ms >= 5_000 && ms % 1_000 === 0;
}

interface Waiting {
  /** By the monotonic clock. */
  at: number;
  callback: () => void;
}

/** `timer` of a clock, cheap for bounds; all others are as `clock` has them. */
export function sharedTimers({ timer, monotonic }: Pick<Clock, "timer" | "monotonic">): Clock["timer"] {
  /** By length; one that is here has a timer. In each the first to ring is first. */
  const byLength = new Map<number, Set<Waiting>>();

  function ring(ms: number): void {
    const all = byLength.get(ms)!;
    for (const one of all) {
      const restMs = one.at - monotonic();
      if (restMs > 0) return void timer(Math.ceil(restMs), () => ring(ms));
      all.delete(one);
      one.callback();
    }
    byLength.delete(ms);
  }

  return (ms, callback) => {
    if (!isBound(ms)) return timer(ms, callback);
    let all = byLength.get(ms);
    if (!all) {
      byLength.set(ms, all = new Set());
      timer(ms, () => ring(ms));
    }
    const one = { at: monotonic() + ms, callback };
    all.add(one);
    return () => void all.delete(one);
  };
}
