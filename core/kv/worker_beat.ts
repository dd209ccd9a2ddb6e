// The heartbeats of workers: counters in the store that move while their processes are alive. Nobody compares clocks: an
// observer times on its own monotonic clock how long a counter has not moved.

import type { WorkerAbout } from "../domain/worker.ts";
import type { Guard } from "./commit_batch.ts";
import { keys } from "./keys.ts";
import type { Kv } from "./kv.ts";

export interface Beat {
  /** Unique to one start of the worker's process. */
  start: string;
  count: number;
  name: string;
  /** Absent in beats of older programs. */
  about?: WorkerAbout;
  /** It stopped in good order, and its tasks are to be left alone for that long. */
  heldMs?: number;
}

/** Another process beats under this worker's uuid. */
export class LivingTwin extends Error {
  override name = "LivingTwin";
}

interface SenderOptions {
  worker: string;
  /** Unique to this process. */
  start: string;
  name: string;
  /** What the others are to know; asked at each beat. */
  about: () => WorkerAbout;
}

/** Moves the counter of one worker. */
export class BeatSender {
  readonly #kv: Kv;
  readonly #key: Deno.KvKey;
  readonly #beat: Pick<Beat, "start" | "name">;
  readonly #about: () => WorkerAbout;
  #count = 0;
  /** Of our last beat; undefined: not known, so it is read. */
  #versionstamp: string | null | undefined;

  constructor(kv: Kv, { worker, start, name, about }: SenderOptions) {
    this.#kv = kv;
    this.#key = keys.beat(worker);
    this.#beat = { start, name };
    this.#about = about;
  }

  /** Moves the counter; throws `LivingTwin` when another process moved it since, and whatever the store throws. */
  async beat(): Promise<void> {
    const [key, { start }] = [this.#key, this.#beat];
    // A lost reply makes the next check fail on our own beat, so what is compared is the start, not the versionstamp.
    for (;;) {
      if (this.#versionstamp === undefined) {
        const entry = await this.#kv.get<Beat>(key);
        if (this.#count > 0 && entry.value && entry.value.start !== start) throw new LivingTwin(entry.value.start);
        this.#versionstamp = entry.versionstamp;
      }
      const value: Beat = { ...this.#beat, count: ++this.#count, about: this.#about() };
      const checks = [{ key, versionstamp: this.#versionstamp }];
      // Without an answer it is not known.
      this.#versionstamp = undefined;
      const written = await this.#kv.commit({ checks, sets: [{ key, value }], deletes: [] });
      if (written === null) continue;
      this.#versionstamp = written;
      return;
    }
  }

  /** The last beat: its tasks are its own for another `heldMs`, and its next start need not wait. */
  async retire({ heldMs }: { heldMs: number }): Promise<void> {
    const key = this.#key;
    const entry = await this.#kv.get<Beat>(key);
    if (entry.value?.start !== this.#beat.start) return;
    const value: Beat = { ...this.#beat, count: ++this.#count, about: this.#about(), heldMs };
    await this.#kv.commit({ checks: [{ key, versionstamp: entry.versionstamp }], sets: [{ key, value }], deletes: [] });
  }
}

export class WorkerBeats {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** The counter of a worker, to be moved by this process. */
  sender(options: SenderOptions): BeatSender {
    return new BeatSender(this.#kv, options);
  }

  /** The beats of all workers as they stand, by worker, and which of them are to claim nothing more. */
  async look(): Promise<{ beats: Map<string, Beat>; draining: Set<string> }> {
    const [beats, draining] = [new Map<string, Beat>(), new Set<string>()];
    const drainName = keys.drain("").at(-1);
    for (const { key, value } of await this.#kv.page<Beat>({ prefix: keys.beats() }, { limit: 1_000 })) {
      const worker = key[1] as string;
      if (key[2] === drainName) draining.add(worker);
      else beats.set(worker, value);
    }
    return { beats, draining };
  }

  /** The beats alone. */
  async read(): Promise<Map<string, Beat>> {
    return (await this.look()).beats;
  }

  /** Takes down that a worker is to claim nothing more, or that it is to claim again. */
  async askToDrain(worker: string, wanted: boolean): Promise<void> {
    const key = keys.drain(worker);
    await this.#kv.commit({ checks: [], sets: wanted ? [{ key, value: true }] : [], deletes: wanted ? [] : [key] });
  }

  /** How many runs at once somebody wants of a worker; null: nobody said. */
  async slotsOf(worker: string): Promise<number | null> {
    return (await this.#kv.get<number>(keys.slots(worker))).value;
  }

  /** Takes down how many runs at once a worker is to have; null: as it was configured. */
  async askForSlots(worker: string, slots: number | null): Promise<void> {
    const key = keys.slots(worker);
    const write = slots === null ? { sets: [], deletes: [key] } : { sets: [{ key, value: slots }], deletes: [] };
    await this.#kv.commit({ checks: [], ...write });
  }

  /** The beat of one worker as it stands, and a guard for a commit that is right only while it stands. */
  async stand(worker: string): Promise<{ beat: Beat | null; guard: Guard }> {
    const key = keys.beat(worker);
    const { value, versionstamp } = await this.#kv.get<Beat>(key);
    return { beat: value, guard: { key, versionstamp, isForeign: true } };
  }
}
