// What happened in a day, by repository and model: added up from milestones, and added up further for longer times.

import type { Outcome, Usage } from "./event.ts";
import { addHistogram, type Histogram, observe } from "./histogram.ts";
import { claimableAt, type Milestone, type RunMilestone } from "./milestone.ts";
import { addUsage, noUsage } from "./usage.ts";

export interface DaySums {
  repo: string;
  /** The model that answered, else the one that was asked for; null: neither is known, or it is about tasks, not runs. */
  model: string | null;
  /** Runs that ended, by how. */
  outcomes: Partial<Record<Outcome, number>>;
  cost_usd: number;
  /** Of `cost_usd`, what is estimated. */
  estimated_usd: number;
  /** Runs of unknown cost. */
  unpriced: number;
  usage: Usage;
  /** Last checks of runs. */
  checks: { passed: number; failed: number };
  /** From when a run could be claimed until it was, in ms. */
  wait_ms: Histogram;
  /** From the claim to the end, in ms. */
  run_ms: Histogram;
  tasks: { created: number; completed: number; failed: number; cancelled: number };
  landings: { landed: number; other: number };
  /** Messages, and decisions about plans and results. */
  words: number;
}

function emptySums(repo: string, model: string | null): DaySums {
  return {
    ...{ repo, model, outcomes: {}, cost_usd: 0, estimated_usd: 0, unpriced: 0, usage: noUsage },
    checks: { passed: 0, failed: 0 },
    ...{ wait_ms: {}, run_ms: {} },
    tasks: { created: 0, completed: 0, failed: 0, cancelled: 0 },
    landings: { landed: 0, other: 0 },
    words: 0,
  };
}

/** The sums of one day on their way. Trials of a repository do not count. */
export class DayCount {
  readonly #groups = new Map<string, DaySums>();

  /** `at`: of the milestone, ISO 8601. */
  add(milestone: Milestone, at: string): void {
    if ("trial" in milestone) return;
    const model = milestone.type === "run.finished" ? milestone.model ?? milestone.asked_model ?? null : null;
    const name = JSON.stringify([milestone.repo, model]);
    const group = this.#groups.get(name) ?? emptySums(milestone.repo, model);
    this.#groups.set(name, group);
    count(group, milestone, at);
  }

  /** By repository, then model. */
  sums(): DaySums[] {
    return [...this.#groups].sort(([a], [b]) => a < b ? -1 : 1).map(([, group]) => group);
  }
}

function count(group: DaySums, milestone: Milestone, at: string): void {
  switch (milestone.type) {
    case "run.finished":
      return countRun(group, milestone, at);
    case "task.created":
      return void group.tasks.created++;
    case "task.completed":
      return void group.tasks.completed++;
    case "task.failed":
      return void group.tasks.failed++;
    case "task.cancelled":
      return void group.tasks.cancelled++;
    case "landing.finished":
      return void group.landings[milestone.outcome === "landed" ? "landed" : "other"]++;
    case "message.added":
    case "plan.approved":
    case "plan.rejected":
    case "task.accepted":
    case "task.discarded":
      return void group.words++;
    case "branch.pushed":
    case "pull_request.opened":
      return;
  }
}

function countRun(group: DaySums, run: RunMilestone, at: string): void {
  group.outcomes[run.outcome] = (group.outcomes[run.outcome] ?? 0) + 1;
  group.cost_usd += run.cost_usd;
  if (run.cost_basis === "estimated") group.estimated_usd += run.cost_usd;
  if (run.cost_basis === "unknown") group.unpriced++;
  group.usage = addUsage(group.usage, run.usage);
  if (run.check === "passed") group.checks.passed++;
  else if (run.check === "failed" || run.check === "timed_out") group.checks.failed++;
  const claimedAt = Date.parse(run.claimed_at);
  // Where nobody knows since when it waited, nothing is said of it.
  if (run.queued_at !== undefined) observe(group.wait_ms, claimedAt - claimableAt(run));
  observe(group.run_ms, Date.parse(at) - claimedAt);
}

/** The sum of `all`, of which repository and model do not matter any more. */
export function totalOf(all: readonly DaySums[]): DaySums {
  const total = emptySums("", null);
  for (const one of all) {
    for (const [outcome, runs] of Object.entries(one.outcomes)) {
      total.outcomes[outcome as Outcome] = (total.outcomes[outcome as Outcome] ?? 0) + runs;
    }
    total.cost_usd += one.cost_usd;
    total.estimated_usd += one.estimated_usd;
    total.unpriced += one.unpriced;
    total.usage = addUsage(total.usage, one.usage);
    total.words += one.words;
    for (const name of ["passed", "failed"] as const) total.checks[name] += one.checks[name];
    for (const name of ["created", "completed", "failed", "cancelled"] as const) total.tasks[name] += one.tasks[name];
    for (const name of ["landed", "other"] as const) total.landings[name] += one.landings[name];
    addHistogram(total.wait_ms, one.wait_ms);
    addHistogram(total.run_ms, one.run_ms);
  }
  return total;
}

/** What an outcome says about the work. `interrupted`: nothing, since it did not end by itself. */
export type Judgement = "good" | "bad" | "interrupted";

export function judgementOf(outcome: Outcome): Judgement {
  switch (outcome) {
    case "succeeded":
    case "planned":
      return "good";
    case "cancelled":
    case "lost":
    case "shutdown":
    case "paused":
      return "interrupted";
    default:
      return "bad";
  }
}

/** How many runs ended in each way. */
export function judged({ outcomes }: Pick<DaySums, "outcomes">): Record<Judgement, number> {
  const counts = { good: 0, bad: 0, interrupted: 0 };
  for (const [outcome, runs] of Object.entries(outcomes)) counts[judgementOf(outcome as Outcome)] += runs;
  return counts;
}
