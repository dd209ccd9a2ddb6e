// The pages beside board and tasks.

import "./output.ts";

export { ComparePage } from "../compare/compare_page.tsx";
export { RepositoriesPage } from "../repositories/repositories_page.tsx";
export { SchedulesPage } from "../schedules/schedules_page.tsx";
export { SettingsPage } from "../settings/settings_page.tsx";
export { WebhooksPage } from "../webhooks/webhooks_page.tsx";
export { WorkersPage } from "../workers/workers_page.tsx";
