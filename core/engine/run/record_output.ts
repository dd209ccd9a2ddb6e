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

/** A recorder for run `run` of task `task`; `by` signs its events. */
export function recordOutput(
  context: EngineContext,
  { task, run, by, onRefused }: {
    task: number;
    run: number;
    by: string;
    /** The log refused an append: the run was taken over, or the store is broken. Called once. */
    onRefused(error: unknown): void;
  },
): OutputRecorder {
  let waiting: { event: NewEvent; bytes: number }[] = [];
  let waitingBytes = 0;
  let writing: Promise<void> | null = null;
  let refusal: { error: unknown } | null = null;

  /** Runs until nothing waits. Its last look and the end of `writing` are one step, so no push falls between. */
  async function write(): Promise<void> {
    while (waiting.length > 0) {
      const { events, bytes } = takeChunk();
      try {
        await append(events);
        waitingBytes -= bytes;
      } catch (error) {
        refusal = { error };
        waiting = [];
        waitingBytes = 0;
        onRefused(error);
      }
    }
    writing = null;
  }

  /** JSON escapes can make a text six times as long as it was, so what is too much for one commit goes by halves. */
  async function append(events: NewEvent[]): Promise<void> {
    try {
      const options = { by, priority: "output", until: "written" } as const;
      await handleCommand(context, task, { type: "record", run, events }, options);
    } catch (error) {
      if (!(error instanceof RangeError) || events.length < 2) throw error;
      const half = Math.ceil(events.length / 2);
      await append(events.slice(0, half));
      await append(events.slice(half));
    }
  }

  function takeChunk(): { events: NewEvent[]; bytes: number } {
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

  async function settled(): Promise<void> {
    if (writing) await writing;
    if (refusal) throw refusal.error;
  }

  return {
    push(events, bytes) {
      if (refusal || events.length === 0) return;
      // JSON escapes can double a text; the events of one step share its bytes.
      const each = Math.ceil((bytes * 2) / events.length) + 200;
      for (const event of events) waiting.push({ event, bytes: each });
      waitingBytes += each * events.length;
      writing ??= write();
    },
    async room() {
      while (waitingBytes > roomBytes && writing) await settled();
      if (refusal) throw refusal.error;
    },
    async flush() {
      while (writing) await settled();
      if (refusal) throw refusal.error;
    },
  };
}
