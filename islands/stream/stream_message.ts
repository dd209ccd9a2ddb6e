// What comes over the stream, as a page takes it. Apart from the connection, which most pages leave to the SharedWorker. Pure.

/** A frame with its data parsed. */
export interface StreamMessage {
  event: string;
  data: unknown;
}

/** Frames that are no event of a task. */
const others = new Set(["task", "health", "reset", "message", "end"]);

/** Task and seq of an event's frame; null for the other frames. */
export function eventPlace({ event, data }: StreamMessage): { task: number; seq: number } | null {
  if (others.has(event) || typeof data !== "object" || data === null) return null;
  const { task, seq } = data as { task?: unknown; seq?: unknown };
  return typeof task === "number" && typeof seq === "number" ? { task, seq } : null;
}
