// Fields that several schemas of the API have.

import { z } from "@hono/zod-openapi";
import { efforts } from "../../core/domain/task_spec.ts";
import { dependencyStatuses, statuses } from "../../core/domain/task.ts";

export const maxInt = Number.MAX_SAFE_INTEGER;

export const status = z.enum(statuses as [string, ...string[]]);
export const dependencyStatus = z.enum(dependencyStatuses as [string, ...string[]])
  .openapi({
    description:
      "Of one that lands by itself also `landing` and `in_review`: it is met once it has landed or was accepted",
  });
export const taskId = z.number().int().min(1).max(maxInt);
export const nullable = z.string().nullable();
export const integer = z.number().int();
export const labels = z.record(z.string(), z.string());
export const at = z.string().openapi({ format: "date-time", description: "ISO 8601, UTC" });
export const said = (description: string) => nullable.openapi({ description });
export const atOrNull = (description: string) => nullable.openapi({ format: "date-time", description });
export const mode = z.enum(["execute", "plan"])
  .openapi({ description: "`plan`: propose a plan first and wait for its approval" });
export const effort = z.enum(efforts).openapi({
  description: "How much the model thinks: given to the agent as `--effort`",
});
