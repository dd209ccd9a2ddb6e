// The service that the routes use, put together from its subjects.

import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { Commands } from "./commands.ts";
import { condition, type ConditionParts } from "./condition.ts";
import type { Feeds } from "./feeds.ts";
import { repositories, type RepositoriesParts } from "./repositories.ts";
import type { Service } from "./service.ts";
import { taskCommands } from "./task_commands.ts";
import { taskPast } from "./task_past.ts";

/** Among which the last setup and check of a repository are looked for. */
const recentTasks = 200;

export function taskService(
  context: EngineContext,
  parts: ConditionParts & { board: LiveBoard; commands: Commands; feeds: Feeds; configured: RepositoriesParts },
): Service {
  const { queries, feeds } = parts;
  return {
    ...taskCommands(context, parts),
    list: queries.list,
    read: queries.read,
    board: queries.board,
    follow: (positions) => feeds.open(positions),
    ...taskPast(context, queries),
    ...repositories(parts.configured, () => parts.surroundings().repos, async () => {
      return (await queries.list({ status: null, q: null, limit: recentTasks, cursor: null })).tasks;
    }),
    ...condition(context, parts),
  };
}
