// What is known of a run's agent, by what it said and did: pure.

import type { RunEnd } from "../../domain/command.ts";
import type { BackgroundTask, CostBasis, EventData, NewEvent } from "../../domain/event.ts";
import { addUsage, lessSure } from "../../domain/usage.ts";
import type { AgentResult } from "../../process/agent.ts";

/** Of one run; another session of it forgets the account, the background work and stderr of the one before. */
export interface AgentFacts {
  /** What the sessions before this one came to; null in the first. */
  readonly spent: Spent | null;
  /** It began: it asked its model something, or called or answered a tool. */
  readonly hasSpoken: boolean;
  /** It called a tool. */
  readonly hasWorked: boolean;
  /** That it says nothing is recorded, and it said nothing since. */
  readonly isSilent: boolean;
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

/** The account of sessions that are over, `session_total` of the last. */
export type Spent = Required<Pick<RunEnd, "cost_basis">> & Pick<RunEnd, "usage" | "session_total" | "result"> & {
  cost_usd: number;
};

/** Answers of the model since the agent's last account, and what they cost in US dollars, where that is known. */
export interface SinceResult {
  readonly answers: number;
  readonly estimatedUsd: number | null;
}

/** Right after an account. */
export const nothingSinceResult: SinceResult = { answers: 0, estimatedUsd: 0 };

/** Of an agent that said nothing yet. */
export const newAgent: AgentFacts = {
  spent: null,
  hasSpoken: false,
  hasWorked: false,
  isSilent: false,
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

/** An agent that did well is followed by another in the same run: it is new, but for what the run has come to. */
export function nextSession(agent: AgentFacts): AgentFacts {
  const { usage, session_total, cost_usd, cost_basis = "reported" } = accountOf(agent);
  // Words that tell of a failure are not those of the run.
  const result = agent.result?.ok ? agent.result.text : agent.spent?.result ?? agent.result?.text ?? null;
  return {
    ...newAgent,
    hasWorked: agent.hasWorked,
    spent: { usage, session_total, result, cost_usd: cost_usd ?? 0, cost_basis },
  };
}

/**
 * What a run used and cost, by its agent's own account, and what was counted after it. Cost is `null` when it gave no
 * account at all.
 */
export function accountOf(
  { spent, result, sinceResult }: AgentFacts,
): Pick<RunEnd, "usage" | "cost_usd" | "cost_basis" | "session_total"> {
  if (!result) {
    if (spent === null) return { usage: null, cost_usd: null };
    const { usage, session_total, cost_usd } = spent;
    return { usage, cost_usd, cost_basis: basisWithout(spent, sinceResult), ...(session_total && { session_total }) };
  }
  const { sessionTotal } = result;
  const session_total = sessionTotal
    ? { usage: sessionTotal.usage, cost_usd: sessionTotal.costUsd }
    : spent?.session_total;
  const { cost_usd, cost_basis } = costOf(result, sinceResult);
  return {
    usage: spent?.usage ? addUsage(spent.usage, result.usage) : result.usage,
    cost_usd: (spent?.cost_usd ?? 0) + cost_usd,
    cost_basis: spent ? lessSure(spent.cost_basis, cost_basis) : cost_basis,
    ...(session_total && { session_total }),
  };
}

/** The session that followed gave no account of what it was heard to answer. */
function basisWithout({ cost_basis }: Spent, { answers }: SinceResult): CostBasis {
  return answers === 0 ? cost_basis : "unknown";
}

function costOf(
  result: AgentResult,
  { answers, estimatedUsd }: SinceResult,
): { cost_usd: number; cost_basis: CostBasis } {
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
