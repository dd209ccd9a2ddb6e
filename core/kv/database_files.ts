// The files of a local database on the disk: readable by their owner only, written so that they last, and looked after
// while the service runs, since a database whose file was deleted takes commits as if nothing had happened.

import { basename, dirname, join } from "@std/path";

/** What stands beside the database at `path` and belongs to it, besides the file itself. */
const companions = ["-wal", "-shm", "-journal", ".lock"];
/** What every other user may not have: any right at all. */
const othersMask = 0o077;

/** Takes every right of others to a database and what belongs to it. Call it again for files that came since. */
export async function keepPrivate(path: string): Promise<void> {
  const real = await realPathOf(path);
  for (const one of new Set([path, real])) {
    for (const suffix of ["", ...companions]) await makePrivate(`${one}${suffix}`);
  }
}

/** Where a database is when links are followed: SQLite keeps what belongs to it there. Itself when it is not there. */
export async function realPathOf(path: string): Promise<string> {
  return await Deno.realPath(path).catch(() => path);
}

/**
 * Mode 0600 for a file that others may read or write. A file that is not there, that is somebody else's, or that stands on
 * a file system without modes, stays as it is.
 */
export async function makePrivate(path: string): Promise<void> {
  try {
    const { mode } = await Deno.stat(path);
    if (mode !== null && (mode & othersMask) !== 0) await Deno.chmod(path, 0o600);
  } catch { /* nothing of ours to tighten */ }
}

/** Makes an empty file of mode 0600; throws `AlreadyExists`. */
export async function createPrivate(path: string): Promise<void> {
  (await Deno.open(path, { createNew: true, write: true, mode: 0o600 })).close();
}

/** Makes what was written to a file, or what was renamed in a folder, survive a power cut. */
export async function sync(path: string): Promise<void> {
  using file = await Deno.open(path, { read: true });
  // Not every file system can do this for a folder; then it promises nothing.
  await file.sync().catch(() => {});
}

/** Where `restoreDatabase` puts a database together. */
export function draftOf(path: string): string {
  return `${path}.restoring`;
}

/** The name under which `restoreDatabase` keeps what was there. */
export function keptName(path: string, stamp: string): string {
  return `${path}.before-restore-${stamp}`;
}

/**
 * Removes what a restore that was cut short left beside the database: its draft, and the second name of the database that
 * was never replaced. Call it while holding the lock.
 */
export async function removeLeftovers(path: string): Promise<void> {
  await Deno.remove(draftOf(path)).catch(() => {});
  const database = await Deno.stat(path).catch(() => null);
  if (!database || (database.nlink ?? 1) < 2) return;
  try {
    for await (const { name } of Deno.readDir(dirname(path))) {
      if (!name.startsWith(keptName(basename(path), ""))) continue;
      const other = join(dirname(path), name);
      if (isSameFile(await Deno.stat(other), database)) await Deno.remove(other);
    }
  } catch { /* limited to the database itself: then the name stays */ }
}

function isSameFile(one: Deno.FileInfo, other: Deno.FileInfo): boolean {
  return one.ino !== null && one.ino === other.ino && one.dev === other.dev;
}

/** Whether the database that is open is still the one that the next start would find. */
export interface Presence {
  /** What was found last: one sentence, or null while all is well. */
  readonly trouble: string | null;
  /** Looks now. */
  look(): string | null;
}

/**
 * Watches over the open database at `path`. A look is one synchronous `stat`: about 10 us, where a commit takes a
 * millisecond, so every commit affords one.
 */
export function presenceOf(path: string): Presence {
  const opened = Deno.statSync(path);
  let trouble: string | null = null;
  return {
    get trouble() {
      return trouble;
    },
    look() {
      trouble = isThere(path, opened)
        ? null
        : `The database ${path} was deleted, moved or replaced while the service runs; ` +
          "nothing is written or started: put it back as it was, or stop the service and restore a backup";
      return trouble;
    },
  };
}

function isThere(path: string, opened: Deno.FileInfo): boolean {
  try {
    const now = Deno.statSync(path);
    return now.ino === null || isSameFile(now, opened);
  } catch (error) {
    // Any other error says nothing of the file.
    return !(error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory);
  }
}
