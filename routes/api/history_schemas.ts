// A task's history as the API shows it: its events and why it was decided so. What their data holds is in event_schemas.ts.

import { z } from "@hono/zod-openapi";
import type { EventHits, LogHits } from "../../core/view/api_view.ts";
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
  by: z.string().optional().openapi({
    description: "Who asked (`api`, `ui`, `cli`, `mcp`, `token:ci`), `scheduler`, or a worker and its epoch",
  }),
  v: integer.openapi({ description: "The schema version of this type" }),
  data: z.record(z.string(), z.unknown()),
}).openapi("Event", { example: eventExample });

export const eventPageSchema = z.object({
  events: z.array(eventSchema),
  next: integer.nullable().openapi({
    description: "`after` of the next page; null when this one reaches the last event",
  }),
}).openapi("EventPage", { example: { events: [eventExample], next: 4 } });

export const eventHitsSchema = z.object({
  hits: z.array(z.object({
    seq: integer,
    type: z.string(),
    at,
    text: z.string().openapi({ description: "What stands around it, on one line" }),
  })),
  searched: integer.openapi({ description: "The last event that was looked at" }),
  next: integer.nullable().openapi({ description: "`after` of the next request; null when all were looked at" }),
}).openapi("EventHits", {
  example: {
    hits: [{ seq: 4, type: "output.text", at: eventExample.at, text: "I will look" }],
    searched: 9,
    next: null,
  },
}) satisfies z.ZodType<EventHits>;

export const logHitsSchema = z.object({
  hits: z.array(z.object({
    line: integer.openapi({ description: "From 1" }),
    offset: integer.openapi({ description: "The byte at which it begins, as `from` of the log takes it" }),
    at: nullable.openapi({ description: "When it came, to a quarter of a second; null where that is not known" }),
    text: z.string(),
  })),
  searched: integer.openapi({ description: "Bytes that were looked at, from the start" }),
  size: integer.openapi({ description: "Bytes of the log" }),
  next: nullable.openapi({ description: "`cursor` of the next request; null at the end" }),
}).openapi("LogHits", {
  example: {
    hits: [{ line: 3, offset: 120, at: eventExample.at, text: '{"type":"assistant"' }],
    searched: 700,
    size: 700,
    next: null,
  },
}) satisfies z.ZodType<LogHits>;

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
