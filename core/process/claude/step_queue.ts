// The steps between the pumps that read an agent's pipes and the engine that pulls them.

import type { AgentStep } from "../agent.ts";
import { type BoundedQueue, boundedQueue } from "../bounded_queue.ts";

/** Steps from those who push to the one who pulls. */
export type StepQueue = BoundedQueue<AgentStep>;

// Small neighbours are joined up to this size, each of about what goes into the log at once.
const JOINED_BYTES = 256 * 1024;
const JOINED_EVENTS = 800;

/** An empty queue, with room while less than `maxBytes` lie in it. */
export function stepQueue({ maxBytes }: { maxBytes: number }): StepQueue {
  return boundedQueue({ maxBytes, sizeOf, join });
}

function join(last: AgentStep, next: AgentStep): boolean {
  if (last.type !== "events" || next.type !== "events" || !canJoin(last, next)) return false;
  for (const event of next.events) last.events.push(event);
  last.bytes += next.bytes;
  return true;
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
