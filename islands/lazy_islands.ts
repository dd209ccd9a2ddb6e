// The islands by name, for the browser: each page brings the code of those that are on it. The server has them all (islands.ts).

import type { ComponentType } from "preact";
import { TopBar } from "./board/top_bar.tsx";
import { Overlays } from "./overlay/overlays.tsx";

export const lazyIslands: Record<string, () => Promise<ComponentType>> = {
  top_bar: () => Promise.resolve(TopBar),
  task_board: async () => (await import("./loaded/board.ts")).TaskBoard,
  task_page: async () => (await import("./loaded/task.ts")).TaskPage,
  new_task: async () => (await import("./loaded/dialogs.ts")).NewTaskPage,
  repositories: async () => (await import("./loaded/pages.ts")).RepositoriesPage,
  workers: async () => (await import("./loaded/pages.ts")).WorkersPage,
  schedules: async () => (await import("./loaded/pages.ts")).SchedulesPage,
  webhooks: async () => (await import("./loaded/pages.ts")).WebhooksPage,
  settings: async () => (await import("./loaded/pages.ts")).SettingsPage,
  compare: async () => (await import("./loaded/pages.ts")).ComparePage,
  overlays: () => Promise.resolve(Overlays),
};
