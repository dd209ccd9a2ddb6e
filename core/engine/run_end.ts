// What a run's end means. Pure: the facts come in, the outcome and its name come out.

import type { Outcome } from "../domain/event.ts";
import type { AgentExit, AgentResult } from "../process/agent.ts";

/** Why the runner stopped the agent itself. */
export type StopReason = "cancelled" | "timed_out" | "over_budget" | "stalled" | "shutdown" | "lost";

export interface RunFacts {
  /** A plan was recorded. */
  planned: boolean;
  /** The first stop we sent, if any. */
  stop: { reason: StopReason; error: string | null; hadGoodResult: boolean } | null;
  result: AgentResult | null;
  exit: AgentExit;
  /** We ended the agent because it did not exit after its result. */
  overstayed: boolean;
  /** The last lines of stderr. */
  stderr: string;
}

export interface RunVerdict {
  outcome: Outcome;
  error: string | null;
}

/** API answers that say "not now" or "not with this key": the task is not to blame. */
const environmentStatus: Record<number, string> = {
  401: "The Messages API refused the credentials (401)",
  429: "A usage or rate limit was met (429)",
  529: "The Messages API is overloaded (529)",
};

const usageLimit = /usage limit reached|hit your (?:usage )?limit/i;

export function verdictOf(facts: RunFacts): RunVerdict {
  const { stop, result, exit } = facts;
  if (facts.planned) return { outcome: "planned", error: null };
  // A good result read before our first stop signal wins; otherwise the stop reason does.
  if (stop && !stop.hadGoodResult) return { outcome: stop.reason, error: stop.error };
  if (result?.ok) {
    if (exit.code === 0 || facts.overstayed || stop) return { outcome: "succeeded", error: null };
    return { outcome: "failed", error: `The agent ended with ${exitWords(exit)} after a good result` };
  }
  if (!result) {
    const said = facts.stderr.trim();
    return { outcome: "failed", error: `The agent ended with ${exitWords(exit)} and no result${said && `: ${said}`}` };
  }
  if (result.subtype === "error_max_budget_usd") {
    return { outcome: "over_budget", error: result.text || "The budget is used up" };
  }
  const known = result.apiErrorStatus === null ? undefined : environmentStatus[result.apiErrorStatus];
  if (known) return { outcome: "paused", error: result.text ? `${known}: ${result.text}` : known };
  if (usageLimit.test(result.text)) return { outcome: "paused", error: result.text };
  return { outcome: "failed", error: result.text || `The agent reported ${result.subtype}` };
}

/** When a usage limit says it ends (`...|1764000000`), as ms since 1970. */
export function resetTimeOf(text: string): number | null {
  const seconds = /limit reached\|(\d{10})\b/.exec(text)?.[1];
  return seconds === undefined ? null : Number(seconds) * 1_000;
}

function exitWords({ code, signal }: AgentExit): string {
  return signal ? `signal ${signal}` : `exit code ${code}`;
}
