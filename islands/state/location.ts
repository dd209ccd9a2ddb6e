// The URL of what is shown, and back. Pure: a moment, a tab, a filter and an open task can all be shared by their link.

import type { FilePlace } from "../parts/places.ts";
import { type Tab, tabOf } from "./page_data.ts";
import { type BoardFilter, filterOf } from "../../core/view/task_state.ts";

/** The recorded sample stands where no task can: ids are from 1. */
export const sampleId = 0;

export interface Place {
  /** The board with the task in a drawer, or the task's own page. */
  page: "board" | "task";
  task: number | null;
  tab: Tab;
  at: number | null;
  filter: BoardFilter;
  /** What the tab Files shows; absent: nothing yet, or another tab is open. */
  file?: FilePlace;
}

export function placeOf(url: URL): Place {
  const query = url.searchParams;
  const own = /^\/(?:tasks\/(\d+)|sample)(?:\/(\w+))?\/?$/.exec(url.pathname);
  const tab = tabOf(own ? own[2] : query.get("tab"));
  const path = tab === "files" && query.get("file");
  return {
    page: own ? "task" : "board",
    task: own ? Number(own[1] ?? sampleId) : positive(query.get("task")),
    tab,
    at: positive(query.get("at")),
    filter: filterOf(query),
    ...(path && { file: { path, line: positive(query.get("line")) } }),
  };
}

/** Path and query. */
export function urlOf({ page, task, tab, at, filter, file }: Place): string {
  const query = new URLSearchParams();
  const setFile = () => {
    if (tab !== "files" || !file) return;
    query.set("file", file.path);
    if (file.line !== null) query.set("line", String(file.line));
  };
  if (page === "task") {
    if (at !== null) query.set("at", String(at));
    setFile();
    const path = `${task === sampleId ? "/sample" : `/tasks/${task}`}${tab === "transcript" ? "" : `/${tab}`}`;
    return query.size > 0 ? `${path}?${query}` : path;
  }
  if (filter.q.trim() !== "") query.set("q", filter.q);
  for (const name of ["status", "repo", "outcome", "label"] as const) {
    const value = filter[name];
    if (value !== null) query.set(name, value);
  }
  if (task !== null) {
    query.set("task", String(task));
    if (tab !== "transcript") query.set("tab", tab);
    if (at !== null) query.set("at", String(at));
    setFile();
  }
  return query.size > 0 ? `/?${query}` : "/";
}

export function positive(text: string | null | undefined): number | null {
  return text && /^[1-9]\d{0,14}$/.test(text) ? Number(text) : null;
}
