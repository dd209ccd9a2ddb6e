// A head as the bytes of one KV value, and back.

import { emptyTask, type Task } from "../domain/task.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeHead(task: Task): Uint8Array {
  return encoder.encode(JSON.stringify(task));
}

/** A field that the program which wrote it did not know has the value of a new task. */
export function decodeHead(value: Uint8Array): Task {
  const stored = JSON.parse(decoder.decode(value)) as Task;
  const task = { ...emptyTask(stored.id), ...stored };
  if (task.run && task.run.counted === undefined) {
    task.run = { ...task.run, background: [], asked: task.run.spoke, counted: 0, estimated_cost_usd: null };
  }
  if (task.run && task.run.step === undefined) task.run = { ...task.run, step: null };
  return task;
}

/** Whether a stored head is the `task`. What a program wrote that knew fewer fields is compared by those. */
export function isHeadOf(value: Uint8Array, task: Task): boolean {
  const stored = JSON.parse(decoder.decode(value)) as Task;
  const run = stored.run && task.run ? knownTo(stored.run, task.run) : task.run;
  return canonical(stored) === canonical(knownTo(stored, { ...task, run }));
}

/** `whole` without the fields that `part` does not have. */
function knownTo<T extends object>(part: T, whole: T): Partial<T> {
  return Object.fromEntries(Object.entries(whole).filter(([name]) => name in part)) as Partial<T>;
}

/** The same text for the same JSON, whatever the order of fields. */
function canonical(value: unknown): string {
  return JSON.stringify(
    value,
    (_, inner) =>
      inner && typeof inner === "object" && !Array.isArray(inner)
        ? Object.fromEntries(Object.entries(inner).sort(([x], [y]) => x < y ? -1 : 1))
        : inner,
  );
}
