// How the service is, for people, for whoever watches it, and for what starts it anew.

import { createRoute, OpenAPIHono, z } from "@hono/zod-openapi";
import { DomainError } from "../../core/domain/error.ts";
import type { Service } from "../../core/engine/service/service.ts";
import { json, problems } from "./api.ts";
import { healthSchema } from "./health_schema.ts";

export function condition(service: Pick<Service, "health" | "obstacle" | "resume">): OpenAPIHono {
  const app = new OpenAPIHono();
  app.openapi(
    createRoute({
      method: "get",
      path: "/healthz",
      summary: "The service's condition",
      tags: ["Service"],
      security: [],
      responses: { 200: json(healthSchema, "Up; `pause` says why nothing is claimed") },
    }),
    async (c) => c.json(await service.health(), 200),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/livez",
      summary: "Whether the process answers",
      description: "Asks for nothing: who gets no answer may start the service anew.",
      tags: ["Service"],
      security: [],
      responses: { 200: json(z.object({ status: z.literal("alive") }), "It does") },
    }),
    (c) => c.json({ status: "alive" as const }, 200),
  );
  app.openapi(
    createRoute({
      method: "get",
      path: "/readyz",
      summary: "Whether requests can be answered",
      description: "Within a second, also when the store does not answer. A paused dispatch is no obstacle.",
      tags: ["Service"],
      security: [],
      responses: { 200: json(z.object({ status: z.literal("ready") }), "They can"), ...problems(503) },
    }),
    async (c) => {
      const obstacle = await service.obstacle();
      if (obstacle !== null) throw new DomainError("unavailable", obstacle);
      return c.json({ status: "ready" as const }, 200);
    },
  );
  app.openapi(
    createRoute({
      method: "post",
      path: "/api/service/resume",
      summary: "Resume a paused dispatch now",
      description:
        "Ends this worker's pause before its time, whatever the reason, and looks at the queue. Where nothing " +
        "is paused nothing changes.",
      tags: ["Service"],
      responses: { 200: json(healthSchema, "The condition then") },
    }),
    async (c) => c.json(await service.resume(), 200),
  );
  return app;
}
