// From the sums of days to what each chart draws: a value a day for each of its series. Pure.

import { type DaySums, judged, totalOf } from "../../../core/domain/day_sums.ts";
import { quantileOf } from "../../../core/domain/histogram.ts";
import type { InsightDays } from "../../../core/view/insights_view.ts";
import { compact, cost, duration } from "../../../core/view/format.ts";

export interface Series {
  name: string;
  /** A class that colours it. */
  tone: string;
  /** One for each day; null: there is none. */
  values: (number | null)[];
}

export interface Chart {
  id: string;
  title: string;
  /** The whole time in a few words. */
  summary: string;
  kind: "bars" | "lines";
  series: Series[];
  words: (value: number) => string;
  /** The value at its upper edge, given the highest of all. */
  top: (highest: number) => number;
}

export type Grouping = "model" | "repository";

const dayMs = 86_400_000;
/** Of a chart with a series for each group; the rest is one more. */
const groupsShown = 5;

/** Every day from the first to the last, ISO 8601. */
export function daysBetween(from: string, to: string): string[] {
  const days: string[] = [];
  for (let ms = Date.parse(from); ms <= Date.parse(to); ms += dayMs) days.push(new Date(ms).toISOString().slice(0, 10));
  return days;
}

export function dayCharts({ days, from, to }: InsightDays, by: Grouping): Chart[] {
  const found = new Map(days.map(({ day, sums }) => [day, sums]));
  const all = daysBetween(from, to).map((day) => found.get(day) ?? []);
  const totals = all.map(totalOf);
  const total = totalOf(totals);
  const of = (name: string, tone: string, value: (sums: DaySums) => number | null): Series => {
    return { name, tone, values: totals.map(value) };
  };
  const { good, bad, interrupted } = judged(total);
  const tokens = Object.values(total.usage).reduce((sum, count) => sum + count, 0);
  return [
    {
      ...{ id: "cost", title: `Cost by ${by}`, kind: "bars", words: cost, top: niceTop },
      summary: `${total.estimated_usd > 0 || total.unpriced > 0 ? "≈ " : ""}${cost(total.cost_usd)}`,
      series: costSeries(all, by),
    },
    {
      ...{ id: "tokens", title: "Tokens", kind: "bars", words: compact, top: niceTop, summary: compact(tokens) },
      series: [
        of("output", "c1", ({ usage }) => usage.output_tokens),
        of("input", "c2", ({ usage }) => usage.input_tokens),
        of("cache written", "c3", ({ usage }) => usage.cache_write_tokens),
        of("cache read", "c4", ({ usage }) => usage.cache_read_tokens),
      ],
    },
    {
      ...{ id: "results", title: "Results of runs", kind: "bars", words: compact, top: niceTop },
      summary: good + bad === 0 ? "none" : `${percent(good, good + bad)} good of ${good + bad + interrupted}`,
      series: [
        of("good", "done", (sums) => judged(sums).good),
        of("bad", "fail", (sums) => judged(sums).bad),
        of("interrupted", "wait", (sums) => judged(sums).interrupted),
      ],
    },
    {
      ...{ id: "checks", title: "Last checks of runs", kind: "bars", words: compact, top: niceTop },
      summary: checkWords(total.checks),
      series: [
        of("passed", "done", ({ checks }) => checks.passed),
        of("failed", "fail", ({ checks }) => checks.failed),
      ],
    },
    quantileChart({ id: "wait", title: "Wait for a slot" }, totals, (sums) => sums.wait_ms),
    quantileChart({ id: "run", title: "Time of a run" }, totals, (sums) => sums.run_ms),
  ];
}

export function percent(part: number, whole: number): string {
  return whole === 0 ? "–" : `${Math.round(part / whole * 100)} %`;
}

function checkWords({ passed, failed }: DaySums["checks"]): string {
  return passed + failed === 0 ? "none" : `${percent(passed, passed + failed)} passed of ${passed + failed}`;
}

function quantileChart(
  named: Pick<Chart, "id" | "title">,
  totals: DaySums[],
  histogram: (sums: DaySums) => DaySums["wait_ms"],
): Chart {
  const all = histogram(totalOf(totals));
  const median = quantileOf(all, 0.5);
  return {
    ...{ ...named, kind: "lines", words: duration, top: niceDuration },
    summary: median === null ? "none" : `median ${duration(median)}, 9 of 10 in ${duration(quantileOf(all, 0.9)!)}`,
    series: [
      { name: "median", tone: "c2", values: totals.map((sums) => quantileOf(histogram(sums), 0.5)) },
      { name: "9 of 10 within", tone: "c5", values: totals.map((sums) => quantileOf(histogram(sums), 0.9)) },
    ],
  };
}

/** What a group is called. */
export function groupName({ repo, model }: DaySums, by: Grouping): string {
  return by === "repository" ? repo : model ?? "not known";
}

/** The dearest groups, each with its colour for all days; what remains is one. */
function costSeries(all: DaySums[][], by: Grouping): Series[] {
  const sums = new Map<string, number>();
  for (const one of all.flat()) {
    sums.set(groupName(one, by), (sums.get(groupName(one, by)) ?? 0) + one.cost_usd);
  }
  const names = [...sums].filter(([, usd]) => usd > 0).sort(([, a], [, b]) => b - a).map(([name]) => name);
  const shown = names.slice(0, groupsShown);
  const costOf = (day: DaySums[], fits: (name: string) => boolean) =>
    day.reduce((sum, one) => fits(groupName(one, by)) ? sum + one.cost_usd : sum, 0);
  const series = shown.map((name, index): Series => {
    return { name, tone: `c${index + 1}`, values: all.map((day) => costOf(day, (one) => one === name)) };
  });
  if (names.length <= groupsShown) return series;
  const others = all.map((day) => costOf(day, (one) => !shown.includes(one)));
  return [...series, { name: `${names.length - groupsShown} others`, tone: "wait", values: others }];
}

export interface GroupRow {
  name: string;
  /** Whether days can be limited to it: not to runs that say no model. */
  isKnown: boolean;
  total: DaySums;
}

/** The whole time by group, the dearest first. */
export function groupRows({ days }: InsightDays, by: Grouping): GroupRow[] {
  // Of tasks, and not of runs, no model is known: that says nothing of one.
  const all = days.flatMap(({ sums }) => sums).filter((one) =>
    by === "repository" || Object.keys(one.outcomes).length > 0
  );
  return [...Map.groupBy(all, (one) => groupName(one, by))]
    .map(([name, sums]) => ({ name, isKnown: by === "repository" || sums[0]!.model !== null, total: totalOf(sums) }))
    .sort((a, b) => b.total.cost_usd - a.total.cost_usd || a.name.localeCompare(b.name));
}

/** The least round number (1, 2 or 5 times a power of ten) that is not below `value`. */
export function niceTop(value: number): number {
  if (value <= 0) return 1;
  const power = 10 ** Math.floor(Math.log10(value));
  return [1, 2, 5, 10].map((step) => step * power).find((top) => top >= value)!;
}

const minuteMs = 60_000;
const niceMinutes = [0.25, 1, 5, 15, 30, 60, 120, 360, 720, 1_440];

/** The same of a duration in ms, by what a clock has; beyond a day whole days. */
function niceDuration(ms: number): number {
  const minutes = niceMinutes.find((top) => top * minuteMs >= ms);
  return minutes === undefined ? Math.ceil(ms / dayMs) * dayMs : minutes * minuteMs;
}
