// The queue as a whole: its order by hand, the same command for many tasks, and what was spent.

import { createRoute, type OpenAPIHono, type z } from "@hono/zod-openapi";
import type { Caller, Service } from "../../core/engine/service/service.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { api, json, problems } from "./api.ts";
import { problemOf } from "./error_response.ts";
import { spendingQuery } from "./parameters.ts";
import { bulkAnswerSchema, bulkSchema, moveSchema, spendingSchema } from "./queue_schemas.ts";
import { command, commandWithBody, jsonBody } from "./task_routes.ts";
import { caller, tagged } from "./tasks.ts";

type Bulk = z.infer<typeof bulkSchema>;
type Result = { id: number; status: number; task?: TaskView; problem?: ReturnType<typeof problemOf> };

export function queue(service: Service, { warn }: { warn(message: string, error: unknown): void }): OpenAPIHono {
  const app = api();

  app.openapi(
    commandWithBody(
      command(
        "/tasks/{id}/move",
        "Move a pending task in the queue",
        "Among the pending tasks of its priority: higher priority goes first, whatever the order.",
      ),
      moveSchema,
    ),
    async (c) => tagged(c, await service.move(c.req.valid("param").id, c.req.valid("json"), caller(c)), 202),
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/bulk",
      operationId: "bulk",
      summary: "One command for many tasks",
      description: "Each task for itself: what one refuses keeps no other from it.",
      request: { body: jsonBody(bulkSchema) },
      responses: {
        200: json(bulkAnswerSchema, "What became of each; `failed` says whether to look closer"),
        ...problems(400, 413, 415, 422),
      },
    }),
    async (c) => {
      const bulk = c.req.valid("json");
      const give = async (id: number): Promise<Result> => {
        try {
          return { id, status: 202, task: await giveOne(service, id, { bulk, caller: caller(c) }) };
        } catch (error) {
          const problem = problemOf(error, (cause) => warn(`Bulk ${bulk.action} of task ${id} failed`, cause));
          return { id, status: problem.status, problem };
        }
      };
      const results = bulk.action === "move_first"
        ? await oneByOne(bulk.ids, give)
        : await Promise.all(bulk.ids.map(give));
      return c.json({ results, failed: results.filter(({ problem }) => problem).length } as never, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/spending",
      operationId: "readSpending",
      summary: "What was spent since a moment",
      tags: ["Service"],
      request: { query: spendingQuery },
      responses: { 200: json(spendingSchema, "By the log of all workers"), ...problems(422) },
    }),
    async (c) => c.json(await service.spending(c.req.valid("query").since), 200),
  );

  return app;
}

function giveOne(service: Service, id: number, { bulk, caller }: { bulk: Bulk; caller: Caller }): Promise<TaskView> {
  switch (bulk.action) {
    case "cancel":
      return service.cancel(id, caller);
    case "retry":
      return service.retry(id, {}, caller);
    case "approve":
      return service.approvePlan(id, caller);
    case "accept":
      return service.accept(id, caller);
    case "prioritize":
      return service.edit(id, { priority: bulk.priority }, { ...caller, seq: null });
    case "move_first":
      return service.move(id, { to: "first" }, caller);
  }
}

/** The last one first, so that the first one ends up first. */
async function oneByOne(ids: number[], give: (id: number) => Promise<Result>): Promise<Result[]> {
  const results: Result[] = [];
  for (const id of ids.toReversed()) results.unshift(await give(id));
  return results;
}
