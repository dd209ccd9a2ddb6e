// When a failed attempt is tried again.

const longestDelayMs = 300_000;

/** 10 s after the first failed attempt, doubling, at most 5 minutes. `attempt` counts from 1. */
export function retryDelayMs(attempt: number): number {
  return Math.min(10_000 * 2 ** (attempt - 1), longestDelayMs);
}

/**
 * How long until a retry is due, 0 when it is. A time further away than any retry waits was written by a clock that ran
 * ahead, or ours was set back since: it holds nothing back.
 */
export function dueInMs(due_at: string | null, now: number): number {
  const ms = due_at === null ? 0 : Date.parse(due_at) - now;
  return ms > 0 && ms <= longestDelayMs ? ms : 0;
}

/** How long dispatch rests on a broken environment when nobody said until when: 5 minutes, doubling to 60. */
export function pauseDelayMs(pausesInARow: number): number {
  return Math.min(300_000 * 2 ** (pausesInARow - 1), 3_600_000);
}
