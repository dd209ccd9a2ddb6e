// The way of a run's output into the log: what arrives while a commit is in flight goes into the next, and when too much
// waits, the runner stops reading its agent.

import type { NewEvent } from "../../domain/event.ts";
import { handleCommand } from "../handle_command.ts";
import type { EngineContext } from "../context.ts";

/** The way of one run's output into the log, in order. */
export interface OutputRecorder {
  /** Takes `events`, which were `bytes` long on the wire; nothing after the log refused an append. */
  push(events: NewEvent[], bytes: number): void;
  /** Resolves when there is room for more; rejects when the log refused an append. */
  room(): Promise<void>;
  /** Resolves when everything pushed is durable; rejects when the log refused an append. */
  flush(): Promise<void>;
}

/** Waiting bytes beyond which the agent is held back. */
const roomBytes = 2 * 1024 * 1024;
const eventsPerAppend = 800;
const bytesPerAppend = 640_000;
/** A larger body goes into parts, so it weighs no more than this in its commit. */
const bytesInCommit = 50_000;

/** Whose output it is, and whom to tell when it has nowhere to go. */
interface RecordOptions {
  task: number;
  run: number;
  /** Signs the events. */
  by: string;
  /** The log refused an append: the run was taken over, or the store is broken. Called once. */
  onRefused(error: unknown): void;
}

interface Waiting {
  event: NewEvent;
  bytes: number;
}

/** A recorder for run `run` of task `task`; `by` signs its events. */
export function recordOutput(context: EngineContext, options: RecordOptions): OutputRecorder {
  return new RunOutput(context, options);
}

class RunOutput implements OutputRecorder {
  readonly #context: EngineContext;
  readonly #options: RecordOptions;
  #waiting: Waiting[] = [];
  #waitingBytes = 0;
  #writing: Promise<void> | null = null;
  #refusal: { error: unknown } | null = null;

  constructor(context: EngineContext, options: RecordOptions) {
    this.#context = context;
    this.#options = options;
  }

  push(events: NewEvent[], bytes: number): void {
    if (this.#refusal || events.length === 0) return;
    // JSON escapes can double a text; the events of one step share its bytes.
    const each = Math.ceil((bytes * 2) / events.length) + 200;
    for (const event of events) this.#waiting.push({ event, bytes: each });
    this.#waitingBytes += each * events.length;
    this.#writing ??= this.#write();
  }

  async room(): Promise<void> {
    while (this.#waitingBytes > roomBytes && this.#writing) await this.#settled();
    if (this.#refusal) throw this.#refusal.error;
  }

  async flush(): Promise<void> {
    while (this.#writing) await this.#settled();
    if (this.#refusal) throw this.#refusal.error;
  }

  /** Runs until nothing waits. Its last look and the end of `#writing` are one step, so no push falls between. */
  async #write(): Promise<void> {
    while (this.#waiting.length > 0) {
      const { events, bytes } = takeChunk(this.#waiting);
      try {
        await this.#append(events);
        this.#waitingBytes -= bytes;
      } catch (error) {
        this.#refusal = { error };
        this.#waiting = [];
        this.#waitingBytes = 0;
        this.#options.onRefused(error);
      }
    }
    this.#writing = null;
  }

  /** JSON escapes can make a text six times as long as it was, so what is too much for one commit goes by halves. */
  async #append(events: NewEvent[]): Promise<void> {
    const { task, run, by } = this.#options;
    try {
      const options = { by, priority: "output", until: "written" } as const;
      await handleCommand(this.#context, task, { type: "record", run, events }, options);
    } catch (error) {
      if (!(error instanceof RangeError) || events.length < 2) throw error;
      const half = Math.ceil(events.length / 2);
      await this.#append(events.slice(0, half));
      await this.#append(events.slice(half));
    }
  }

  async #settled(): Promise<void> {
    if (this.#writing) await this.#writing;
    if (this.#refusal) throw this.#refusal.error;
  }
}

/** Takes from the front of `waiting` what fits one append: at least one event, and its bytes as they were counted. */
function takeChunk(waiting: Waiting[]): { events: NewEvent[]; bytes: number } {
  let count = 0;
  let inCommit = 0;
  let bytes = 0;
  for (const one of waiting) {
    const weight = Math.min(one.bytes, bytesInCommit);
    if (count > 0 && (count >= eventsPerAppend || inCommit + weight > bytesPerAppend)) break;
    count++;
    inCommit += weight;
    bytes += one.bytes;
  }
  return { events: waiting.splice(0, count).map((one) => one.event), bytes };
}
