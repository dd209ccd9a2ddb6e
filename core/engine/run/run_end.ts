// What a run's end means. Pure: the facts come in, the outcome and its name come out.

import type { BackgroundTask, Outcome } from "../../domain/event.ts";
import { backgroundWords } from "../../domain/task.ts";
import { type AgentExit, type AgentResult, environmentStatus } from "../../process/agent.ts";

/** Why the runner stopped the agent itself. */
export type StopReason =
  | "cancelled"
  | "timed_out"
  | "over_budget"
  | "stalled"
  | "shutdown"
  | "lost"
  | "paused"
  | "failed";

/** A stop of ours, and what it came upon. */
export interface Stop {
  reason: StopReason;
  error: string | null;
  /** The agent had ended well, and nothing more was to come. */
  hadGoodResult: boolean;
  /** What worked in the background then; told to stop, the agent takes it from its list. */
  living: readonly BackgroundTask[];
}

/** What a verdict goes by. */
export interface RunFacts {
  /** A plan was recorded. */
  planned: boolean;
  /** The first stop we sent, if any. */
  stop: Stop | null;
  result: AgentResult | null;
  exit: AgentExit;
  /** We ended the agent because it did not exit after its result. */
  overstayed: boolean;
  /** The last lines of stderr. */
  stderr: string;
  /** What worked in the background when the agent was ended or ended itself. */
  living: readonly BackgroundTask[];
  /** It was in the middle of an answer. */
  isTurnOpen: boolean;
}

/** How a run ended. */
export interface RunVerdict {
  outcome: Outcome;
  error: string | null;
}

const usageLimit = /usage limit reached|hit your (?:usage )?limit/i;

/** The outcome of a run whose agent is gone, and one sentence of why, or null where none is needed. */
export function verdictOf(facts: RunFacts): RunVerdict {
  const { stop, result, exit, living } = facts;
  if (facts.planned) return { outcome: "planned", error: null };
  // A good result read before our first stop signal wins; otherwise the stop reason does.
  if (stop && !stop.hadGoodResult) return { outcome: stop.reason, error: withBackground(stop.error, stop.living) };
  if (result?.ok) {
    if (living.length > 0) {
      return {
        outcome: "failed",
        error: `The agent ended while background work still ran: ${backgroundWords(living)}`,
      };
    }
    if (facts.isTurnOpen && !stop) {
      return { outcome: "failed", error: `The agent ended in the middle of an answer, with ${exitWords(exit)}` };
    }
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

function withBackground(error: string | null, living: readonly BackgroundTask[]): string | null {
  if (living.length === 0) return error;
  const ended = `background work was ended: ${backgroundWords(living)}`;
  return error === null ? `Its ${ended}` : `${error}; its ${ended}`;
}

/**
 * When a usage limit says it ends, as ms since 1970: `...|1764000000`, `resets at 2026-01-05T10:00:00Z`, or
 * `resets 7:23pm (UTC)`, which is the next such time of day after `now`. `null`: it does not say.
 */
export function resetTimeOf(text: string, now: number): number | null {
  const seconds = /limit reached\|(\d{10})\b/.exec(text)?.[1];
  if (seconds !== undefined) return Number(seconds) * 1_000;
  const date = /\bresets (?:at )?(\d{4}-\d\d-\d\dT[\d:.]+(?:Z|[+-]\d\d:\d\d))/.exec(text)?.[1];
  if (date !== undefined) return Number.isNaN(Date.parse(date)) ? null : Date.parse(date);
  const clock = /\bresets (?:at )?(1[0-2]|[1-9])(?::([0-5]\d))? ?([ap])m(?: \(([\w/+-]{1,40})\))?/i.exec(text);
  if (!clock) return null;
  const [, hour, minute, half, zone] = clock;
  const minutes = (Number(hour) % 12 + (half!.toLowerCase() === "p" ? 12 : 0)) * 60 + Number(minute ?? 0);
  const nowMinutes = minuteOfDay(now, zone ?? "UTC");
  if (nowMinutes === null) return null;
  const inMinutes = (minutes - nowMinutes + dayMinutes) % dayMinutes || dayMinutes;
  return Math.floor(now / 60_000) * 60_000 + inMinutes * 60_000;
}

const dayMinutes = 24 * 60;

function minuteOfDay(now: number, timeZone: string): number | null {
  try {
    const words = new Intl.DateTimeFormat("en-GB", { timeZone, hour: "2-digit", minute: "2-digit" }).format(now);
    const [hours, minutes] = words.split(":").map(Number);
    return hours! % 24 * 60 + minutes!;
  } catch {
    return null;
  }
}

function exitWords({ code, signal }: AgentExit): string {
  return signal ? `signal ${signal}` : `exit code ${code}`;
}
