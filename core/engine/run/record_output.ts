// The way of a run's output into the log. Nothing is kept here: who appends waits until it is durable, so what an agent may
// be ahead of the log is bounded in one place, where its pipes are read (process/claude/step_queue.ts).

import type { NewEvent } from "../../domain/event.ts";
import { handleCommand } from "../handle_command.ts";
import type { EngineContext } from "../context.ts";

/** The way of one run's output into the log, in order. */
export interface OutputRecorder {
  /**
   * Appends `events`, which were `bytes` long on the wire, behind everything given before. Resolves when they are durable;
   * rejects when the log refused them or anything before them, and then nothing more is written.
   */
  append(events: NewEvent[], bytes: number): Promise<void>;
  /** Resolves when everything given is durable; rejects when the log refused an append. */
  flush(): Promise<void>;
}

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

/** A recorder for run `run` of task `task`; `by` signs its events. */
export function recordOutput(context: EngineContext, options: RecordOptions): OutputRecorder {
  return new RunOutput(context, options);
}

class RunOutput implements OutputRecorder {
  readonly #context: EngineContext;
  readonly #options: RecordOptions;
  /** The last append; never rejects. */
  #last: Promise<void> = Promise.resolve();
  #refusal: { error: unknown } | null = null;

  constructor(context: EngineContext, options: RecordOptions) {
    this.#context = context;
    this.#options = options;
  }

  append(events: NewEvent[], bytes: number): Promise<void> {
    this.#last = this.#last.then(() => this.#write(events, bytes));
    return this.flush();
  }

  async flush(): Promise<void> {
    await this.#last;
    if (this.#refusal) throw this.#refusal.error;
  }

  async #write(events: NewEvent[], bytes: number): Promise<void> {
    if (this.#refusal) return;
    try {
      for (const chunk of chunksOf(events, bytes)) await this.#commit(chunk);
    } catch (error) {
      this.#refusal = { error };
      this.#options.onRefused(error);
    }
  }

  /** JSON escapes can make a text six times as long as it was, so what is too much for one commit goes by halves. */
  async #commit(events: NewEvent[]): Promise<void> {
    const { task, run, by } = this.#options;
    try {
      const options = { by, priority: "output", until: "written" } as const;
      await handleCommand(this.#context, task, { type: "record", run, events }, options);
    } catch (error) {
      if (!(error instanceof RangeError) || events.length < 2) throw error;
      const half = Math.ceil(events.length / 2);
      await this.#commit(events.slice(0, half));
      await this.#commit(events.slice(half));
    }
  }
}

/** `events` in pieces that fit one append each. JSON escapes can double a text; the events of one step share its bytes. */
function* chunksOf(events: NewEvent[], bytes: number): Generator<NewEvent[]> {
  const each = Math.min(Math.ceil((bytes * 2) / events.length) + 200, bytesInCommit);
  const length = Math.max(1, Math.min(eventsPerAppend, Math.floor(bytesPerAppend / each)));
  for (let from = 0; from < events.length; from += length) yield events.slice(from, from + length);
}
