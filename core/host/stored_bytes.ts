// What the service has stored, before it hurts: its raw logs, its database, and what retention would free of them. Looked at when
// somebody asks, at most every ten minutes, since a folder of a year's logs takes a second to look through.

import { dirname, join } from "@std/path";
import { stat, statfs } from "node:fs/promises";
import type { Stored } from "../view/api_view.ts";
import { freeBytes } from "./disk_space.ts";
import { messageOf } from "../domain/error.ts";

export interface StoredBytesOptions {
  /** `{data}/logs`. */
  logs: string;
  /** The file of the database; null: it is elsewhere. */
  database: string | null;
  /** `CODER_RETENTION_DAYS`. */
  retentionDays: number | null;
  now: () => number;
  warn(message: string, error: unknown): void;
}

const lookEveryMs = 600_000;
const dayMs = 86_400_000;
/** What retention is reckoned with where none is set. */
const usualDays = 30;
const gibibyte = 1024 ** 3;
const muchBytes = 10 * gibibyte;
/** Of the disk. */
const muchShare = 0.2;

export interface StoredBytes {
  /** As they were at the last look; a new one begins when that is long ago. */
  current(): Stored;
  /** Looks now. Never rejects. */
  look(): Promise<void>;
}

/** Knows nothing before the first look has ended. A notice is told to `warn` when it comes. */
export function storedBytes(options: StoredBytesOptions): StoredBytes {
  const { now, warn } = options;
  const days = options.retentionDays ?? usualDays;
  let stored: Stored = {
    ...{ logs_bytes: null, store_bytes: null, free_bytes: null, notice: null },
    retention: { days, frees_bytes: null },
  };
  let lookedAt = -Infinity;
  let looking: Promise<void> | null = null;

  async function look(): Promise<void> {
    lookedAt = now();
    try {
      const next = await measure(options, { days, before: lookedAt - days * dayMs });
      if (next.notice !== null && stored.notice === null) warn(next.notice, null);
      stored = next;
    } catch (error) {
      warn(`Cannot look at what is stored: ${messageOf(error)}`, error);
    }
  }

  function begin(): Promise<void> {
    return looking ??= look().finally(() => looking = null);
  }

  return {
    current() {
      if (now() - lookedAt >= lookEveryMs) void begin();
      return stored;
    },
    look: begin,
  };
}

async function measure(
  { logs, database, retentionDays }: StoredBytesOptions,
  { days, before }: { days: number; before: number },
): Promise<Stored> {
  const { bytes, dueBytes } = await logBytes(logs, before);
  const store_bytes = database === null ? null : await databaseBytes(database);
  const large = [
    bytes > await muchOn(logs) ? `the raw logs take up ${inGibibytes(bytes)} GiB` : null,
    store_bytes !== null && store_bytes > await muchOn(database!)
      ? `the database takes up ${inGibibytes(store_bytes)} GiB`
      : null,
  ].filter((words) => words !== null);
  const frees = `${inGibibytes(dueBytes)} GiB of logs`;
  const remedy = retentionDays === null
    ? `CODER_RETENTION_DAYS=${days} would free ${frees}`
    : `retention (${days} days) has ${frees} still to free`;
  const text = `${large.join(", and ")}; ${remedy}`;
  return {
    logs_bytes: bytes,
    store_bytes,
    free_bytes: await freeBytes(logs) ?? await freeBytes(dirname(logs)),
    retention: { days, frees_bytes: dueBytes },
    notice: large.length === 0 ? null : text[0]!.toUpperCase() + text.slice(1),
  };
}

/** Of all, and of those that nothing was written to since `before` (ms since 1970): their tasks are over for so long. */
async function logBytes(folder: string, before: number): Promise<{ bytes: number; dueBytes: number }> {
  let bytes = 0;
  let dueBytes = 0;
  try {
    for await (const { name, isFile } of Deno.readDir(folder)) {
      const found = isFile ? await Deno.lstat(join(folder, name)).catch(() => null) : null;
      if (!found) continue;
      bytes += found.size;
      if ((found.mtime?.getTime() ?? Infinity) < before) dueBytes += found.size;
    }
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return { bytes, dueBytes };
}

async function databaseBytes(path: string): Promise<number> {
  const sizes = await Promise.all(["", "-wal"].map((suffix) => stat(path + suffix).then(({ size }) => size, () => 0)));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** From how many bytes on a person is told: 10 GiB, or a fifth of the disk that holds `path`. */
async function muchOn(path: string): Promise<number> {
  const disk = await statfs(path).then(({ blocks, bsize }) => Number(blocks) * Number(bsize), () => Infinity);
  return Math.min(muchBytes, disk * muchShare);
}

function inGibibytes(bytes: number): string {
  return (bytes / gibibyte).toFixed(1);
}
