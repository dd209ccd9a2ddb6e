// What is known of a run's agent, by what it said and did: pure.

import type { RunEnd } from "../../domain/command.ts";
import type { BackgroundTask, EventData, NewEvent } from "../../domain/event.ts";
import type { AgentResult } from "../../process/agent.ts";

/** Of one run; another session of it forgets the account, the background work and stderr of the one before. */
export interface AgentFacts {
  /** It began: it asked its model something, or called or answered a tool. */
  readonly hasSpoken: boolean;
  /** It called a tool. */
  readonly hasWorked: boolean;
  /** Its plan is recorded. */
  readonly hasPlanned: boolean;
  /** It had to be ended because it did not exit after its last result. */
  readonly hasOverstayed: boolean;
  /** It is told that no message follows. */
  readonly isInputClosed: boolean;
  /** What works in the background. */
  readonly living: readonly BackgroundTask[];
  /** Its last account of itself. */
  readonly result: AgentResult | null;
  readonly sinceResult: SinceResult;
  /** The end of what it wrote to stderr. */
  readonly stderr: string;
  /** When what refused it is over, in ms since 1970, where that was said. */
  readonly pausedUntil: number | null;
}

/** Answers of the model since the agent's last account, and what they cost in US dollars, where that is known. */
export interface SinceResult {
  readonly answers: number;
  readonly estimatedUsd: number | null;
}

/** Right after an account. */
export const nothingSinceResult: SinceResult = { answers: 0, estimatedUsd: 0 };

/** Of an agent that said nothing yet. */
export const newAgent: AgentFacts = {
  hasSpoken: false,
  hasWorked: false,
  hasPlanned: false,
  hasOverstayed: false,
  isInputClosed: false,
  living: [],
  result: null,
  sinceResult: nothingSinceResult,
  stderr: "",
  pausedUntil: null,
};

const stderrKept = 4_000;

/** What `before` becomes by events that the agent's output means. */
export function learn(before: AgentFacts, events: readonly NewEvent[]): AgentFacts {
  return events.reduce(learnOne, before);
}

function learnOne(before: AgentFacts, event: NewEvent): AgentFacts {
  switch (event.type) {
    case "agent.ready":
    case "output.text":
    case "output.thinking":
    case "output.tool_result":
      return { ...before, hasSpoken: true };
    case "output.tool_use":
      return { ...before, hasSpoken: true, hasWorked: true };
    case "usage.counted":
      return { ...before, sinceResult: countedToo(before.sinceResult, event.data) };
    case "output.stderr":
      return { ...before, stderr: (before.stderr + event.data.text).slice(-stderrKept) };
    default:
      return before;
  }
}

function countedToo({ answers, estimatedUsd }: SinceResult, { estimated_cost_usd }: EventData["usage.counted"]) {
  const isKnown = estimatedUsd !== null && estimated_cost_usd !== undefined;
  return { answers: answers + 1, estimatedUsd: isKnown ? estimatedUsd + estimated_cost_usd : null };
}

/** What a run cost, by the agent's own account, and what was counted after it; `null` when it gave no account. */
export function costOf({ result, sinceResult }: AgentFacts): Pick<RunEnd, "cost_usd" | "cost_basis"> {
  if (!result) return { cost_usd: null };
  const { answers, estimatedUsd } = sinceResult;
  if (answers === 0) return { cost_usd: result.costUsd, cost_basis: "reported" };
  if (estimatedUsd === null) return { cost_usd: result.costUsd, cost_basis: "unknown" };
  return { cost_usd: result.costUsd + estimatedUsd, cost_basis: "estimated" };
}

/** Whether one of `events` is the agent itself speaking or acting, and not a subagent or the program. */
export function isOfAgent(events: readonly NewEvent[]): boolean {
  return events.some(({ type, data }) => {
    if (type !== "output.text" && type !== "output.thinking" && type !== "output.tool_use") return false;
    return data.subagent === undefined;
  });
}
