// The islands by name, for the browser: each page brings the code of those that are on it. The server has them all (islands.ts).

import { TopBar } from "./board/top_bar.tsx";
import { Overlays } from "./overlay/overlays.tsx";
import { lazy, type LazyPart, present } from "./parts/lazy.tsx";

export const lazyIslands: Record<string, LazyPart<object>> = {
  top_bar: present(TopBar),
  task_board: lazy("TaskBoard", () => import("./loaded/board.ts")),
  task_page: lazy("TaskPage", () => import("./loaded/task.ts")),
  new_task: lazy("NewTaskPage", () => import("./loaded/dialogs.ts")),
  repositories: lazy("RepositoriesPage", () => import("./loaded/pages.ts")),
  workers: lazy("WorkersPage", () => import("./loaded/pages.ts")),
  schedules: lazy("SchedulesPage", () => import("./loaded/pages.ts")),
  webhooks: lazy("WebhooksPage", () => import("./loaded/pages.ts")),
  settings: lazy("SettingsPage", () => import("./loaded/pages.ts")),
  compare: lazy("ComparePage", () => import("./loaded/pages.ts")),
  overlays: present(Overlays),
};
