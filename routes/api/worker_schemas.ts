// The workers of a store as the API shows them.

import { z } from "@hono/zod-openapi";
import { sandboxLevels } from "../../core/domain/sandbox.ts";
import type { WorkerView } from "../../core/view/workers_view.ts";
import { integer, labels, said, taskId } from "./field_schemas.ts";

const example = {
  id: "6f1e0f5a-1111-4222-8333-444455556666",
  name: "mill",
  self: true,
  state: "alive" as const,
  version: "0.1.0",
  repositories: ["shop"],
  labels: { gpu: "1" },
  slots: 3,
  free: 2,
  running: [12],
  last_beat_ms: 1_204,
  paused: null,
  draining: false,
  disk: null,
  confinement: "files" as const,
  url: "http://mill:8000",
};

export const workerSchema = z.object({
  id: z.string(),
  name: z.string(),
  self: z.boolean().openapi({ description: "Whether it is the one that answers" }),
  state: z.enum(["alive", "silent", "away", "dead"]).openapi({
    description:
      "`silent`: it missed two beats; `away`: it stopped in good order, and is waited for; `dead`: it has not beaten for 15 s, and its runs are taken over",
  }),
  version: said("Of its program; null, as what follows, when it never told"),
  repositories: z.array(z.string()),
  labels,
  slots: integer.nullable().openapi({ description: "Runs at once at most; 0: a door without agents" }),
  free: integer.nullable(),
  running: z.array(taskId).openapi({ description: "The tasks that run there, 50 at most" }),
  last_beat_ms: integer.nullable().openapi({
    description: "How long ago its last beat was seen, by the clock of the worker that answers; null on a local file",
  }),
  paused: said("Why it starts nothing at the moment"),
  draining: z.boolean().openapi({ description: "It was asked to claim nothing more" }),
  disk: said("What is wrong with its disk"),
  confinement: z.enum(sandboxLevels).nullable(),
  url: said("Where it is reached, as its CODER_WORKER_URL says"),
}).openapi("Worker", { example }) satisfies z.ZodType<WorkerView>;

export const slotsSchema = z.strictObject({ slots: z.number().int().min(1).max(64).nullable() })
  .openapi("Slots", { description: "Runs at once; null: as it was configured", example: { slots: 4 } });

export const workersSchema = z.object({ workers: z.array(workerSchema) })
  .openapi("Workers", { example: { workers: [example] } });
