// What board and transcript do without: one file of its own, loaded when the first of it is needed. Several would share so
// much that each page had to ask for dozens of small ones.

export { Changes } from "./changes/changes.tsx";
export { ComparePage } from "./compare/compare_page.tsx";
export { Elsewhere } from "./landing/elsewhere.tsx";
export { ForkDialog } from "./task/fork_dialog.tsx";
export { LandingDialog } from "./landing/landing_dialog.tsx";
export { RawLog } from "./task/raw_log.tsx";
export { RepositoriesPage } from "./repositories/repositories_page.tsx";
export { WorkersPage } from "./workers/workers_page.tsx";
export { SchedulesPage } from "./schedules/schedules_page.tsx";
export { SettingsPage } from "./settings/settings_page.tsx";
export { WebhooksPage } from "./webhooks/webhooks_page.tsx";
