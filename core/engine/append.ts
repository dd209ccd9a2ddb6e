// Appends that must not be lost: the end of a run, what an agent said, the steps of putting away. While the store cannot
// write (a full disk, say) they wait and try again; a refusal by a rule comes back at once.

import { DomainError } from "../domain/error.ts";
import type { Appended, AppendRequest } from "../kv/commit_batch.ts";
import type { EngineContext } from "./context.ts";

const pauseMs = 1_000;
const patienceMs = 24 * 3_600_000;

export async function appendPatiently(
  { store, clock, warn }: EngineContext,
  request: AppendRequest,
): Promise<Appended> {
  const since = clock.monotonic();
  for (let tries = 0;; tries++) {
    try {
      return await store.writer.append(request);
    } catch (error) {
      const canWait = error instanceof DomainError && error.code === "unavailable";
      if (!canWait || clock.monotonic() - since > patienceMs) throw error;
      if (tries === 0) {
        const { task } = request;
        warn(`Task ${task} waits for the store`, error, task === "new" ? {} : { task });
      }
      await clock.sleep(pauseMs);
    }
  }
}
