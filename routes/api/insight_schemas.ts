// Insights as the API shows them.

import { z } from "@hono/zod-openapi";
import type { DaySums } from "../../core/domain/day_sums.ts";
import { landingOutcomes, outcomes } from "../../core/domain/event.ts";
import { milestoneTypes } from "../../core/domain/milestone.ts";
import type { ActivityView, InsightDays, SlotsView } from "../../core/view/insights_view.ts";
import { at, atOrNull, integer, nullable, said, taskId } from "./field_schemas.ts";

const count = integer.min(0);
const outcome = z.enum(outcomes);
const histogram = z.record(z.string(), count).openapi({
  description: "How many lie in each bucket: bucket n ends at 1000 ms times 2 to the n / 4, bucket 84 never",
  example: { 0: 12, 7: 3 },
});

const sumsSchema = z.object({
  repo: z.string(),
  model: said("That answered, else that was asked for; null: not known, or about tasks and not runs"),
  outcomes: z.partialRecord(outcome, count).openapi({
    description: "Runs that ended, by how",
    example: { succeeded: 12 },
  }),
  cost_usd: z.number(),
  estimated_usd: z.number().openapi({ description: "Of `cost_usd`, what is estimated" }),
  unpriced: count.openapi({ description: "Runs of unknown cost" }),
  usage: z.object({ input_tokens: count, output_tokens: count, cache_read_tokens: count, cache_write_tokens: count }),
  checks: z.object({ passed: count, failed: count }).openapi({ description: "Last checks of runs" }),
  wait_ms: histogram,
  run_ms: histogram,
  tasks: z.object({ created: count, completed: count, failed: count, cancelled: count }),
  landings: z.object({ landed: count, other: count }),
  words: count.openapi({ description: "Messages, and decisions about plans and results" }),
}).openapi("DaySums") satisfies z.ZodType<DaySums>;

export const daysSchema = z.object({
  from: z.string().openapi({ description: "A day in UTC, ISO 8601", example: "2026-01-31" }),
  to: z.string().openapi({ description: "A day in UTC, ISO 8601", example: "2026-01-31" }),
  uncounted: count.nullable().openapi({
    description: "Tasks of an older store that are not counted yet; null: all are",
  }),
  days: z.array(
    z.object({
      day: z.string().openapi({ description: "A day in UTC, ISO 8601", example: "2026-01-31" }),
      sums: z.array(sumsSchema),
    }),
  ),
}).openapi("InsightDays") satisfies z.ZodType<InsightDays>;

const waitSchema = z.object({
  for: z.enum(["dependencies", "delay", "approval", "slot"]),
  from: at,
  to: at,
  tasks: z.array(taskId).openapi({
    description: "`dependencies`: those; `slot`: the one whose end made room, where that is known",
  }),
});

const slotRunSchema = z.object({
  task: taskId,
  title: z.string(),
  run: integer,
  attempt: integer,
  repo: z.string(),
  model: nullable,
  worker: z.string(),
  worker_name: z.string(),
  claimed_at: at,
  ended_at: atOrNull("Null: it still runs"),
  outcome: outcome.nullable(),
  cost_usd: z.number(),
  waits: z.array(waitSchema).openapi({ description: "What it waited for before its claim, one after the other" }),
}).openapi("SlotRun");

export const slotsSchema = z.object({
  from: at,
  to: at,
  runs: z.array(slotRunSchema).openapi({ description: "In the order of their claims, the newest 1,000" }),
  truncated: z.boolean().openapi({ description: "Earlier runs of that time are left out" }),
  waiting: z.array(z.object({
    task: taskId,
    title: z.string(),
    repo: z.string(),
    since: atOrNull("Null: not known"),
    reason: z.string(),
  })).openapi({ description: "What waits now, 100 at most" }),
  waiting_count: count,
}).openapi("InsightSlots") satisfies z.ZodType<SlotsView>;

const kind = z.enum(milestoneTypes);

export const activitySchema = z.object({
  from: at,
  to: at,
  hours: z.array(z.object({ hour: at, counts: z.partialRecord(kind, count) }))
    .openapi({ description: "How much of each kind by the hour" }),
  items: z.array(z.object({
    at,
    task: taskId,
    title: z.string(),
    repo: z.string(),
    kind,
    outcome: z.enum([...outcomes, ...landingOutcomes.filter((one) => !(outcomes as readonly string[]).includes(one))])
      .nullable() as z.ZodType<ActivityView["items"][number]["outcome"]>,
  })).openapi({ description: "The newest first, 300 at most" }),
  truncated: z.boolean().openapi({
    description: "More happened than can be read at once: `from` is later than asked for",
  }),
}).openapi("Activity") satisfies z.ZodType<ActivityView>;
