// The most that one run may print. An agent that never stops printing would fill the disk with its log and its events.

import type { AgentStep } from "../agent.ts";

/** Counts what a run prints, and lets through what is within its bound. */
export interface OutputBound {
  /** Counts what was read; false from the moment on where it is more than `maxBytes`. */
  count(bytes: number): boolean;
  /** Passes a step on; of a run that printed too much only what is no output. */
  push(step: AgentStep): void;
}

/** Says `too_much` to `push` once, when the bound is passed. */
export function outputBound(maxBytes: number, push: (step: AgentStep) => void): OutputBound {
  let printed = 0;
  return {
    count(bytes) {
      const wasWithin = printed <= maxBytes;
      printed += bytes;
      if (wasWithin && printed > maxBytes) push({ type: "too_much" });
      return printed <= maxBytes;
    },
    push(step) {
      if (printed <= maxBytes || step.type !== "events") push(step);
    },
  };
}
