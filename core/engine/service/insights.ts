// What can be told across tasks: sums of days, who ran when and waited for what, what happened. Each answer costs what it shows,
// never the history.

import type { OpenRun, Task } from "../../domain/task.ts";
import type { RunMilestone } from "../../domain/milestone.ts";
import type { Dated } from "../../kv/milestone_record.ts";
import {
  type ActivityItem,
  type ActivityView,
  type InsightDays,
  type SlotRun,
  type SlotsView,
  type WaitingTask,
  waitsOf,
} from "../../view/insights_view.ts";
import type { TaskView } from "../../view/task_view.ts";
import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { Queries } from "./queries.ts";
import type { Service } from "./service.ts";

export interface InsightsParts {
  board: LiveBoard;
  queries: Pick<Queries, "summary" | "pendingCounts">;
  /** By a worker's uuid. */
  workerName: (id: string) => string;
}

const dayMs = 86_400_000;
const hourMs = 3_600_000;
/** What is read of a time at once, shown of its runs and told one by one. */
const milestonesAtMost = 20_000;
const runsAtMost = 1_000;
const itemsAtMost = 300;
const waitingShown = 100;

type UntitledRun = Omit<SlotRun, "title">;
type RunDated = Dated & { milestone: RunMilestone };

export function insights(
  { store, clock }: Pick<EngineContext, "store" | "clock">,
  { board, queries, workerName }: InsightsParts,
): Pick<Service, "insightDays" | "slots" | "activity"> {
  const iso = (ms: number) => new Date(ms).toISOString();

  /** Those of one repository where that is said, the newest first. `truncated`: there were more. */
  async function recent(
    { hours, repo }: { hours: number; repo: string | null },
  ): Promise<{ from: string; to: string; found: Dated[]; truncated: boolean }> {
    const now = clock.now();
    const from = iso(now - hours * hourMs);
    const found: Dated[] = [];
    for await (const page of store.milestones.newestFirst(from)) {
      const own = page.filter(({ milestone }) => repo === null || milestone.repo === repo);
      found.push(...own.slice(0, milestonesAtMost - found.length));
      if (found.length === milestonesAtMost) return { from: found.at(-1)!.at, to: iso(now), found, truncated: true };
    }
    return { from, to: iso(now), found, truncated: false };
  }

  async function titles(ids: Iterable<number>): Promise<(id: number) => string> {
    const heads = await store.log.heads([...new Set(ids)]);
    const byId = new Map(heads.flatMap((head) => head ? [[head.id, head.title] as const] : []));
    return (id) => byId.get(id) ?? `Task ${id}`;
  }

  return {
    async insightDays({ days, repo, model }): Promise<InsightDays> {
      const now = clock.now();
      const [from, to] = [iso(now - (days - 1) * dayMs).slice(0, 10), iso(now).slice(0, 10)];
      const state = await store.gathered();
      const fits = (sums: { repo: string; model: string | null }) =>
        (repo === null || sums.repo === repo) && (model === null || sums.model === model);
      const found = (await store.milestones.days({ from, to })).map(({ day, sums }) => ({
        day,
        sums: sums.filter(fits),
      }));
      return {
        ...{ from, to, uncounted: state === "complete" ? null : state.last - state.next + 1 },
        days: found.filter(({ sums }) => sums.length > 0),
      };
    },

    async slots({ hours, repo, model }): Promise<SlotsView> {
      // Who made room for a run may be of another repository or model.
      const { from, to, found, truncated } = await recent({ hours, repo: null });
      const ended = found.filter(isRun);
      const inProgress = [...board.entries].filter(({ status }) => status === "in_progress").slice(0, runsAtMost);
      const running = await store.log.heads(inProgress.map(({ id }) => id));
      const open = running.flatMap((head) => head?.run ? [{ head, run: head.run }] : []);
      const all = [
        ...ended.map((one) => endedRun(one, { workerName })),
        ...open.map(({ head, run }) => openRun(head, run, { workerName })),
      ].sort((a, b) => a.claimed_at < b.claimed_at ? -1 : 1);
      addApprovals(ended, all);
      nameWhoMadeRoom(all);
      const fitting = all.filter((run) =>
        (repo === null || run.repo === repo) && (model === null || run.model === model)
      );
      const shown = fitting.slice(-runsAtMost);
      const title = await titles(shown.map(({ task }) => task));
      return {
        ...{ from, to, runs: shown.map((run) => ({ ...run, title: title(run.task) })) },
        truncated: truncated || shown.length < fitting.length,
        ...await waitingNow(repo),
      };
    },

    async activity(query): Promise<ActivityView> {
      const { from, to, found, truncated } = await recent(query);
      const counts = new Map<string, Partial<Record<string, number>>>();
      for (const { at, milestone: { type } } of found) {
        const hour = `${at.slice(0, 13)}:00:00.000Z`;
        const own = counts.get(hour) ?? {};
        counts.set(hour, own);
        own[type] = (own[type] ?? 0) + 1;
      }
      const shown = found.slice(0, itemsAtMost);
      const title = await titles(shown.map(({ task }) => task));
      return {
        ...{ from, to, truncated },
        hours: [...counts].map(([hour, own]) => ({ hour, counts: own })).reverse(),
        items: shown.map((one) => activityItem(one, title(one.task))),
      };
    },
  };

  async function waitingNow(repo: string | null): Promise<Pick<SlotsView, "waiting" | "waiting_count">> {
    await board.resolve();
    // Brings the lanes up to now.
    queries.pendingCounts();
    const lanes = ["approval", "ready", "waiting", "stuck"] as const;
    const all = lanes.flatMap((lane) => board.order.first(lane, repo === null ? waitingShown : Infinity));
    const own = all.filter((entry) => repo === null || entry.repo === repo);
    const heads = await store.log.heads(own.slice(0, waitingShown).map(({ id }) => id));
    return {
      waiting: heads.flatMap((head) => head ? [waitingTask(head, queries.summary(head))] : []),
      waiting_count: repo === null ? lanes.reduce((sum, lane) => sum + board.order.size(lane), 0) : own.length,
    };
  }
}

