// A command line of the repository, from its start to its end: its setup, its check, its cleanup.

import type { StepEnd, StepOutcome } from "../../domain/event.ts";
import type { AgentExit } from "../../process/agent.ts";
import type { StepProcess, StepStart } from "../../process/project/step_process.ts";
import type { EngineContext } from "../context.ts";

/** How a command ended, with the end of what it said. */
export interface StepReport extends StepEnd {
  tail: string;
}

/** What becomes of a command while it works. */
export interface StepOptions {
  timeoutSeconds: number;
  /** The command runs; called once. */
  onStart(process: StepProcess): void;
  /** Takes what it said; the next waits for it. `bytes`: about what it weighs. */
  onOutput(text: string, bytes: number): Promise<void>;
  /** Whether it was ended because nobody wants it any more. */
  isStopped(): boolean;
}

/** Enough for a test's report; an agent reads it, too. */
const tailLength = 8_000;
const graceMs = 5_000;

/**
 * Runs a command to its end, or ends it after its time. What it left running lives on: whoever started it ends it by
 * `StepProcess.end`. Rejects with `DomainError("unavailable")` when it cannot be started, and with what `onOutput` rejects with.
 */
export async function performStep(
  { steps, clock, warn }: Pick<EngineContext, "steps" | "clock" | "warn">,
  start: StepStart,
  { timeoutSeconds, onStart, onOutput, isStopped }: StepOptions,
): Promise<StepReport> {
  const startedAt = clock.monotonic();
  const process = await steps(start);
  onStart(process);
  let isLate = false;
  const clear = clock.timer(timeoutSeconds * 1_000, () => {
    isLate = true;
    process.end({ graceMs }).catch((error) => warn(`Cannot end \`${start.command}\``, error));
  });
  let tail = "";
  try {
    for await (const { text, bytes } of process.output) {
      tail = (tail + text).slice(-tailLength);
      await onOutput(text, bytes);
    }
    const exit = await process.exited;
    const duration_ms = Math.round(clock.monotonic() - startedAt);
    return {
      outcome: outcomeOf(exit, { isLate, isStopped: isStopped() }),
      exit_code: exit.code,
      signal: exit.signal,
      duration_ms,
      tail,
    };
  } finally {
    clear();
  }
}

function outcomeOf({ code }: AgentExit, { isLate, isStopped }: { isLate: boolean; isStopped: boolean }): StepOutcome {
  if (code === 0 && !isLate) return "passed";
  if (isStopped) return "stopped";
  return isLate ? "timed_out" : "failed";
}

/** `Setup failed with exit code 2: last line`, or `Setup took longer than 600 s`. */
export function stepWords(
  name: string,
  { outcome, exit_code, signal, tail }: StepReport,
  timeoutSeconds: number,
): string {
  if (outcome === "timed_out") return `${name} took longer than ${timeoutSeconds} s`;
  const how = signal !== null ? ` with signal ${signal}` : exit_code !== null ? ` with exit code ${exit_code}` : "";
  const last = tail.trimEnd().split("\n").at(-1)?.trim() ?? "";
  return `${name} failed${how}${last && `: ${last.slice(0, 300)}`}`;
}
