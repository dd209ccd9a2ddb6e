// Under which marks the processes of a run are found.

import { createHash } from "node:crypto";

/** The mark of all that this worker starts on this store: a data folder may be used with several stores. */
export function workerMark({ worker, store }: { worker: { id: string }; store: { id: string } }): string {
  return markOf(`${worker.id} ${store.id}`);
}

/** A mark of its own for a run's setup: what that starts for the agent (a database, say) ends with the run, not with the agent. */
export function setupMark(runMark: string): string {
  return markOf(`setup ${runMark}`);
}

/** A mark of its own for the sandbox around what carries another one: it outlives each of a run's programs. */
export function sandboxMark(mark: string): string {
  return markOf(`sandbox ${mark}`);
}

function markOf(text: string): string {
  const hex = createHash("sha256").update(text).digest("hex");
  return hex.slice(0, 32).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
