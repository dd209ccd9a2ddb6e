// The service that the routes use, put together from its subjects.

import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { Commands } from "./commands.ts";
import { condition, type ConditionParts } from "./condition.ts";
import type { Feeds } from "./feeds.ts";
import type { Service } from "./service.ts";
import { taskCommands } from "./task_commands.ts";
import { taskPast } from "./task_past.ts";

export function taskService(
  context: EngineContext,
  parts: ConditionParts & { board: LiveBoard; commands: Commands; feeds: Feeds },
): Service {
  const { queries, feeds } = parts;
  return {
    ...taskCommands(context, parts),
    list: queries.list,
    read: queries.read,
    board: queries.board,
    follow: (positions) => feeds.open(positions),
    ...taskPast(context, queries),
    ...condition(context, parts),
  };
}
