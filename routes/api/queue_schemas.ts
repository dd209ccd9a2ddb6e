// What routes about the queue as a whole take and answer.

import { z } from "@hono/zod-openapi";
import type { Spending } from "../../core/view/api_view.ts";
import { at, integer, taskId } from "./field_schemas.ts";
import { limits } from "./limits.ts";
import { problemSchema } from "./problem_schema.ts";
import { taskSchema } from "./task_schemas.ts";

export const moveSchema = z.union([
  z.strictObject({ to: z.enum(["first", "last"]) }),
  z.strictObject({ before: taskId }),
  z.strictObject({ after: taskId }),
]).openapi("Move", {
  description: "A place among the pending tasks of the task's priority: first, last, or next to another one",
  example: { before: 12 },
});

const ids = z.array(z.unknown()).min(1, "Name the tasks").max(limits.bulk, `At most ${limits.bulk} tasks`)
  .pipe(z.array(taskId)).transform((ids) => [...new Set(ids)])
  .openapi({
    type: "array",
    items: { type: "integer", minimum: 1, maximum: Number.MAX_SAFE_INTEGER },
    minItems: 1,
    maxItems: limits.bulk,
  });

export const bulkSchema = z.strictObject({
  ids,
  action: z.enum(["cancel", "retry", "approve", "accept", "move_first", "prioritize"]),
  priority: z.number().int().min(-1_000_000).max(1_000_000).optional()
    .openapi({ description: "The new one, for `prioritize`" }),
}).refine(({ action, priority }) => (action === "prioritize") === (priority !== undefined), {
  path: ["priority"],
  message: "It belongs to `prioritize`, and only there",
}).openapi("Bulk", {
  description:
    "The same for many tasks: `approve` a plan, `accept` work that was taken elsewhere, `move_first` to the " +
    "start of the queue among those of its priority, in the order given",
  example: { ids: [12, 13], action: "cancel" },
});

export const bulkAnswerSchema = z.object({
  results: z.array(z.object({
    id: taskId,
    status: integer.openapi({ description: "As for one task alone: 200 or 202, else what `problem` says" }),
    task: taskSchema.optional(),
    problem: problemSchema.optional(),
  })).openapi({ description: "One for each task, in the order asked for" }),
  failed: integer.openapi({ description: "How many were refused" }),
}).openapi("BulkAnswer");

export const spendingSchema = z.object({
  since: at,
  cost_usd: z.number().openapi({ description: "Of the runs that ended since" }),
  cost_basis: z.enum(["reported", "estimated", "unknown"]),
  running_usd: z.number().openapi({ description: "What open runs cost so far, as far as is known" }),
  tasks: integer.openapi({ description: "Tasks that ran" }),
  whole: z.boolean().openapi({ description: "False: so much happened that not all was looked at" }),
}).openapi("Spending") satisfies z.ZodType<Spending>;
