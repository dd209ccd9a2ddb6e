// What the items of a transcript are called, on a page and on a terminal alike. Pure.

import type { EventData, StepOutcome } from "../../domain/event.ts";
import { basedCost, compact, duration, plural } from "../format.ts";
import { outcomeWord } from "../task_state.ts";
import type { TranscriptItem } from "./transcript_items.ts";
import type { LineTone } from "./transcript_words.ts";

type ItemOf<Kind extends TranscriptItem["kind"]> = Extract<TranscriptItem, { kind: Kind }>;

export const toldNames: Record<EventData["followup.sent"]["because"], string> = {
  uncommitted: "Asked to commit",
  check_failed: "Told that the check failed",
};

const aboutNames = { words: "You", comments: "You, with comments", resolve: "Asked to solve conflicts" };

export function messageName({ about, sentAt }: Pick<ItemOf<"message">, "about" | "sentAt">): string {
  return sentAt ? aboutNames[about] : `${aboutNames[about]}, not received yet`;
}

const stepNames = { setup: "Setup", check: "Check", cleanup: "Cleanup" };
const stepWords: Record<StepOutcome, string> = {
  passed: "passed",
  failed: "failed",
  timed_out: "took too long",
  stopped: "was stopped",
};

/** `Check of the landing passed`. */
export function stepTitle({ name, ofLanding, end }: Pick<ItemOf<"step">, "name" | "ofLanding" | "end">): string {
  return `${stepNames[name]}${ofLanding ? " of the landing" : ""} ${end === null ? "runs" : stepWords[end.outcome]}`;
}

export function stepTone({ end }: Pick<ItemOf<"step">, "end">): LineTone {
  if (end === null) return "run";
  if (end.outcome === "passed") return "done";
  return end.outcome === "stopped" ? "off" : "fail";
}

/** `12 s, exit 1`; null while it runs. */
export function stepFacts({ end }: Pick<ItemOf<"step">, "end">): string | null {
  return end && joined([duration(end.duration_ms), exitWords(end.exit_code), end.signal]);
}

/** `Run 2 ended: succeeded`. */
export function runEndTitle({ run, data }: Pick<ItemOf<"finished">, "run" | "data">): string {
  return `Run ${run} ended: ${outcomeWord(data.outcome).toLowerCase()}`;
}

/** `6 m 12 s, $0.87, 12.9k tokens out`. */
export function runEndFacts(
  { duration_ms, cost_usd, cost_basis, usage, exit_code, signal, uncommitted }: EventData["run.finished"],
): string {
  return joined([
    duration(duration_ms),
    basedCost(cost_usd, cost_basis ?? "reported"),
    usage && `${compact(usage.output_tokens)} tokens out`,
    exitWords(exit_code),
    signal,
    uncommitted ? `${plural(uncommitted, "file")} not committed` : null,
  ]);
}

function exitWords(code: number | null): string | null {
  return code === null || code === 0 ? null : `exit ${code}`;
}

function joined(facts: (string | null)[]): string {
  return facts.filter(Boolean).join(", ");
}
