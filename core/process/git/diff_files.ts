// Diffs as files, in a folder of ours inside the repository's git folder. git writes them at its own pace and is gone before
// anybody reads, so a slow reader holds no git; and at most two are made at once, whoever asks. What was compared before is
// not compared again.

import { join } from "@std/path";

const MAX_AT_ONCE = 2;
const MAX_FILES = 64;
const MAX_BYTES = 64 * 1024 * 1024;
/** What is being written; one that is this old was left by a crash. */
const PART = ".part";
const PART_AGE_MS = 24 * 60 * 60 * 1000;

/** What is to be compared. */
export interface DiffSource {
  /** Where the files are; made when it is missing. */
  folder: string;
  /** What is looked at: requests that wait for their turn with the same subject share one look, and what it makes. */
  subject: string;
  /** Looks, and hands over to `make`; what that returns is the result. */
  compare(make: MakeDiff): Promise<string>;
}

/** The file with the diff of this key, made by `write` unless it is there. A diff that `write` calls unsteady is for this once. */
export type MakeDiff = (key: string, write: (file: string) => Promise<boolean>) => Promise<string>;

/** Makes diffs and opens them. */
export interface DiffFiles {
  /** The diff as a stream of bytes. Throws what `compare` and `write` throw. */
  open(source: DiffSource): Promise<ReadableStream<Uint8Array>>;
}

/** The diffs that one process makes. */
export function diffFiles(): DiffFiles {
  const inTurn = turnsOf(MAX_AT_ONCE);
  /** Those that have not begun: who has begun may have looked too early for a new request. */
  const waiting = new Map<string, Promise<string>>();
  const making = new Map<string, Promise<string>>();
  /** What an earlier process wrote may not have reached the disk whole. */
  const session = crypto.randomUUID();

  async function make(folder: string, key: string, write: (file: string) => Promise<boolean>): Promise<string> {
    const file = join(folder, `${session}-${key}.diff`);
    // Its time says when it was last wanted.
    if (await Deno.utime(file, new Date(), new Date()).then(() => true, () => false)) return file;
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    const part = join(folder, `${crypto.randomUUID()}${PART}`);
    try {
      const result = await write(part) ? file : `${part}.diff`;
      await Deno.rename(part, result);
      await trim(folder);
      return result;
    } catch (error) {
      await Deno.remove(part).catch(() => {});
      throw error;
    }
  }

  function makeOnce(folder: string, key: string, write: (file: string) => Promise<boolean>): Promise<string> {
    const id = join(folder, key);
    const current = making.get(id) ?? make(folder, key, write).finally(() => making.delete(id));
    making.set(id, current);
    return current;
  }

  function fileOf({ folder, subject, compare }: DiffSource): Promise<string> {
    const others = waiting.get(subject);
    if (others !== undefined) return others;
    const own = inTurn(() => {
      waiting.delete(subject);
      return compare((key, write) => makeOnce(folder, key, write));
    });
    waiting.set(subject, own);
    return own;
  }

  return {
    async open(source) {
      for (let attempt = 1;; attempt++) {
        const file = await fileOf(source);
        try {
          return (await Deno.open(file)).readable;
        } catch (error) {
          // Others came between and it had to make room for theirs.
          if (!(error instanceof Deno.errors.NotFound) || attempt === 3) throw error;
        }
      }
    },
  };
}

/** Removes the files that were wanted longest ago; what somebody is reading can be read to its end. */
async function trim(folder: string): Promise<void> {
  const files: { path: string; size: number; at: number }[] = [];
  for await (const { name } of Deno.readDir(folder)) {
    const path = join(folder, name);
    const info = await Deno.stat(path).catch(() => null);
    const at = info?.mtime?.getTime() ?? 0;
    if (info?.isFile && (!name.endsWith(PART) || at < Date.now() - PART_AGE_MS)) {
      files.push({ path, size: info.size, at });
    }
  }
  let bytes = 0;
  for (const [rank, { path, size }] of files.toSorted((one, other) => other.at - one.at).entries()) {
    bytes += size;
    // The newest stays, however large: it has not been opened yet.
    const isOver = rank > 0 && (rank >= MAX_FILES || bytes > MAX_BYTES);
    if (isOver || path.endsWith(PART)) await Deno.remove(path).catch(() => {});
  }
}

/** Runs actions in the order of the calls, `atOnce` at a time, and none before the call has returned. */
function turnsOf(atOnce: number): <T>(action: () => Promise<T>) => Promise<T> {
  const queue: (() => void)[] = [];
  let running = 0;
  return async (action) => {
    if (running < atOnce) running++;
    else await new Promise<void>((resolve) => queue.push(resolve));
    try {
      await Promise.resolve();
      return await action();
    } finally {
      const next = queue.shift();
      // Its turn is handed on, and nobody can come between.
      if (next) next();
      else running--;
    }
  };
}
