// How the store is, told in time also when it does not answer.

import { type Status, statuses } from "../../domain/task.ts";
import type { EngineContext } from "../context.ts";

/** What is known of the store within `patienceMs`. */
export interface StoreCondition {
  /** How many tasks have each status; as they were last, when the store does not answer. */
  counts: Record<Status, number>;
  /** One sentence while it does not answer; else null. */
  trouble: string | null;
}

/** A look at the condition is to be answered within a second. */
const patienceMs = 500;

/** Asks for the counts and, when they do not come in time, says since when the store has not answered. Never rejects. */
export function storeCondition(
  { store, clock }: Pick<EngineContext, "store" | "clock">,
  read: () => Promise<Record<Status, number>>,
): () => Promise<StoreCondition> {
  let counts = Object.fromEntries(statuses.map((status) => [status, 0])) as Record<Status, number>;
  let silentSince: number | null = null;

  async function look(): Promise<boolean> {
    let clear = () => {};
    const late = new Promise<null>((resolve) => clear = clock.timer(patienceMs, () => resolve(null)));
    const found = await Promise.race([read().catch(() => null), late]);
    clear();
    if (found !== null) counts = found;
    return found !== null;
  }

  return async () => {
    const askedAt = clock.now();
    // What is at hand may answer for a store that does not.
    const known = store.trouble();
    const answers = await look() && known === null;
    silentSince = answers ? null : known?.since ?? silentSince ?? askedAt;
    if (silentSince === null) return { counts, trouble: null };
    const why = store.trouble()?.reason;
    const since = new Date(silentSince).toISOString();
    return { counts, trouble: `The store has not answered since ${since}${why ? ` (${why})` : ""}` };
  };
}
