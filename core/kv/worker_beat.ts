// The heartbeats of workers: counters in the store that move while their processes are alive. Nobody compares clocks: an
// observer times on its own monotonic clock how long a counter has not moved.

import type { Guard } from "./commit_batch.ts";
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

/** Moves the counter of one worker. */
export class BeatSender {
  readonly #kv: Kv;
  readonly #key: Deno.KvKey;
  readonly #beat: Omit<Beat, "count">;
  #count = 0;

  constructor(kv: Kv, { worker, start, name }: { worker: string; start: string; name: string }) {
    this.#kv = kv;
    this.#key = keys.beat(worker);
    this.#beat = { start, name };
  }

  /** Moves the counter; throws `LivingTwin` when another process moved it since, and whatever the store throws. */
  async beat(): Promise<void> {
    const [key, { start }] = [this.#key, this.#beat];
    // A lost reply makes the next check fail on our own beat, so what is compared is the start, not the versionstamp.
    for (;;) {
      const entry = await this.#kv.get<Beat>(key);
      if (this.#count > 0 && entry.value && entry.value.start !== start) throw new LivingTwin(entry.value.start);
      const value: Beat = { ...this.#beat, count: ++this.#count };
      const checks = [{ key, versionstamp: entry.versionstamp }];
      if (await this.#kv.commit({ checks, sets: [{ key, value }], deletes: [] }) !== null) return;
    }
  }

  /** Takes the beat away, so that the next start need not wait. */
  async retire(): Promise<void> {
    const key = this.#key;
    const entry = await this.#kv.get<Beat>(key);
    if (entry.value?.start !== this.#beat.start) return;
    await this.#kv.commit({ checks: [{ key, versionstamp: entry.versionstamp }], sets: [], deletes: [key] });
  }
}

export class WorkerBeats {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** The counter of `worker`, to be moved by this process; `start` is unique to it, `name` a label. */
  sender(options: { worker: string; start: string; name: string }): BeatSender {
    return new BeatSender(this.#kv, options);
  }

  /** The beats of all workers as they stand, by worker. */
  async read(): Promise<Map<string, Beat>> {
    const beats = new Map<string, Beat>();
    for (const { key, value } of await this.#kv.page<Beat>({ prefix: keys.beats() }, { limit: 1_000 })) {
      beats.set(key[1] as string, value);
    }
    return beats;
  }

  /** The beat of one worker as it stands, and a guard for a commit that is right only while it stands. */
  async stand(worker: string): Promise<{ beat: Beat | null; guard: Guard }> {
    const key = keys.beat(worker);
    const { value, versionstamp } = await this.#kv.get<Beat>(key);
    return { beat: value, guard: { key, versionstamp, isForeign: true } };
  }
}
