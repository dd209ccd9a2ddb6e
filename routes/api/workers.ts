// The workers of the store: what they are and do, and the wish that one claims nothing more.

import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Service } from "../../core/engine/service/service.ts";
import { api, json, problems } from "./api.ts";
import { workerParam } from "./parameters.ts";
import { jsonBody } from "./task_routes.ts";
import { caller } from "./tasks.ts";
import { slotsSchema, workerSchema, workersSchema } from "./worker_schemas.ts";

export function workers(service: Pick<Service, "workers" | "drain" | "setSlots">): OpenAPIHono {
  const app = api();

  app.openapi(
    createRoute({
      method: "get",
      path: "/workers",
      summary: "The workers of the store",
      description: "The one that answers first. On a local file it is the only one.",
      tags: ["Service"],
      responses: { 200: json(workersSchema, "As each told with its last beat") },
    }),
    (c) => c.json({ workers: service.workers() }, 200),
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/workers/{id}/drain",
      operationId: "drainWorker",
      summary: "Let a worker claim nothing more",
      description:
        "It finishes what it runs and lands what is its own, until it is resumed, also after a restart. Another worker " +
        "hears of it within seconds.",
      tags: ["Service"],
      request: { params: workerParam },
      responses: { 200: json(workerSchema, "It then"), ...problems(404, 422) },
    }),
    async (c) => c.json(await service.drain(c.req.valid("param").id, true, caller(c)), 200),
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/workers/{id}/resume",
      operationId: "resumeWorker",
      summary: "Let a worker that drains claim again",
      description:
        "A pause that the environment brought about is ended by `/api/service/resume`, at that worker itself.",
      tags: ["Service"],
      request: { params: workerParam },
      responses: { 200: json(workerSchema, "It then"), ...problems(404, 422) },
    }),
    async (c) => c.json(await service.drain(c.req.valid("param").id, false, caller(c)), 200),
  );

  app.openapi(
    createRoute({
      method: "post",
      path: "/workers/{id}/slots",
      operationId: "setSlots",
      summary: "Let a worker have more or fewer runs at once",
      description:
        "Until the next wish, also after a restart; null: as CODER_MAX_CONCURRENT says. Fewer end no run. Another worker " +
        "hears of it within seconds, and takes at most 16 or what it was configured for.",
      tags: ["Service"],
      request: { params: workerParam, body: jsonBody(slotsSchema) },
      responses: { 200: json(workerSchema, "It then"), ...problems(400, 404, 409, 413, 415, 422) },
    }),
    async (c) => {
      const { slots } = c.req.valid("json");
      return c.json(await service.setSlots(c.req.valid("param").id, slots, caller(c)), 200);
    },
  );

  return app;
}
