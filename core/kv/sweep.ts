// Removes the slices of bodies whose event was never committed: what a crash between the two leaves behind.

import { keys } from "./keys.ts";
import type { Kv } from "./kv.ts";

/** How many unfinished bodies were removed. Call it only while no append is in flight anywhere. */
export async function sweepBodies(kv: Kv): Promise<number> {
  let swept = 0;
  for (;;) {
    const intents = await kv.page({ prefix: keys.bodyIntents() }, { limit: 100 });
    for (const { key } of intents) {
      const body = key[1] as string;
      for (;;) {
        const parts = await kv.page({ prefix: keys.parts(body) }, { limit: 500 });
        if (parts.length === 0) break;
        await kv.commit({ checks: [], sets: [], deletes: parts.map((part) => part.key) });
      }
      await kv.commit({ checks: [], sets: [], deletes: [key] });
      swept++;
    }
    if (intents.length < 100) return swept;
  }
}
