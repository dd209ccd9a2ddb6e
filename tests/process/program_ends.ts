// How programs end, and what those who started them are to see of it.

export const programEnds: readonly [script: string, code: number, signal: string | null][] = [
  ["exit 0", 0, null],
  ["exit 7", 7, null],
  ["exit 143", 143, null],
  ["kill -9 $$", 137, "SIGKILL"],
  ["kill -TERM $$", 143, "SIGTERM"],
  ["kill -HUP $$", 129, "SIGHUP"],
];
