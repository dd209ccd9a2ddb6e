// The steps between the pumps that read an agent's pipes and the engine that pulls them. Bounded: a pump waits in `room()`
// while more than `maxBytes` lie here, so an engine that does not pull holds the agent back by its pipe.

import type { AgentStep } from "../agent.ts";

/** Steps from those who push to the one who pulls. */
export interface StepQueue extends AsyncIterable<AgentStep> {
  push(step: AgentStep): void;
  /** Resolves when there is room again, or at once after `abandoned`. */
  room(): Promise<void>;
  /** Nothing more will come. */
  end(): void;
  /** Nobody will pull any more; what is pushed from now on is dropped. */
  abandon(): void;
  /** Aborts when nobody will pull any more. */
  readonly abandoned: AbortSignal;
  /** Whether somebody has begun to pull. */
  readonly isPulled: boolean;
}

// Small neighbours are joined up to this size, so that a slow reader gets few large steps instead of many small ones, each
// of about what goes into the log at once.
const JOINED_BYTES = 256 * 1024;
const JOINED_EVENTS = 800;

/** An empty queue, with room while less than `maxBytes` lie in it. */
export function stepQueue({ maxBytes }: { maxBytes: number }): StepQueue {
  let steps: AgentStep[] = [];
  let bytes = 0;
  let hasEnded = false;
  let isPulled = false;
  const abandonment = new AbortController();
  let wakePuller = () => {};
  let wakePumps: (() => void)[] = [];

  function releasePumps(): void {
    const waiting = wakePumps;
    wakePumps = [];
    for (const wake of waiting) wake();
  }

  function abandon(): void {
    steps = [];
    bytes = 0;
    hasEnded = true;
    abandonment.abort();
    releasePumps();
    wakePuller();
  }

  async function next(): Promise<IteratorResult<AgentStep>> {
    isPulled = true;
    while (steps.length === 0) {
      if (hasEnded) return { done: true, value: undefined };
      await new Promise<void>((resolve) => wakePuller = resolve);
    }
    const step = steps.shift()!;
    bytes -= sizeOf(step);
    if (bytes < maxBytes) releasePumps();
    return { done: false, value: step };
  }

  return {
    push(step) {
      if (abandonment.signal.aborted) return;
      bytes += sizeOf(step);
      const last = steps.at(-1);
      if (last?.type === "events" && step.type === "events" && canJoin(last, step)) {
        for (const event of step.events) last.events.push(event);
        last.bytes += step.bytes;
      } else {
        steps.push(step);
      }
      wakePuller();
    },
    async room() {
      while (bytes >= maxBytes && !abandonment.signal.aborted) {
        await new Promise<void>((resolve) => wakePumps.push(resolve));
      }
    },
    end() {
      hasEnded = true;
      wakePuller();
    },
    abandon,
    abandoned: abandonment.signal,
    get isPulled() {
      return isPulled;
    },
    [Symbol.asyncIterator]() {
      return {
        next,
        return() {
          abandon();
          return Promise.resolve({ done: true as const, value: undefined });
        },
      };
    },
  };
}

type Events = Extract<AgentStep, { type: "events" }>;

function canJoin(a: Events, b: Events): boolean {
  return a.bytes + b.bytes <= JOINED_BYTES && a.events.length + b.events.length <= JOINED_EVENTS;
}

function sizeOf(step: AgentStep): number {
  switch (step.type) {
    case "events":
      return step.bytes;
    case "plan":
      return step.plan.length;
    case "result":
      return step.result.text.length + step.result.plan.length;
    case "background":
      return step.tasks.length * 400;
    case "turn":
    case "too_much":
    case "refused":
      return 0;
  }
}
