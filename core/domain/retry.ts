// When a failed attempt is tried again.

/** 10 s after the first failed attempt, doubling, at most 5 minutes. `attempt` counts from 1. */
export function retryDelayMs(attempt: number): number {
  return Math.min(10_000 * 2 ** (attempt - 1), 300_000);
}

/** How long dispatch rests on a broken environment when nobody said until when: 5 minutes, doubling to 60. */
export function pauseDelayMs(pausesInARow: number): number {
  return Math.min(300_000 * 2 ** (pausesInARow - 1), 3_600_000);
}
