// The service's condition as the API shows it.

import { z } from "@hono/zod-openapi";
import { sandboxLevels } from "../../core/domain/sandbox.ts";
import { effort, integer, nullable, said } from "./field_schemas.ts";

export const healthSchema = z.object({
  status: z.enum(["ok", "paused", "stopping"]),
  version: z.string(),
  store: z.string().openapi({ description: "The store's uuid" }),
  worker: z.object({ id: z.string(), name: z.string() }),
  agent: z.object({
    kind: z.enum(["claude", "demo", "missing", "none"])
      .openapi({ description: "`none`: a door, which is to have none" }),
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
  sandbox: z.object({
    asked: z.enum(["auto", ...sandboxLevels]).openapi({ description: "By CODER_SANDBOX" }),
    level: z.enum(sandboxLevels),
    reason: said("Why nothing is confined, and what to do about it"),
  }).openapi({ description: "How far runs are confined that ask for nothing more" }),
  token: z.boolean().openapi({ description: "Whether calls need the token" }),
  stored: z.object({
    logs_bytes: integer.nullable().openapi({ description: "Of all raw logs; null: not known yet" }),
    store_bytes: integer.nullable().openapi({ description: "Of the file of the database; null: it is elsewhere" }),
    free_bytes: integer.nullable().openapi({ description: "Free on the disk of the logs; null: not known yet" }),
    retention: z.object({ days: integer, frees_bytes: integer.nullable() }).openapi({
      description: "The logs of tasks that are over for so many days: as CODER_RETENTION_DAYS says, else 30",
    }),
    notice: said("In words, once that is much"),
  }).openapi({ description: "What this worker has stored, looked at every ten minutes at most" }),
  slots: z.object({
    busy: integer.openapi({ description: "More than `total` while runs end that began before there were fewer slots" }),
    total: integer,
    configured: integer.openapi({ description: "As CODER_MAX_CONCURRENT says; `total` may have been changed since" }),
  }),
  tasks: z.record(z.string(), integer).openapi({ description: "How many tasks have each status" }),
  pause: z.object({ reason: z.string(), until: nullable }).nullable()
    .openapi({ description: "Why this worker starts nothing at the moment" }),
  draining: z.boolean().openapi({ description: "This worker was asked to claim nothing more" }),
  workers: integer.openapi({ description: "How many workers of the store are alive, this one among them" }),
  notices: z.array(z.string()).openapi({ description: "What a person should know, a sentence each" }),
}).openapi("Health");
