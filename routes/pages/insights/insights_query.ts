// What the page of insights was asked for, by its address. Anything else than it offers is what it shows by itself.

import type { Grouping } from "./day_charts.ts";

export const dayChoices = [7, 30, 90, 365] as const;
export const hourChoices = [6, 24, 168] as const;

export interface InsightsQuery {
  days: number;
  hours: number;
  by: Grouping;
  repo: string | null;
  model: string | null;
}

const longestName = 100;

export function insightsQuery(query: URLSearchParams): InsightsQuery {
  const chosen = <T extends number>(choices: readonly T[], name: string, standard: T): T =>
    choices.find((choice) => String(choice) === query.get(name)) ?? standard;
  const name = (key: string) => query.get(key)?.slice(0, longestName) || null;
  return {
    days: chosen(dayChoices, "days", 30),
    hours: chosen(hourChoices, "hours", 24),
    by: query.get("by") === "repository" ? "repository" : "model",
    repo: name("repo"),
    model: name("model"),
  };
}

/** The address of the page with `changes`. */
export function insightsPath(query: InsightsQuery, changes: Partial<InsightsQuery> = {}): string {
  const { days, hours, by, repo, model } = { ...query, ...changes };
  const params = new URLSearchParams({ days: String(days), hours: String(hours), by });
  if (repo !== null) params.set("repo", repo);
  if (model !== null) params.set("model", model);
  return `/insights?${params}`;
}

/** The numbers of a chart as a table. What happened is of no model. */
export function csvPath(name: "days" | "slots" | "activity", { days, hours, repo, model }: InsightsQuery): string {
  const params = new URLSearchParams(name === "days" ? { days: String(days) } : { hours: String(hours) });
  if (repo !== null) params.set("repo", repo);
  if (model !== null && name !== "activity") params.set("model", model);
  return `/api/insights/${name}.csv?${params}`;
}
