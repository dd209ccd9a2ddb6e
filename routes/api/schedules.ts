// Schedules: which tasks make themselves, and when.

import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Service } from "../../core/engine/service/service.ts";
import { api, json, problems } from "./api.ts";
import { automationParam } from "./parameters.ts";
import { newScheduleSchema, scheduleChangesSchema, scheduleSchema, schedulesSchema } from "./schedule_schemas.ts";
import { taskSchema } from "./task_schemas.ts";
import { caller } from "./tasks.ts";

const tags = ["Schedules"];

export function schedules(
  service: Pick<
    Service,
    "schedules" | "createSchedule" | "changeSchedule" | "deleteSchedule" | "runSchedule"
  >,
): OpenAPIHono {
  const app = api();

  app.openapi(
    createRoute({
      method: "get",
      path: "/schedules",
      operationId: "listSchedules",
      summary: "The schedules",
      tags,
      responses: { 200: json(schedulesSchema, "With their next times and what became of the last ones") },
    }),
    async (c) => c.json({ schedules: await service.schedules() }, 200),
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/schedules",
      operationId: "createSchedule",
      summary: "Make a task again and again",
      description: "A time that is missed because nothing runs then is made good once. There are 20 schedules at most.",
      tags,
      request: { body: { required: true, ...json(newScheduleSchema, "When, and what") } },
      responses: { 201: json(scheduleSchema, "It"), ...problems(400, 409, 413, 415, 422) },
    }),
    async (c) => c.json(await service.createSchedule(c.req.valid("json"), caller(c)), 201),
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/schedules/{id}",
      operationId: "changeSchedule",
      summary: "Change a schedule, or turn it off and on",
      tags,
      request: {
        params: automationParam,
        body: { required: true, ...json(scheduleChangesSchema, "The fields to change") },
      },
      responses: { 200: json(scheduleSchema, "It then"), ...problems(400, 404, 413, 415, 422) },
    }),
    async (c) => c.json(await service.changeSchedule(c.req.valid("param").id, c.req.valid("json"), caller(c)), 200),
  );

  app.openapi(
    createRoute({
      method: "delete",
      path: "/schedules/{id}",
      operationId: "deleteSchedule",
      summary: "Delete a schedule",
      description: "Its tasks stay.",
      tags,
      request: { params: automationParam },
      responses: { 204: { description: "It is gone" }, ...problems(404, 422) },
    }),
    async (c) => {
      await service.deleteSchedule(c.req.valid("param").id, caller(c));
      return c.body(null, 204);
    },
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/schedules/{id}/run",
      operationId: "runSchedule",
      summary: "Make its task now",
      description: "Its times stay as they are.",
      tags,
      request: { params: automationParam },
      responses: { 201: json(taskSchema, "The task"), ...problems(404, 409, 422) },
    }),
    async (c) => c.json(await service.runSchedule(c.req.valid("param").id, caller(c)), 201),
  );

  return app;
}
