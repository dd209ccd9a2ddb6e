// What the server hands to a page, as JSON inside it. Everything the first drawing needs, and no more.

import type { TaskEvent } from "../../core/domain/event.ts";
import type { Status } from "../../core/domain/task.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { BoardView } from "../../core/view/board_view.ts";
import type { Health, RepositoryView } from "../../core/view/api_view.ts";
import type { Comparison } from "../compare/comparison.ts";
import type { Locale } from "../parts/format.ts";
import type { BoardFilter } from "./task_state.ts";

export type Theme = "light" | "dark";

export const tabs = ["transcript", "changes", "events", "log"] as const;
export type Tab = (typeof tabs)[number];

export function tabOf(name: string | null | undefined): Tab {
  return tabs.find((tab) => tab === name) ?? "transcript";
}

/** A task that another one names. */
export interface RelatedTask {
  id: number;
  title: string;
  status: Status;
}

export interface TaskPageData {
  task: TaskView;
  /** The task as it was at `at`; null when the page shows it as it is. */
  past: TaskView | null;
  at: number | null;
  tab: Tab;
  /** Its first few events and the newest up to the moment shown. */
  events: TaskEvent[];
  related: RelatedTask[];
  /** The start of what the tabs Changes and Log show, when one of them is asked for. */
  diff: string | null;
  log: string | null;
}

export interface PageData {
  kind: "board" | "task" | "new" | "repositories" | "compare" | "missing";
  health: Health;
  board: BoardView | null;
  filter: BoardFilter;
  task: TaskPageData | null;
  /** Of their own page. */
  repositories: RepositoryView[] | null;
  /** Of its own page. */
  comparison: Comparison | null;
  locale: Locale;
  /** Null: as the system says. */
  theme: Theme | null;
  /** ms since 1970. */
  now: number;
  /** Addresses of the scripts that the page loads by itself. */
  streamWorker: string;
  /** The address of the script that reads Markdown. */
  markdownWorker: string;
  /** The address of the script that colours code. */
  highlightWorker: string;
}
