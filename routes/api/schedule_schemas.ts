// Schedules as the API takes and shows them.

import { z } from "@hono/zod-openapi";
import { automationNameAtMost } from "../../core/domain/automation.ts";
import { overlaps } from "../../core/domain/automation_choice.ts";
import type { NewSchedule, ScheduleChanges, ScheduleView } from "../../core/view/automation_view.ts";
import { newTaskSchema, title } from "./command_schemas.ts";
import { atOrNull, integer, nullable, said, taskId } from "./field_schemas.ts";

/** Of a schedule or a webhook. */
export const automationName = title
  .refine((text) => [...text].length <= automationNameAtMost, `At most ${automationNameAtMost} characters`)
  .openapi({
    type: "string",
    minLength: 1,
    maxLength: automationNameAtMost,
    description: `1 to ${automationNameAtMost} characters without control characters`,
  });
const cron = z.string().trim().min(1).max(100).openapi({
  description:
    "Minute, hour, day, month and weekday, such as `0 9 * * 1-5`; or `@hourly`, `@daily`, `@weekly`, `@monthly`",
});
const timezone = z.string().min(1).max(64).openapi({ description: "Of the IANA database, such as `Europe/Berlin`" });
const overlap = z.enum(overlaps).openapi({
  description:
    "At a time when its task before is not over. `skip`: nothing; `queue`: it waits for that, one time at most",
});
const template = newTaskSchema.openapi({ description: "The task that each time makes, as `POST /api/tasks` takes it" });
const example = {
  name: "Update the dependencies",
  cron: "0 6 * * 1",
  timezone: "Europe/Berlin",
  overlap: "skip" as const,
  task: { prompt: "Update the dependencies, run the tests, and say what changed" },
};

export const newScheduleSchema = z.strictObject({
  name: automationName,
  cron,
  timezone: timezone.default("UTC"),
  overlap: overlap.default("skip"),
  task: template,
}).openapi("NewSchedule", { example }) satisfies z.ZodType<NewSchedule, unknown>;

export const scheduleChangesSchema = z.strictObject({
  name: automationName.optional(),
  cron: cron.optional(),
  timezone: timezone.optional(),
  overlap: overlap.optional(),
  task: template.optional(),
  enabled: z.boolean().optional(),
}).openapi("ScheduleChanges", {
  description:
    "The fields to change; `task` as a whole. One that is turned on again does not make good what was missed",
  example: { enabled: false },
}) satisfies z.ZodType<ScheduleChanges, unknown>;

const firing = z.object({
  at: z.string().openapi({ format: "date-time" }),
  due_at: atOrNull("The time it was for; null: a person asked"),
  task: taskId.nullable(),
  reason: said("Why there is no task"),
});

const shown = {
  id: 1,
  ...example,
  enabled: true,
  title: "Update the dependencies, run the tests, and say what changed",
  repo: null,
  next_at: "2026-12-07T05:00:00.000Z",
  held_at: null,
  last_task: 12,
  recent: [{ at: "2026-11-30T05:00:00.021Z", due_at: "2026-11-30T05:00:00.000Z", task: 12, reason: null }],
  next: ["2026-12-07T05:00:00.000Z", "2026-12-14T05:00:00.000Z", "2026-12-21T05:00:00.000Z"],
};

export const scheduleSchema = z.object({
  id: integer,
  name: z.string(),
  cron: z.string(),
  timezone: z.string(),
  overlap,
  enabled: z.boolean(),
  title: z.string(),
  repo: nullable,
  next_at: atOrNull("The time that comes next; null while it is off"),
  held_at: atOrNull("A time that waits for the end of the task before it"),
  last_task: taskId.nullable(),
  recent: z.array(firing).openapi({ description: "What became of its last times, the newest first" }),
  task: z.record(z.string(), z.unknown()).openapi({
    description: "The task that each time makes",
  }) as unknown as z.ZodType<
    ScheduleView["task"]
  >,
  next: z.array(z.string()).openapi({ description: "The next three times" }),
}).openapi("Schedule", { example: shown }) satisfies z.ZodType<ScheduleView>;

export const schedulesSchema = z.object({ schedules: z.array(scheduleSchema) })
  .openapi("Schedules", { example: { schedules: [shown] } });
