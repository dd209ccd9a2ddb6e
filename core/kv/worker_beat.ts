// The heartbeat of a worker: a counter in the store that moves while its process is alive. Nobody compares clocks: an
// observer times on its own monotonic clock how long a counter has not moved.

import { keys } from "./keys.ts";
import type { Kv } from "./kv.ts";

export interface Beat {
  /** Unique to one start of the worker's process. */
  start: string;
  count: number;
  name: string;
}

/** Another process beats under this worker's uuid. */
export class LivingTwin extends Error {
  override name = "LivingTwin";
}

export interface BeatSender {
  /** Moves the counter; throws `LivingTwin` when another process moved it since, and whatever the store throws. */
  beat(): Promise<void>;
  /** Takes the beat away, so that the next start need not wait. */
  retire(): Promise<void>;
}

export function beatSender(
  kv: Kv,
  { worker, start, name }: { worker: string; start: string; name: string },
): BeatSender {
  const key = keys.beat(worker);
  let count = 0;
  return {
    async beat() {
      // A lost reply makes the next check fail on our own beat, so what is compared is the start, not the versionstamp.
      for (;;) {
        const entry = await kv.get<Beat>(key);
        if (count > 0 && entry.value && entry.value.start !== start) throw new LivingTwin(entry.value.start);
        const value: Beat = { start, count: ++count, name };
        const checks = [{ key, versionstamp: entry.versionstamp }];
        if (await kv.commit({ checks, sets: [{ key, value }], deletes: [] }) !== null) return;
      }
    },
    async retire() {
      const entry = await kv.get<Beat>(key);
      if (entry.value?.start !== start) return;
      await kv.commit({ checks: [{ key, versionstamp: entry.versionstamp }], sets: [], deletes: [key] });
    },
  };
}

/** The beats of all workers as they stand. */
export async function readBeats(kv: Kv): Promise<Map<string, Beat>> {
  const beats = new Map<string, Beat>();
  for (const { key, value } of await kv.page<Beat>({ prefix: keys.beats() }, { limit: 1_000 })) {
    beats.set(key[1] as string, value);
  }
  return beats;
}
