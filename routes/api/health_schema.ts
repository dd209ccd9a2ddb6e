// The service's condition as the API shows it.

import { z } from "@hono/zod-openapi";
import { effort, integer, nullable, said } from "./field_schemas.ts";

export const healthSchema = z.object({
  status: z.enum(["ok", "paused", "stopping"]),
  version: z.string(),
  store: z.string().openapi({ description: "The store's uuid" }),
  worker: z.object({ id: z.string(), name: z.string() }),
  agent: z.object({
    kind: z.enum(["claude", "demo", "missing"]),
    name: z.string(),
    hint: nullable,
    version: said("Of claude"),
    tested: z.object({ oldest: z.string(), newest: z.string() })
      .openapi({ description: "The versions of claude from and to which the tests are run" }),
    notice: said("Why its version may behave otherwise than tested"),
    efforts: z.array(effort).openapi({ description: "What a task's `effort` may be" }),
    fallback_model: z.boolean().openapi({ description: "Whether it knows a task's `fallback_model`" }),
  }),
  git: z.string(),
  repos: z.array(z.object({ name: z.string(), path: z.string(), branch: nullable, head: z.string() })),
  root: z.boolean().openapi({ description: "Whether the service runs as root" }),
  containment: z.object({ kind: z.enum(["subreaper", "none"]), reason: nullable })
    .openapi({ description: "How the processes of a run are held together, so that none outlives it" }),
  token: z.boolean().openapi({ description: "Whether calls need the token" }),
  slots: z.object({ busy: integer, total: integer }),
  tasks: z.record(z.string(), integer).openapi({ description: "How many tasks have each status" }),
  pause: z.object({ reason: z.string(), until: nullable }).nullable()
    .openapi({ description: "Why this worker starts nothing at the moment" }),
  notices: z.array(z.string()).openapi({ description: "What a person should know, a sentence each" }),
}).openapi("Health");
