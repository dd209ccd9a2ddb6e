// The islands by name, for the browser: those of the board and of a task are always there, since people go from one to the other;
// the other pages bring theirs. The server has them all (islands.ts).

import type { ComponentType } from "preact";
import { TaskBoard } from "./board/task_board.tsx";
import { TopBar } from "./board/top_bar.tsx";
import { NewTaskPage } from "./form/new_task_page.tsx";
import { Overlays } from "./overlay/overlays.tsx";
import { TaskPage } from "./task/task_page.tsx";

export const lazyIslands: Record<string, () => Promise<ComponentType>> = {
  top_bar: () => Promise.resolve(TopBar),
  task_board: () => Promise.resolve(TaskBoard),
  task_page: () => Promise.resolve(TaskPage),
  new_task: () => Promise.resolve(NewTaskPage),
  repositories: async () => (await import("./rare.ts")).RepositoriesPage,
  workers: async () => (await import("./rare.ts")).WorkersPage,
  schedules: async () => (await import("./rare.ts")).SchedulesPage,
  webhooks: async () => (await import("./rare.ts")).WebhooksPage,
  settings: async () => (await import("./rare.ts")).SettingsPage,
  compare: async () => (await import("./rare.ts")).ComparePage,
  overlays: () => Promise.resolve(Overlays),
};
