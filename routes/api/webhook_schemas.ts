// Webhooks and GitHub as the API takes and shows them.

import { z } from "@hono/zod-openapi";
import { webhookFormats } from "../../core/domain/automation_choice.ts";
import type { EventType } from "../../core/domain/event.ts";
import type {
  DeliveryTry,
  DeliveryView,
  GithubAnswer,
  GithubChoice,
  NewWebhook,
  WebhookAnswer,
  WebhookChanges,
} from "../../core/view/automation_view.ts";
import { eventDataSchemas } from "./event_schemas.ts";
import { atOrNull, integer, nullable, said, taskId } from "./field_schemas.ts";
import { automationName } from "./schedule_schemas.ts";

const eventsAtMost = 32;
const eventTypes = Object.keys(eventDataSchemas) as [EventType, ...EventType[]];

const url = z.url({ protocol: /^https?$/ }).max(2_000).openapi({
  format: "uri",
  description:
    "http or https, at a host of CODER_WEBHOOK_HOSTS. It is kept like a secret; of ntfy it ends with the topic",
});
const events = z.array(z.enum(eventTypes)).min(1).max(eventsAtMost).transform((types) => [...new Set(types)]).openapi({
  type: "array",
  items: { type: "string", enum: eventTypes },
  minItems: 1,
  maxItems: eventsAtMost,
  description: "The types of events that are sent",
});
const format = z.enum(webhookFormats).openapi({
  description: "`standard`: JSON, signed as Standard Webhooks says; `ntfy` and `slack`: words, as these take them",
});
const newSecret = z.literal(true).openapi({ description: "A new secret, which the answer shows once" });
const secret = z.string().openapi({ description: "There when it was made just now, and never again" });

const example = {
  name: "Chat",
  url: "https://hooks.chat.example/services/T0/B0/x",
  format: "slack" as const,
  events: ["task.completed", "task.failed", "plan.proposed"] as EventType[],
};

export const newWebhookSchema = z.strictObject({
  name: automationName,
  url,
  format: format.default("standard"),
  events,
})
  .openapi("NewWebhook", { example }) satisfies z.ZodType<NewWebhook, unknown>;

export const webhookChangesSchema = z.strictObject({
  name: automationName.optional(),
  url: url.optional(),
  events: events.optional(),
  enabled: z.boolean().optional(),
  new_secret: newSecret.optional(),
}).openapi("WebhookChanges", {
  description: "The fields to change. One that ended and is enabled goes on with the message that did not arrive",
  example: { enabled: true },
}) satisfies z.ZodType<WebhookChanges, unknown>;

const oneTry = {
  at: "2026-11-30T09:00:00.000Z",
  status: 503,
  error: "It answered 503",
  duration_ms: 41,
};

export const deliveryTrySchema = z.object({
  at: z.string().openapi({ format: "date-time" }),
  status: integer.nullable().openapi({ description: "Of HTTP; null: there was no answer" }),
  error: said("Why it counts as failed; null: it arrived"),
  duration_ms: integer,
}).openapi("DeliveryTry", { example: oneTry }) satisfies z.ZodType<DeliveryTry>;

const delivery = {
  ...{ number: 3, message: "msg_1f6e0a2b3c4d_webhook-1_12_40", type: "task.completed", task: 12, seq: 40 },
  ...{ state: "waiting" as const, tried: 1, tries: [oneTry], due_at: "2026-11-30T09:00:05.000Z" },
};

export const deliverySchema = z.object({
  number: integer,
  message: z.string().openapi({ description: "The `webhook-id`: the same for each try" }),
  type: z.string(),
  task: integer.nullable(),
  seq: integer.nullable(),
  state: z.enum(["delivered", "waiting", "failed"]),
  tried: integer,
  tries: z.array(deliveryTrySchema).openapi({ description: "The last five, the newest first" }),
  due_at: atOrNull("When it is tried again"),
}).openapi("Delivery", { example: delivery }) satisfies z.ZodType<DeliveryView>;

export const deliveriesSchema = z.object({ deliveries: z.array(deliverySchema) })
  .openapi("Deliveries", { example: { deliveries: [delivery] } });

const { url: _, ...kept } = example;
const shown = { id: 1, ...kept, origin: "https://hooks.chat.example", enabled: true, ended: null, obstacle: null };

export const webhookSchema = z.object({
  id: integer,
  name: z.string(),
  format,
  origin: z.string().openapi({ description: "Scheme, host and port of its address" }),
  events: z.array(z.enum(eventTypes)),
  enabled: z.boolean(),
  ended: z.object({ at: z.string(), reason: z.string() }).nullable().openapi({
    description: "Why nothing is sent any more though nobody turned it off",
  }),
  obstacle: said("Why nothing can be sent from the worker that answers, and what to do"),
  waiting: deliverySchema.nullable().openapi({ description: "The message that the others wait behind" }),
  secret: secret.optional(),
}).openapi("Webhook", { example: { ...shown, waiting: delivery } }) satisfies z.ZodType<WebhookAnswer>;

export const webhooksSchema = z.object({ webhooks: z.array(webhookSchema) })
  .openapi("Webhooks", { example: { webhooks: [{ ...shown, waiting: null }] } });

const label = z.string().trim().min(1).max(50).regex(/^[^\s\p{Cc}]+$/u, "One word").openapi({
  pattern: "^[^\\s\\p{Cc}]+$",
  description: "Of issues that become tasks; `/label` is the first word of comments that do",
});
const repositories = z.record(
  z.string().regex(/^[A-Za-z0-9-]{1,39}\/[\w.-]{1,100}$/, "owner/name"),
  z.string().min(1).max(64),
).openapi({
  type: "object",
  additionalProperties: { type: "string" },
  description: "The repository here of each `owner/name` there; 16 at most",
});
const github = { label: "coder", repositories: { "octo/shop": "shop" } };

export const githubChoiceSchema = z.strictObject({
  label: label.default("coder"),
  repositories,
  token: z.string().regex(/^[\x21-\x7e]{10,255}$/, "10 to 255 printable characters").nullable().optional().openapi({
    description: "That may write comments on issues there; absent: as before, null: no comments",
  }),
  new_secret: newSecret.optional(),
}).openapi("GithubChoice", { example: github }) satisfies z.ZodType<GithubChoice, unknown>;

export const githubSchema = z.object({
  label: z.string(),
  repositories: z.record(z.string(), z.string()),
  comments: z.boolean().openapi({ description: "Whether answers go back as comments" }),
  obstacle: said("Why none can go from the worker that answers, and what to do"),
  secret: secret.optional(),
}).openapi("Github", { example: { ...github, comments: true, obstacle: null } }) satisfies z.ZodType<GithubAnswer>;

export const githubDeliverySchema = z.object({ task: taskId.nullable(), reason: nullable }).openapi("GithubDelivery", {
  description: "The task that it made, now or when it was delivered before; or why it asks for none",
  example: { task: 12, reason: null },
});
