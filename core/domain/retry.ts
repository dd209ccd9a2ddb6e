// When a failed attempt is tried again.

const longestDelayMs = 300_000;

/** 10 s after the first failed attempt, doubling, at most 5 minutes. `attempt` counts from 1. */
export function retryDelayMs(attempt: number): number {
  return Math.min(10_000 * 2 ** (attempt - 1), longestDelayMs);
}

/**
 * How long until a retry is due at a time (ISO 8601, or ms since 1970), 0 when it is. A time further away than any retry waits was written by a clock that ran
 * ahead, or ours was set back since: it holds nothing back.
 */
export function dueInMs(due: string | number | null, now: number): number {
  if (due === null || isBeyondRetries(due, now)) return 0;
  return Math.max(0, (typeof due === "number" ? due : Date.parse(due)) - now);
}

/** Whether a time is further away than any retry waits: another clock has set it. */
export function isBeyondRetries(due: string | number | null, now: number): boolean {
  return due !== null && (typeof due === "number" ? due : Date.parse(due)) - now > longestDelayMs;
}

/** How long dispatch rests on a broken environment when nobody said until when: 5 minutes, doubling to 60. */
export function pauseDelayMs(pausesInARow: number): number {
  return Math.min(300_000 * 2 ** (pausesInARow - 1), 3_600_000);
}
