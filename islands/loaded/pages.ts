// The pages beside board and tasks.

import "./output.ts";
import { arrive } from "../parts/lazy.tsx";
import { ComparePage } from "../compare/compare_page.tsx";
import { RepositoriesPage } from "../repositories/repositories_page.tsx";
import { SchedulesPage } from "../schedules/schedules_page.tsx";
import { SettingsPage } from "../settings/settings_page.tsx";
import { WebhooksPage } from "../webhooks/webhooks_page.tsx";
import { WorkersPage } from "../workers/workers_page.tsx";

arrive({ ComparePage, RepositoriesPage, SchedulesPage, SettingsPage, WebhooksPage, WorkersPage });

export { ComparePage, RepositoriesPage, SchedulesPage, SettingsPage, WebhooksPage, WorkersPage };
