// What the API and the insights page show across tasks. Pure.

import type { DaySums } from "../domain/day_sums.ts";
import type { LandingOutcome, Outcome } from "../domain/event.ts";
import type { Milestone, RunMilestone } from "../domain/milestone.ts";

/** The sums of days, all in UTC. */
export interface InsightDays {
  /** The first and the last day, ISO 8601. */
  from: string;
  to: string;
  /** Tasks of an older store that are not counted yet; null: all are. */
  uncounted: number | null;
  /** Those on which anything happened. */
  days: { day: string; sums: DaySums[] }[];
}

/** What a run waited for before it was claimed. */
export interface Wait {
  for: "dependencies" | "delay" | "approval" | "slot";
  /** ISO 8601. */
  from: string;
  to: string;
  /** `dependencies`: those; `slot`: the one whose end made room, where that is known. */
  tasks: number[];
}

export interface SlotRun {
  task: number;
  title: string;
  run: number;
  attempt: number;
  repo: string;
  model: string | null;
  worker: string;
  worker_name: string;
  claimed_at: string;
  /** Null: it still runs. */
  ended_at: string | null;
  outcome: Outcome | null;
  cost_usd: number;
  waits: Wait[];
}

/** A task that waits now. */
export interface WaitingTask {
  task: number;
  title: string;
  repo: string;
  /** Since when; null where that is not known. */
  since: string | null;
  /** For what, in one sentence. */
  reason: string;
}

/** Who ran when, and who waited for what. */
export interface SlotsView {
  from: string;
  to: string;
  /** In the order in which they were claimed. */
  runs: SlotRun[];
  /** Earlier runs of that time are left out. */
  truncated: boolean;
  waiting: WaitingTask[];
  /** How many wait, also those that are not named. */
  waiting_count: number;
}

export type ActivityKind = Milestone["type"];

export interface ActivityItem {
  at: string;
  task: number;
  title: string;
  repo: string;
  kind: ActivityKind;
  outcome: Outcome | LandingOutcome | null;
}

/** What happened, across tasks. */
export interface ActivityView {
  from: string;
  to: string;
  /** How much of each kind by the hour; `hour`: its start. */
  hours: { hour: string; counts: Partial<Record<ActivityKind, number>> }[];
  /** The newest first. */
  items: ActivityItem[];
  /** `from` is later than what was asked for: more than can be read at once happened since. */
  truncated: boolean;
}

/** What a run waited for, one after the other; without the approval of a plan, which is known from its other run. */
export function waitsOf(
  run: Pick<RunMilestone, "queued_at" | "ready_at" | "due_at" | "claimed_at" | "depends_on">,
): Wait[] {
  const { queued_at, ready_at, due_at, claimed_at, depends_on = [] } = run;
  if (queued_at === undefined) return [];
  const waits: Wait[] = [];
  let from = queued_at;
  const until = (to: string | undefined, kind: Wait["for"], tasks: number[]) => {
    if (to === undefined) return;
    // A clock that runs ahead may say that something came after the claim.
    const end = to < claimed_at ? to : claimed_at;
    if (end <= from) return;
    waits.push({ for: kind, from, to: end, tasks });
    from = end;
  };
  until(ready_at, "dependencies", depends_on);
  until(due_at, "delay", []);
  until(claimed_at, "slot", []);
  return waits;
}

/** Runs in lanes: a lane for each that worked at the same time on the same worker, the fewest there can be. */
export function lanesOf<R extends Pick<SlotRun, "worker" | "claimed_at" | "ended_at">>(runs: readonly R[]): R[][] {
  const workers = Map.groupBy(runs, ({ worker }) => worker);
  return [...workers.values()].flatMap((own) => {
    const lanes: R[][] = [];
    for (const run of own.toSorted((a, b) => a.claimed_at < b.claimed_at ? -1 : 1)) {
      const free = lanes.find((lane) => {
        const last = lane.at(-1)!.ended_at;
        return last !== null && last <= run.claimed_at;
      });
      if (free) free.push(run);
      else lanes.push([run]);
    }
    return lanes;
  });
}
