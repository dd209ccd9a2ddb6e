// A head as the bytes of one KV value, and back.

import type { Task } from "../domain/task.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export function encodeHead(task: Task): Uint8Array {
  return encoder.encode(JSON.stringify(task));
}

export function decodeHead(value: Uint8Array): Task {
  return JSON.parse(decoder.decode(value)) as Task;
}
