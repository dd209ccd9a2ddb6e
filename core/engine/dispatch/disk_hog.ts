// Whose worktree fills the disk: that run is stopped, before it stops all others and the service.

import type { LiveRun } from "../run/run_task.ts";

export interface DiskHogParts {
  /** Those that run now. */
  runs: () => Iterable<LiveRun>;
  /** Bytes that the files in a folder take up. */
  folderBytes: (path: string) => Promise<number>;
}

const mebibyte = 1024 * 1024;
/** What a run writes besides, such as a build, is less within a look. */
const muchBytes = 16 * mebibyte;

/**
 * Returns what is to be called while there is hardly any room left, again and again: it compares the folders of all runs with
 * how they were at the call before, and stops the run that grew most. When all stand still, nothing more can be written: then
 * the one that takes up most.
 */
export function diskHog({ runs, folderBytes }: DiskHogParts): (freeBytes: number) => Promise<void> {
  let before = new Map<LiveRun, number>();

  async function sizeOf(run: LiveRun): Promise<number> {
    const sizes = await Promise.all(run.folders.map((path) => folderBytes(path).catch(() => 0)));
    return sizes.reduce((sum, size) => sum + size, 0);
  }

  return async (freeBytes) => {
    const now = new Map<LiveRun, number>();
    for (const run of runs()) now.set(run, await sizeOf(run));
    const growths = [...now].flatMap(([run, bytes]) =>
      before.has(run) ? [{ run, bytes, by: bytes - before.get(run)! }] : []
    );
    before = now;
    const grown = growths.filter(({ by }) => by >= muchBytes).sort((a, b) => b.by - a.by)[0];
    const largest = growths.filter(({ bytes }) => bytes >= muchBytes).sort((a, b) => b.bytes - a.bytes)[0];
    const hog = grown ?? largest;
    if (!hog) return;
    before.delete(hog.run);
    const free = Math.floor(freeBytes / mebibyte);
    const how = grown
      ? `grew by ${inMebibytes(hog.by)} to ${inMebibytes(hog.bytes)}`
      : `take up ${inMebibytes(hog.bytes)}`;
    hog.run.stop("failed", `The disk is full (${free} MiB free), and this run's files ${how}: it was stopped`);
  };
}

function inMebibytes(bytes: number): string {
  return `${Math.ceil(bytes / mebibyte)} MiB`;
}
