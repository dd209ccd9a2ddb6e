// The islands by name.

import type { ComponentType } from "preact";
import { ComparePage } from "./compare/compare_page.tsx";
import { NewTaskPage } from "./form/new_task_page.tsx";
import { RepositoriesPage } from "./repositories/repositories_page.tsx";
import { SchedulesPage } from "./schedules/schedules_page.tsx";
import { SettingsPage } from "./settings/settings_page.tsx";
import { WebhooksPage } from "./webhooks/webhooks_page.tsx";
import { Overlays } from "./overlay/overlays.tsx";
import { TaskBoard } from "./board/task_board.tsx";
import { TaskPage } from "./task/task_page.tsx";
import { WorkersPage } from "./workers/workers_page.tsx";
import { TopBar } from "./board/top_bar.tsx";

export const islands: Record<string, ComponentType> = {
  top_bar: TopBar,
  task_board: TaskBoard,
  task_page: TaskPage,
  new_task: NewTaskPage,
  repositories: RepositoriesPage,
  workers: WorkersPage,
  schedules: SchedulesPage,
  webhooks: WebhooksPage,
  settings: SettingsPage,
  compare: ComparePage,
  overlays: Overlays,
};
