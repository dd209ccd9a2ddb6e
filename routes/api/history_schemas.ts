// A task's history as the API shows it: its events and why it was decided so. What their data holds is in event_schemas.ts.

import { z } from "@hono/zod-openapi";
import { at, integer, nullable, status, taskId } from "./field_schemas.ts";

const eventExample = {
  seq: 4,
  type: "output.text",
  at: "2026-01-05T09:12:05.001Z",
  task: 12,
  run: 1,
  by: "laptop/1",
  v: 1,
  data: { text: "I will look at the report command first." },
};

export const eventSchema = z.object({
  seq: integer.min(1).openapi({ description: "1, 2, 3 ... per task, without a gap" }),
  type: z.string().openapi({ description: "Says what `data` holds. Types may be added; keep what you do not know." }),
  at,
  task: integer.min(0).openapi({ description: "0: a fact about the service itself" }),
  run: integer.optional().openapi({ description: "The number of the run within its task" }),
  by: z.string().optional().openapi({ description: "`api`, `ui`, `scheduler`, or a worker and its epoch" }),
  v: integer.openapi({ description: "The schema version of this type" }),
  data: z.record(z.string(), z.unknown()),
}).openapi("Event", { example: eventExample });

export const eventPageSchema = z.object({
  events: z.array(eventSchema),
  next: integer.nullable().openapi({
    description: "`after` of the next page; null when this one reaches the last event",
  }),
}).openapi("EventPage", { example: { events: [eventExample], next: 4 } });

export const whySchema = z.object({
  task: taskId,
  seq: integer,
  at,
  status,
  reason: z.string().openapi({ description: "One sentence" }),
  claim: z.object({
    run: integer,
    attempt: integer,
    worker: z.string(),
    at,
    free_slots: integer,
    rank: integer.openapi({ description: "1: it was the first in dispatch order" }),
    candidates: z.array(taskId).openapi({ description: "The next in order, ten at most" }),
    count: integer.openapi({ description: "How many tasks could have started" }),
  }).nullable().openapi({ description: "The decision that started its last run" }),
  dependencies: z.array(z.object({ id: taskId, status, completed_at: nullable })),
}).openapi("Why", {
  example: {
    task: 12,
    seq: 9,
    at: "2026-01-05T09:12:09.480Z",
    status: "in_progress",
    reason: "Claimed by laptop as first of 2 that could start",
    claim: {
      run: 1,
      attempt: 1,
      worker: "laptop",
      at: "2026-01-05T09:12:01.250Z",
      free_slots: 2,
      rank: 1,
      candidates: [12, 14],
      count: 2,
    },
    dependencies: [{ id: 11, status: "completed", completed_at: "2026-01-05T09:12:01.100Z" }],
  },
});
