// What of a task's history counts across tasks: that it was made, each of its runs, how it ended, what people did about it and
// what became of the work. Each is told from one event and the task just before it, and never changes afterwards.

import type { CostBasis, LandingOutcome, Outcome, RunSequel, StepOutcome, TaskEvent, Usage } from "./event.ts";
import { evolve } from "./evolve.ts";
import type { Task } from "./task.ts";

/** A run, told by its end. */
export interface RunMilestone {
  type: "run.finished";
  repo: string;
  run: number;
  attempt: number;
  /** Its uuid. */
  worker: string;
  /** Since when it waited (`OpenRun`); absent where that is not known. */
  queued_at?: string;
  due_at?: string;
  ready_at?: string;
  claimed_at: string;
  /** When its agent was started; null: it never was. */
  started_at: string | null;
  outcome: Outcome;
  then: RunSequel;
  /** As the agent said, and as the task asked for; absent where there is nothing to say. */
  model?: string;
  asked_model?: string;
  /** Of this run alone. */
  usage: Usage;
  cost_usd: number;
  cost_basis: CostBasis;
  /** How its last check ended. */
  check?: StepOutcome;
  depends_on?: number[];
  /** A person tried a repository's setup and check: no work. */
  trial?: true;
}

/** Everything else of which the kind is enough. */
export interface SimpleMilestone {
  type: SimpleType;
  repo: string;
  trial?: true;
}

export interface LandingMilestone {
  type: "landing.finished";
  repo: string;
  outcome: LandingOutcome;
}

export type Milestone = RunMilestone | SimpleMilestone | LandingMilestone;

const simpleTypes = [
  "task.created",
  "task.completed",
  "task.failed",
  "task.cancelled",
  "task.accepted",
  "task.discarded",
  "plan.approved",
  "plan.rejected",
  "message.added",
  "branch.pushed",
  "pull_request.opened",
] as const;
type SimpleType = typeof simpleTypes[number];

export const milestoneTypes = [...simpleTypes, "run.finished", "landing.finished"] as const;

const all: ReadonlySet<string> = new Set(milestoneTypes);

/** Whether an event of that type may be one. */
export function isMilestone(type: string): boolean {
  return all.has(type);
}

/** What `event` is across tasks, given the task right before it; null: nothing. Pure. */
export function milestoneOf(before: Task, event: TaskEvent): Milestone | null {
  if (!isMilestone(event.type) || event.task === 0) return null;
  // What was imported happened at another service.
  if ((event.type === "task.created" ? event.data : before).imported !== undefined) return null;
  switch (event.type) {
    case "run.finished":
      return runMilestone(before, event);
    case "landing.finished":
      return { type: event.type, repo: before.repo, outcome: event.data.outcome };
    case "task.created":
      return simple(event.type, event.data);
    default:
      return simple(event.type as SimpleType, before);
  }
}

function simple(type: SimpleType, { repo, trial }: Pick<Task, "repo" | "trial">): SimpleMilestone {
  return { type, repo, ...(trial && { trial }) };
}

function runMilestone(before: Task, event: Extract<TaskEvent, { type: "run.finished" }>): RunMilestone | null {
  const { run, usage_before: earlier, last_check } = before;
  if (!run) return null;
  const { usage } = evolve(before, event);
  return {
    type: event.type,
    repo: before.repo,
    run: run.epoch,
    attempt: run.attempt,
    worker: run.worker,
    ...(run.queued_at && { queued_at: run.queued_at }),
    ...(run.due_at && { due_at: run.due_at }),
    ...(run.ready_at !== undefined && { ready_at: run.ready_at }),
    claimed_at: run.claimed_at,
    started_at: run.started_at,
    outcome: event.data.outcome,
    then: event.data.then,
    ...(run.model !== undefined && { model: run.model }),
    ...(before.model !== null && { asked_model: before.model }),
    usage: {
      input_tokens: usage.input_tokens - earlier.input_tokens,
      output_tokens: usage.output_tokens - earlier.output_tokens,
      cache_read_tokens: usage.cache_read_tokens - earlier.cache_read_tokens,
      cache_write_tokens: usage.cache_write_tokens - earlier.cache_write_tokens,
    },
    cost_usd: event.data.cost_usd,
    cost_basis: event.data.cost_basis ?? "reported",
    ...(last_check && { check: last_check.outcome }),
    ...(before.depends_on.length > 0 && { depends_on: before.depends_on }),
    ...(before.trial && { trial: before.trial }),
  };
}

/** Since when a run could have been claimed, ms since 1970: in the queue, its delay over, what it depends on done. */
export function claimableAt({ queued_at, due_at, ready_at, claimed_at }: RunMilestone): number {
  const times = [queued_at, due_at, ready_at].filter((at) => at !== undefined).map((at) => Date.parse(at));
  return times.length === 0 ? Date.parse(claimed_at) : Math.min(Date.parse(claimed_at), Math.max(...times));
}
