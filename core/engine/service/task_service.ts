// The service that the routes use, put together from its subjects.

import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { Commands } from "./commands.ts";
import { condition, type ConditionParts } from "./condition.ts";
import type { Feeds } from "./feeds.ts";
import { taskComments } from "./comments.ts";
import { taskLanding } from "./landing.ts";
import { type PullRequests, taskOutgoing } from "./outgoing.ts";
import { taskFiles } from "./points.ts";
import { repositories, type RepositoriesParts } from "./repositories.ts";
import type { Service } from "./service.ts";
import { taskCommands } from "./task_commands.ts";
import { taskPast } from "./task_past.ts";

/** Among which the last setup and check of a repository are looked for. */
const recentTasks = 200;

export function taskService(
  context: EngineContext,
  parts: ConditionParts & {
    board: LiveBoard;
    commands: Commands;
    feeds: Feeds;
    configured: RepositoriesParts;
    pullRequests: PullRequests;
  },
): Service {
  const { queries, feeds } = parts;
  const files = taskFiles(context, queries);
  return {
    ...taskCommands(context, parts),
    list: queries.list,
    read: queries.read,
    board: queries.board,
    follow: (positions) => feeds.open(positions),
    ...taskPast(context, queries),
    ...files,
    ...taskComments(context, { ...parts, file: files.file }),
    ...taskLanding(context, parts),
    ...taskOutgoing(context, parts),
    ...repositories(parts.configured, () => parts.surroundings().repos, async () => {
      return (await queries.list({ status: null, q: null, limit: recentTasks, cursor: null })).tasks;
    }),
    ...condition(context, parts),
  };
}
