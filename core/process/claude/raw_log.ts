// The raw log of a task: every byte that its agents print, as it came.

import { delay } from "@std/async";
import { dirname } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import type { LogTimes } from "../log_times.ts";

const FULL_DISK_PAUSE_MS = 500;

/**
 * Opens the raw log of a task for appending, with its folder; only its owner may read it. Throws
 * `DomainError("unavailable")` when it cannot be written.
 */
export async function openRawLog(path: string): Promise<Deno.FsFile> {
  try {
    await Deno.mkdir(dirname(path), { recursive: true });
    return await Deno.open(path, { append: true, create: true, mode: 0o600 });
  } catch (cause) {
    // The environment's fault, not the task's.
    throw new DomainError("unavailable", `Cannot write the raw log ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** The bounds of a log. */
export interface RawLogOptions {
  /** The size that the file may come to; `Infinity` for any. */
  maxBytes: number;
  /** Told when what it holds came. */
  times: LogTimes;
  /** Nobody waits for room on the disk any more: what is not written yet is dropped. */
  signal: AbortSignal;
  /** Told once, in words for a person, when nothing more will be written. */
  onEnd: (text: string) => void;
}

/**
 * Writes all of a chunk. A full disk must neither end the run nor cost a byte: the agent is held back by its pipe until there
 * is room. Any other error does not pass: it is said once, and the log ends there. So does one that has come to `maxBytes` by
 * all runs of its task: what they say from then on is in their events.
 */
export function rawLogWriter(
  log: Deno.FsFile,
  { maxBytes, times, signal, onEnd }: RawLogOptions,
): (chunk: Uint8Array) => Promise<void> {
  let isBroken = false;
  let size: number | null = null;
  return async (chunk) => {
    size ??= (await log.stat()).size;
    if (!isBroken && size + chunk.length > maxBytes) {
      isBroken = true;
      onEnd(`The raw log ends here: it has reached ${megabytes(maxBytes)}`);
    }
    if (!isBroken) times.note(size);
    size += chunk.length;
    for (let at = 0; at < chunk.length && !isBroken && !signal.aborted;) {
      try {
        at += await log.write(chunk.subarray(at));
      } catch (error) {
        if (isDiskFull(error)) {
          await delay(FULL_DISK_PAUSE_MS);
          continue;
        }
        isBroken = true;
        onEnd(`The raw log ends here: ${messageOf(error)}`);
      }
    }
  };
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1_048_576).toLocaleString("en-US")} MB`;
}

function isDiskFull(error: unknown): boolean {
  const { code, message } = error as { code?: string; message?: string };
  return code === "ENOSPC" || code === "EDQUOT" || /os error (28|122)\b/.test(message ?? "");
}
