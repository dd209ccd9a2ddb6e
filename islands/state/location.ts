// The URL of what is shown, and back. Pure: a moment, a tab, a filter and an open task can all be shared by their link.

import { type Tab, tabOf } from "./page_data.ts";
import { type BoardFilter, filterOf } from "./task_state.ts";

/** The recorded sample stands where no task can: ids are from 1. */
export const sampleId = 0;

export interface Place {
  /** The board with the task in a drawer, or the task's own page. */
  page: "board" | "task";
  task: number | null;
  tab: Tab;
  at: number | null;
  filter: BoardFilter;
}

export function placeOf(url: URL): Place {
  const query = url.searchParams;
  const own = /^\/(?:tasks\/(\d+)|sample)(?:\/(\w+))?\/?$/.exec(url.pathname);
  return {
    page: own ? "task" : "board",
    task: own ? Number(own[1] ?? sampleId) : positive(query.get("task")),
    tab: tabOf(own ? own[2] : query.get("tab")),
    at: positive(query.get("at")),
    filter: filterOf(query),
  };
}

/** Path and query. */
export function urlOf({ page, task, tab, at, filter }: Place): string {
  const query = new URLSearchParams();
  if (page === "task") {
    if (at !== null) query.set("at", String(at));
    const path = `${task === sampleId ? "/sample" : `/tasks/${task}`}${tab === "transcript" ? "" : `/${tab}`}`;
    return query.size > 0 ? `${path}?${query}` : path;
  }
  if (filter.q.trim() !== "") query.set("q", filter.q);
  if (filter.status !== null) query.set("status", filter.status);
  if (filter.repo !== null) query.set("repo", filter.repo);
  if (task !== null) {
    query.set("task", String(task));
    if (tab !== "transcript") query.set("tab", tab);
    if (at !== null) query.set("at", String(at));
  }
  return query.size > 0 ? `/?${query}` : "/";
}

export function positive(text: string | null | undefined): number | null {
  return text && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}