function isRun(one: Dated): one is RunDated {
  return one.milestone.type === "run.finished";
}

function endedRun(
  { at, task, milestone }: RunDated,
  { workerName }: { workerName: (id: string) => string },
): UntitledRun {
  const { run, attempt, repo, worker, claimed_at, outcome, cost_usd, model, asked_model } = milestone;
  return {
    ...{ task, run, attempt, repo, model: model ?? asked_model ?? null },
    ...{ worker, worker_name: workerName(worker), claimed_at, ended_at: at, outcome, cost_usd },
    waits: waitsOf(milestone),
  };
}

function openRun(head: Task, run: OpenRun, { workerName }: { workerName: (id: string) => string }): UntitledRun {
  const { queued_at, due_at, ready_at, claimed_at, worker, attempt, model = head.model } = run;
  const waited = { queued_at: queued_at ?? undefined, due_at: due_at ?? undefined, ready_at, claimed_at };
  return {
    ...{ task: head.id, run: run.epoch, attempt, repo: head.repo, model },
    ...{ worker, worker_name: workerName(worker), claimed_at, ended_at: null, outcome: null },
    cost_usd: run.estimated_cost_usd ?? 0,
    waits: waitsOf({ ...waited, depends_on: head.depends_on }),
  };
}

function waitingTask(head: Task, { waiting }: TaskView): WaitingTask {
  const { id, title, repo, status, queued_at, updated_at } = head;
  const since = status === "pending" ? queued_at : updated_at;
  return { task: id, title, repo, since, reason: waiting ?? "" };
}

/** A run that ended with a plan, and the next one of its task: in between somebody was to approve it. */
function addApprovals(ended: RunDated[], runs: UntitledRun[]): void {
  const plans = new Map(
    ended.filter(({ milestone }) => milestone.then === "approve")
      .map(({ at, task, milestone }) => [`${task}/${milestone.run + 1}`, at]),
  );
  for (const run of runs) {
    const from = plans.get(`${run.task}/${run.run}`);
    const to = run.waits[0]?.from ?? run.claimed_at;
    if (from !== undefined && from < to) run.waits.unshift({ for: "approval", from, to, tasks: [] });
  }
}

/** The run whose end, on the same worker and while another one waited, came last before that one's claim. */
function nameWhoMadeRoom(runs: UntitledRun[]): void {
  const ends = Map.groupBy(runs.filter(({ ended_at }) => ended_at !== null), ({ worker }) => worker);
  for (const own of ends.values()) own.sort((a, b) => a.ended_at! < b.ended_at! ? -1 : 1);
  for (const run of runs) {
    const wait = run.waits.at(-1);
    if (wait?.for !== "slot") continue;
    const last = lastBefore(ends.get(run.worker) ?? [], wait.to);
    if (last && last.ended_at! > wait.from) wait.tasks = [last.task];
  }
}

/** Of runs in the order of their ends the last that ended at `at` or before. */
function lastBefore(runs: UntitledRun[], at: string): UntitledRun | null {
  let from = 0;
  let to = runs.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (runs[middle]!.ended_at! <= at) from = middle + 1;
    else to = middle;
  }
  return runs[from - 1] ?? null;
}

function activityItem({ at, task, milestone }: Dated, title: string): ActivityItem {
  const outcome = "outcome" in milestone ? milestone.outcome : null;
  return { at, task, title, repo: milestone.repo, kind: milestone.type, outcome };
}
