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
  /** SHA-256 of all bytes after this line, as hex. */
  sha256: string;
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

/** The history up to the task's present head as one NDJSON file. */
export async function exportTask(
  store: Store,
  task: Task,
  { now }: { now: number },
): Promise<ReadableStream<Uint8Array>> {
  const range = { after: 0, to: task.seq };
  const hash = createHash("sha256");
  for await (const chunk of store.log.lines(task.id, range)) hash.update(chunk);
  const header: ExportHeader = {
    format: "personal-coder-task",
    version: 1,
    store: store.id,
    task: task.id,
    title: task.title,
    exported_at: new Date(now).toISOString(),
    events: task.seq,
    sha256: hash.digest("hex"),
  };
  const first = new TextEncoder().encode(`${JSON.stringify(header)}\n`);
  const events = store.log.lines(task.id, range).getReader();
  let isFirst = true;
  return new ReadableStream({
    async pull(controller) {
      if (isFirst) {
        isFirst = false;
        return controller.enqueue(first);
      }
      const { value, done } = await events.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: (reason) => events.cancel(reason),
  }, { highWaterMark: 0 });
}
