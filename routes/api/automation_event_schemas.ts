// What `data` of the events about schedules, webhooks and GitHub holds; event_schemas.ts has the others.

import { z } from "@hono/zod-openapi";
import { overlaps, webhookFormats } from "../../core/domain/automation_choice.ts";
import type { EventType } from "../../core/domain/event.ts";
import { integer, nullable } from "./field_schemas.ts";

const text = z.string();
const eventTypes = z.array(z.string() as unknown as z.ZodType<EventType>).openapi({
  type: "array",
  items: { type: "string" },
});

const next = nullable.openapi({ description: "The time that comes next; null: none" });
const missed = integer.openapi({ description: "How many times since are not made good" });

export const originSchema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("schedule"), schedule: integer, name: text, due_at: nullable }),
  z.object({ kind: z.literal("github"), repository: text, issue: integer, url: text }),
]).openapi({ description: "What made it, where that was no person" });

/** `task`: what a schedule makes a task of. */
export function automationEventSchemas<T extends z.ZodType>(task: T) {
  const schedule = { name: text, cron: text, timezone: text, overlap: z.enum(overlaps), task };
  const webhook = { name: text, origin: text, events: eventTypes, secret: text };
  return {
    "schedule.created": z.object({ schedule: integer, ...schedule, next_at: next }),
    "schedule.changed": z.object({ ...schedule, enabled: z.boolean(), next_at: next }).partial().extend({
      schedule: integer,
    }),
    "schedule.fired": z.object({ schedule: integer, due_at: nullable, task: integer, missed, next_at: next }),
    "schedule.held": z.object({ schedule: integer, due_at: text, behind: integer, missed, next_at: next }),
    "schedule.skipped": z.object({ schedule: integer, due_at: text, reason: text, missed, next_at: next }),
    "schedule.deleted": z.object({ schedule: integer }),
    "webhook.created": z.object({ webhook: integer, ...webhook, format: z.enum(webhookFormats), after: text }),
    "webhook.changed": z.object({ ...webhook, enabled: z.boolean() }).partial().extend({ webhook: integer }),
    "webhook.ended": z.object({ webhook: integer, reason: text }),
    "webhook.deleted": z.object({ webhook: integer }),
    "github.connected": z.object({
      label: text,
      repositories: z.record(text, text),
      secret: text,
      token: nullable,
      after: text,
    }),
    "github.disconnected": z.object({}),
  };
}
