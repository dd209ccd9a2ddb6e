// Facts about the service itself, in the log of task 0.

import type { EngineContext } from "./context.ts";
import { noteFact } from "./handle_command.ts";

/** Appends a `service.noticed` event: `kind` says what it is about, `text` what is so. Rejects when it cannot be written. */
export type Note = (kind: string, text: string) => Promise<void>;

/** Notes of this worker. */
export function notesOf(context: EngineContext): Note {
  const { worker } = context;
  return async (kind, text) => {
    await noteFact(context, { type: "service.noticed", data: { worker: worker.id, kind, text } }, { by: worker.name });
  };
}
