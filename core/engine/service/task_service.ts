// The service that the routes use, put together from its subjects.

import { accessTokens } from "./access_tokens.ts";
import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { SettingsView } from "../../view/settings_view.ts";
import type { AddedRepositories } from "./added_repositories.ts";
import type { Commands } from "./commands.ts";
import { condition, type ConditionParts } from "./condition.ts";
import type { Feeds } from "./feeds.ts";
import { taskComments } from "./comments.ts";
import type { WorkPlaces } from "../exchange/work_places.ts";
import type { Deliveries } from "../deliver/deliveries.ts";
import type { Schedules } from "../schedule/schedules.ts";
import { insights } from "./insights.ts";
import { taskLanding } from "./landing.ts";
import { type PullRequests, taskOutgoing } from "./outgoing.ts";
import { taskFiles } from "./points.ts";
import { repositories, type RepositoriesParts } from "./repositories.ts";
import { scheduleService } from "./schedules.ts";
import type { Service } from "./service.ts";
import { githubService } from "./github.ts";
import { webhookService } from "./webhooks.ts";
import { workerNames, workers, type WorkersParts } from "./workers.ts";
import { taskCommands } from "./task_commands.ts";
import { taskPast } from "./task_past.ts";

/** Among which the last setup and check of a repository are looked for. */
const recentTasks = 200;

export function taskService(
  context: EngineContext,
  parts: ConditionParts & WorkersParts & {
    board: LiveBoard;
    commands: Commands;
    feeds: Feeds;
    configured: RepositoriesParts;
    added: AddedRepositories;
    /** How the service is set up but for its repositories. */
    setUp: Omit<SettingsView, "repositories">;
    pullRequests: PullRequests;
    places: WorkPlaces;
    schedules: Schedules;
    deliveries: Deliveries;
  },
): Service {
  const { queries, feeds } = parts;
  const files = taskFiles(context, parts);
  return {
    ...taskCommands(context, parts),
    list: queries.list,
    read: queries.read,
    board: queries.board,
    spending: queries.spending,
    follow: (positions) => feeds.open(positions),
    cursor: () => feeds.cursor,
    ...taskPast(context, parts),
    whereabouts: async (id) => parts.places.of(await queries.require(id)),
    ...files,
    ...taskComments(context, { ...parts, file: files.file }),
    ...taskLanding(context, parts),
    ...taskOutgoing(context, parts),
    ...repositories(parts.configured, () => parts.surroundings().repos, async () => {
      return (await queries.list({ status: null, q: null, limit: recentTasks, cursor: null })).tasks;
    }),
    ...accessTokens(context),
    ...workers(context, parts),
    ...scheduleService(context, parts),
    ...webhookService(context, parts),
    ...githubService(context, parts),
    addRepository: (repository, caller) => parts.added.add(repository, caller),
    removeRepository: (name, caller) => parts.added.remove(name, caller),
    async settings() {
      return { ...parts.setUp, repositories: await parts.added.places(parts.surroundings().repos) };
    },
    ...insights(context, { ...parts, workerName: workerNames(context, parts) }),
    ...condition(context, parts),
  };
}
