// What can be told across tasks, as JSON and as CSV.

import { createRoute, type OpenAPIHono, z } from "@hono/zod-openapi";
import type { Context } from "hono";
import type { Service } from "../../core/engine/service/service.ts";
import { activityCsv, daysCsv, slotsCsv } from "../../core/view/insights_csv.ts";
import { api, json, problems } from "./api.ts";
import { activitySchema, daysSchema, slotsSchema } from "./insight_schemas.ts";
import { activityQuery, daysQuery, slotsQuery } from "./parameters.ts";

export function insights(service: Pick<Service, "insightDays" | "slots" | "activity">): OpenAPIHono {
  const app = api();
  const tags = ["Insights"];
  const days = { request: { query: daysQuery }, tags };
  const slots = { request: { query: slotsQuery }, tags };
  const activity = { request: { query: activityQuery }, tags };

  app.openapi(
    createRoute({
      ...days,
      method: "get",
      path: "/insights/days",
      operationId: "getInsightDays",
      summary: "Cost, tokens, results, checks, waits and durations by day, repository and model",
      description: "Days are in UTC. Trials of a repository do not count.",
      responses: { 200: json(daysSchema, "The days on which anything happened"), ...problems(422) },
    }),
    async (c) => c.json(await service.insightDays(filtered(c.req.valid("query"))), 200),
  );

  app.openapi(
    createRoute({
      ...days,
      method: "get",
      path: "/insights/days.csv",
      operationId: "getInsightDaysCsv",
      summary: "The same as a table",
      description: "Medians and 90th percentiles are right within a factor of 1.19.",
      responses: { 200: table("A row for each day, repository and model", "day,repository\r\n"), ...problems(422) },
    }),
    async (c) => csv(c, "days", daysCsv(await service.insightDays(filtered(c.req.valid("query"))))),
  );

  app.openapi(
    createRoute({
      ...slots,
      method: "get",
      path: "/insights/slots",
      operationId: "getSlots",
      summary: "Who ran when, and who waited for what",
      responses: { 200: json(slotsSchema, "The runs that ended in that time or still go on"), ...problems(422) },
    }),
    async (c) => c.json(await service.slots(filtered(c.req.valid("query"))), 200),
  );

  app.openapi(
    createRoute({
      ...slots,
      method: "get",
      path: "/insights/slots.csv",
      operationId: "getSlotsCsv",
      summary: "The same as a table",
      responses: { 200: table("A row for each run", "task,title\r\n"), ...problems(422) },
    }),
    async (c) => csv(c, "slots", slotsCsv(await service.slots(filtered(c.req.valid("query"))))),
  );

  app.openapi(
    createRoute({
      ...activity,
      method: "get",
      path: "/insights/activity",
      operationId: "getActivity",
      summary: "What happened across tasks",
      responses: { 200: json(activitySchema, "By the hour, and one by one"), ...problems(422) },
    }),
    async (c) => c.json(await service.activity(ofRepository(c.req.valid("query"))), 200),
  );

  app.openapi(
    createRoute({
      ...activity,
      method: "get",
      path: "/insights/activity.csv",
      operationId: "getActivityCsv",
      summary: "The same as a table",
      responses: { 200: table("A row for each thing that happened", "at,task\r\n"), ...problems(422) },
    }),
    async (c) => csv(c, "activity", activityCsv(await service.activity(ofRepository(c.req.valid("query"))))),
  );

  return app;
}

function ofRepository<Q extends { repo?: string }>(query: Q) {
  return { ...query, repo: query.repo ?? null };
}

function filtered<Q extends { repo?: string; model?: string }>(query: Q) {
  return { ...ofRepository(query), model: query.model ?? null };
}

const csvType = "text/csv; charset=utf-8";

function table(description: string, example: string) {
  return { description, content: { "text/csv": { schema: z.string(), example } } };
}

function csv(c: Context, name: string, text: string): Response {
  return c.body(text, 200, {
    "Content-Type": csvType,
    "Content-Disposition": `attachment; filename="${name}.csv"`,
    "Cache-Control": "no-store",
  });
}
