// A broken environment must not drain the queue: when the API refuses, or runs fail before they do anything, this worker
// claims nothing for a while, and says why.

import { pauseDelayMs } from "../../domain/retry.ts";
import type { EngineContext } from "../context.ts";
import { noteFact } from "../handle_command.ts";

/** Why and how long nothing is claimed. */
export interface Pause {
  reason: string;
  /** ISO 8601; null: until the condition is gone. */
  until: string | null;
}

/** Of this worker alone; each pause and its end are recorded in the log. */
export interface DispatchPause {
  /** Why nothing is claimed now, or null. */
  current(): Pause | null;
  /** Rests; `until` is ms since 1970 when the environment said so. */
  pause(reason: string, until: number | null): void;
  /** A run ended: `early` means in failure before its first tool call, and not by its task's fault. */
  runEnded(options: { early: boolean; error: string | null }): void;
  /** Ends the pause now. */
  resume(): void;
  /** Forgets when the pause would end. */
  close(): void;
}

const earlyFailures = 3;
/** Several workers on one account must not all come back in the same second. */
const jitterShare = 0.05;
const longestJitterMs = 60_000;

/** Not paused at first. `onChange` is called when a pause begins or ends. */
export function dispatchPause(
  context: EngineContext,
  onChange: () => void,
): DispatchPause {
  const { clock, random, worker, warn } = context;
  let current: Pause | null = null;
  let inARow = 0;
  let failures = 0;
  let clear = () => {};

  function note(event: Parameters<typeof noteEvent>[0]): void {
    noteFact(context, noteEvent(event), { by: worker.name })
      .catch((error) => warn("Cannot record the pause", error));
  }

  function resume(): void {
    clear();
    if (!current) return;
    current = null;
    failures = 0;
    note({ resumed: worker.id });
    onChange();
  }

  function pause(reason: string, until: number | null): void {
    if (current) return;
    inARow++;
    const now = clock.now();
    const least = until === null ? pauseDelayMs(inARow) : Math.max(1_000, until - now);
    const ms = Math.round(least + random.float() * Math.min(least * jitterShare, longestJitterMs));
    current = { reason, until: new Date(now + ms).toISOString() };
    clear = clock.timer(ms, resume);
    note({ paused: worker.id, ...current });
    onChange();
  }

  return {
    current: () => current,
    pause,
    resume,
    runEnded({ early, error }) {
      failures = early ? failures + 1 : 0;
      if (!early) inARow = 0;
      if (failures >= earlyFailures) {
        pause(`${failures} runs in a row failed before doing anything; the last: ${error ?? "no reason given"}`, null);
      }
    },
    close: () => clear(),
  };
}

function noteEvent(note: { resumed: string } | { paused: string; reason: string; until: string | null }) {
  return "resumed" in note
    ? { type: "service.resumed" as const, data: { worker: note.resumed } }
    : { type: "service.paused" as const, data: { worker: note.paused, reason: note.reason, until: note.until } };
}
