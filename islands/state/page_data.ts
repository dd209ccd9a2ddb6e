// What the server hands to a page, as JSON inside it. Everything the first drawing needs, and no more.

import type { TaskEvent } from "../../core/domain/event.ts";
import type { Status } from "../../core/domain/task.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { GithubView, ScheduleView, WebhookView } from "../../core/view/automation_view.ts";
import type { SettingsView } from "../../core/view/settings_view.ts";
import type { WorkerView } from "../../core/view/workers_view.ts";
import type { BoardView, ColumnName } from "../../core/view/board_view.ts";
import type { Health, RepositoryView } from "../../core/view/api_view.ts";
import type { Comparison } from "../compare/comparison.ts";
import type { FilePlace } from "../parts/places.ts";
import type { Locale } from "../../core/view/format.ts";
import type { FoundPart } from "./search_result.ts";
import type { BoardFilter } from "../../core/view/task_state.ts";

export type Theme = "light" | "dark";

export const tabs = ["transcript", "changes", "files", "events", "log"] as const;
export type Tab = (typeof tabs)[number];

/** A recording has no worktree to look into and no raw log. */
const recordedTabs: readonly Tab[] = ["transcript", "events"];

export function tabsOf({ isRecorded }: { isRecorded: boolean }): readonly Tab[] {
  return isRecorded ? recordedTabs : tabs;
}

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
  /** What the tab Files shows. */
  file: FilePlace | null;
  /** Its first few events and the newest up to the moment shown. */
  events: TaskEvent[];
  related: RelatedTask[];
  /** The start of what the tabs Changes and Log show at the moment shown, when one of them is asked for. */
  diff: TextStart | null;
  log: string | null;
}

export interface TextStart {
  text: string;
  /** Whether nothing comes after it. */
  isWhole: boolean;
}

export interface PageData {
  kind:
    | "board"
    | "task"
    | "new"
    | "repositories"
    | "workers"
    | "schedules"
    | "webhooks"
    | "compare"
    | "insights"
    | "settings"
    | "missing"
    | "nowhere";
  health: Health;
  board: BoardView | null;
  filter: BoardFilter;
  /** What the service found first for the filter; null without one. */
  found: FoundPart | null;
  task: TaskPageData | null;
  /** Of their own page. */
  repositories: RepositoryView[] | null;
  /** Of their own page. */
  workers: WorkerView[] | null;
  /** Of their own page. */
  schedules: ScheduleView[] | null;
  /** Of their own page; so is what is known of GitHub. */
  webhooks: WebhookView[] | null;
  github: GithubView | null;
  settings: SettingsView | null;
  /** Of its own page. */
  comparison: Comparison | null;
  locale: Locale;
  /** Null: as the system says. */
  theme: Theme | null;
  /** The columns of the board that the reader has folded away. */
  folded: ColumnName[];
  /** ms since 1970. */
  now: number;
  /** Where the stream goes on after what this page holds. */
  cursor: string;
  /** Addresses of the scripts that the page loads by itself. */
  streamWorker: string;
  /** The address of the script that reads Markdown. */
  markdownWorker: string;
  /** The address of the script that colours code. */
  highlightWorker: string;
}
