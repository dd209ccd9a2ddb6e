// What a history tells beyond its events: why a task ran or waited at any moment, and a file to replay it elsewhere.

import { createHash } from "node:crypto";
import type { TaskEvent } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";
import { type Dependency, type Why, type WhyClaim, whyOf } from "../../view/why.ts";
import type { Store } from "../../kv/store.ts";

/** The first line of an export; the others are the events, one a line. */
export interface ExportHeader {
  format: "personal-coder-task";
  version: 1;
  store: string;
  task: number;
  title: string;
  exported_at: string;
  events: number;
  /** Lines with its files follow the events: a git bundle of so many bytes in all. Null, or absent in older files: none. */
  bundle?: { bytes: number } | null;
  /** SHA-256 of all bytes after this line, as hex. */
  sha256: string;
}

/** What a line of the file can be. The border reads them; it throws `DomainError("invalid")` for what is none. */
export interface ImportLines {
  header(line: string): ExportHeader;
  line(line: string): { event: TaskEvent } | { bundle: Uint8Array };
}

/** @param waiting what the board says of the task now; null for a moment of the past */
export async function readWhy(store: Store, task: Task, { waiting }: { waiting: string | null }): Promise<Why> {
  const claim = task.claimed_seq === null ? null : claimOf(await store.log.event(task.id, task.claimed_seq));
  const dependencies: Dependency[] = [];
  for (const id of task.depends_on) {
    const then = await store.log.headAtTime(id, task.updated_at);
    const now = waiting === null ? then : await store.log.head(id);
    if (now) dependencies.push({ id, status: now.status, completed_at: now.completed_at });
  }
  return whyOf(task, { claim, dependencies, waiting });
}

function claimOf(event: TaskEvent | null): WhyClaim | null {
  if (event?.type !== "run.claimed") return null;
  const { worker, epoch, attempt, why } = event.data;
  return { run: epoch, attempt, worker, at: event.at, ...why };
}

/** A line has base64 of so many bytes. */
const bundleBytes = 49_152;

/**
 * The history up to the task's present head as one NDJSON file, with the git bundle at `bundle` in lines of its own after the
 * events; that goes when the stream has ended.
 */
export async function exportTask(
  store: Store,
  task: Task,
  { now, bundle }: { now: number; bundle: (AsyncDisposable & { path: string }) | null },
): Promise<ReadableStream<Uint8Array>> {
  const range = { after: 0, to: task.seq };
  const hash = createHash("sha256");
  for await (const chunk of linesOf(store, task.id, { range, bundle })) hash.update(chunk);
  const header: ExportHeader = {
    format: "personal-coder-task",
    version: 1,
    store: store.id,
    task: task.id,
    title: task.title,
    exported_at: new Date(now).toISOString(),
    events: task.seq,
    bundle: bundle && { bytes: (await Deno.stat(bundle.path)).size },
    sha256: hash.digest("hex"),
  };
  return ReadableStream.from((async function* () {
    try {
      yield encoder.encode(`${JSON.stringify(header)}\n`);
      yield* linesOf(store, task.id, { range, bundle });
    } finally {
      await bundle?.[Symbol.asyncDispose]();
    }
  })());
}

const encoder = new TextEncoder();

async function* linesOf(
  store: Store,
  task: number,
  { range, bundle }: { range: { after: number; to: number }; bundle: { path: string } | null },
): AsyncGenerator<Uint8Array> {
  yield* store.log.lines(task, range);
  if (!bundle) return;
  using file = await Deno.open(bundle.path);
  const buffer = new Uint8Array(bundleBytes);
  for (;;) {
    let size = 0;
    for (let read; size < buffer.length && (read = await file.read(buffer.subarray(size))) !== null;) size += read;
    if (size === 0) return;
    yield encoder.encode(`${JSON.stringify({ bundle: buffer.subarray(0, size).toBase64() })}\n`);
  }
}
