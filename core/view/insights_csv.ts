// Insights as CSV (RFC 4180), for spreadsheets: a row a day, repository and model; a row a run; a row for what happened.

import { type DaySums, judged } from "../domain/day_sums.ts";
import { quantileOf } from "../domain/histogram.ts";
import type { ActivityView, InsightDays, SlotsView, Wait } from "./insights_view.ts";

type Cell = string | number | null;

/** Durations in ms; quantiles are right within a factor of 1.19. */
export function daysCsv({ days }: InsightDays): string {
  const rows = days.flatMap(({ day, sums }) => sums.map((one) => [day, one.repo, one.model, ...numbersOf(one)]));
  return csv([["day", "repository", "model", ...numberNames], ...rows]);
}

const numberNames = [
  ...["runs_good", "runs_bad", "runs_interrupted", "cost_usd", "cost_estimated_usd", "runs_of_unknown_cost"],
  ...["input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens", "checks_passed", "checks_failed"],
  ...["wait_ms_p50", "wait_ms_p90", "run_ms_p50", "run_ms_p90"],
  ...["tasks_created", "tasks_completed", "tasks_failed", "tasks_cancelled", "landed", "landings_in_vain", "messages"],
];

function numbersOf(sums: DaySums): Cell[] {
  const { good, bad, interrupted } = judged(sums);
  const { usage, checks, tasks, landings } = sums;
  return [
    ...[good, bad, interrupted, money(sums.cost_usd), money(sums.estimated_usd), sums.unpriced],
    ...[usage.input_tokens, usage.output_tokens, usage.cache_read_tokens, usage.cache_write_tokens],
    ...[checks.passed, checks.failed],
    ...[sums.wait_ms, sums.run_ms].flatMap((histogram) => [quantileOf(histogram, 0.5), quantileOf(histogram, 0.9)]),
    ...[tasks.created, tasks.completed, tasks.failed, tasks.cancelled, landings.landed, landings.other, sums.words],
  ];
}

/** What a run waited for, in ms each, and the tasks that it waited for. */
export function slotsCsv({ runs }: SlotsView): string {
  const rows = runs.map((run) => [
    ...[run.task, run.title, run.run, run.attempt, run.repo, run.model, run.worker_name],
    ...[run.claimed_at, run.ended_at, run.outcome, money(run.cost_usd)],
    ...waitKinds.map((kind) => waited(run.waits, kind)),
    run.waits.flatMap(({ tasks }) => tasks).join(" "),
  ]);
  return csv([
    [
      ...["task", "title", "run", "attempt", "repository", "model", "worker", "claimed_at", "ended_at", "outcome"],
      ...["cost_usd", ...waitKinds.map((kind) => `waited_for_${kind}_ms`), "waited_for_tasks"],
    ],
    ...rows,
  ]);
}

const waitKinds = ["dependencies", "delay", "approval", "slot"] as const;

function waited(waits: Wait[], kind: Wait["for"]): number {
  return waits.filter((wait) => wait.for === kind)
    .reduce((sum, { from, to }) => sum + Date.parse(to) - Date.parse(from), 0);
}

export function activityCsv({ items }: ActivityView): string {
  const rows = items.map(({ at, task, title, repo, kind, outcome }) => [at, task, title, repo, kind, outcome]);
  return csv([["at", "task", "title", "repository", "kind", "outcome"], ...rows]);
}

/** Without the digits that only adding up in binary makes. */
function money(usd: number): number {
  return Number(usd.toFixed(6));
}

function csv(rows: Cell[][]): string {
  return rows.map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(value: Cell): string {
  if (value === null) return "";
  if (typeof value === "number") return String(value);
  // A spreadsheet would take it for a formula: whoever writes a title could have it computed elsewhere.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
