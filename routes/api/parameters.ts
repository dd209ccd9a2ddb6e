// What stands in paths and queries. There a number is text, of which the document should not speak.

import { z } from "@hono/zod-openapi";
import { outcomes } from "../../core/domain/event.ts";
import { maxInt, status } from "./field_schemas.ts";
import { limits } from "./limits.ts";

/** A whole number in a query or path, which is text there. */
const digits = (min: number, max: number) =>
  z.string().regex(/^\d{1,15}$/, "A whole number").transform(Number).pipe(z.number().int().min(min).max(max));
const whole = (min: number, max: number, description: string) =>
  ({ type: "integer", format: "int64", minimum: min, maximum: max, description }) as const;

const longest = 999_999_999_999_999;

/** `{id}` in a path. */
export const idParam = z.object({
  id: digits(1, maxInt).openapi({
    ...whole(1, longest, "The task"),
    param: { name: "id", in: "path" },
    example: 12,
  }),
});

/** `{id}`, `{call}` and `{index}` in a path. */
export const resultImageParam = idParam.extend({
  call: z.string().regex(/^[\w.-]{1,200}$/, "The id of a tool call").openapi({
    description: "`id` of `output.tool_result`",
    param: { name: "call", in: "path" },
    example: "toolu_01",
  }),
  index: digits(0, 999).openapi({
    ...whole(0, 999, "Of its `images`, from 0"),
    param: { name: "index", in: "path" },
    example: 0,
  }),
});

/** `{name}` in a path. */
export const repositoryParam = z.object({
  name: z.string().min(1).max(64).openapi({
    description: "The name of a configured repository",
    param: { name: "name", in: "path" },
    example: "shop",
  }),
});

/** `{id}` of a worker in a path. */
export const workerParam = z.object({
  id: z.string().regex(/^[A-Za-z0-9-]{1,64}$/, "A worker's id, or self").openapi({
    description: "The worker's id; `self`: the one that answers",
    param: { name: "id", in: "path" },
    example: "self",
  }),
});

/** `{id}` of a schedule or a webhook in a path. */
export const automationParam = z.object({
  id: digits(1, maxInt).openapi({ ...whole(1, longest, "Its number"), param: { name: "id", in: "path" }, example: 1 }),
});

/** `{id}` of a webhook and `{number}` of a delivery in a path. */
export const deliveryParam = automationParam.extend({
  number: digits(1, maxInt).openapi({
    ...whole(1, longest, "Of the delivery"),
    param: { name: "number", in: "path" },
    example: 3,
  }),
});

export const listQuery = z.object({
  status: status.optional().openapi({ description: "Only tasks of this status" }),
  q: z.string().max(limits.query).optional().openapi({
    description:
      "Words, each of which is in the title, the prompt, the output, the error, the plan or the branch; or `#12`",
  }),
  repo: z.string().max(64).optional().openapi({ description: "Only tasks of this repository" }),
  outcome: z.enum(outcomes).optional().openapi({ description: "Only tasks whose last run ended like this" }),
  label: z.string().max(200).optional().openapi({
    description: "Only tasks with this tag, or that ask this `key=value` of their worker",
  }),
  limit: digits(1, limits.page).default(50).openapi({ ...whole(1, limits.page, "Tasks on the page"), default: 50 }),
  cursor: z.string().regex(/^[1-9]\d{0,14}$/, "A cursor comes from `next`").optional()
    .openapi({ description: "`next` of the page before" }),
});

export const spendingQuery = z.object({
  since: z.iso.datetime({ offset: true, message: "A moment such as 2026-01-05T00:00:00Z" })
    .transform((since) => new Date(since).toISOString())
    .openapi({ type: "string", format: "date-time", description: "ISO 8601, with Z or an offset" }),
});

const atEvent = whole(1, longest, "As it was right after the event with this seq");
export const atQuery = z.object({ at: digits(1, maxInt).optional().openapi(atEvent) });

export const exportQuery = z.object({
  bundle: z.enum(["whole", "thin"]).optional().openapi({
    description:
      "With a git bundle of its branch, saved moments and steps, as lines of base64 after the events; `thin`: " +
      "without what its base has, for a clone that has that",
  }),
});

const after = whole(0, longest, "Only events after this seq");
export const eventsQuery = z.object({
  after: digits(0, maxInt).default(0).openapi({ ...after, default: 0 }),
  limit: digits(1, limits.events).default(limits.events)
    .openapi({ ...whole(1, limits.events, "Events on the page"), default: limits.events }),
});
const found = z.string().min(1, "Say what to look for").max(limits.query);
export const eventSearchQuery = z.object({
  q: found.openapi({ description: "Part of a text or of the type of an event, in any case" }),
  after: digits(0, maxInt).default(0).openapi({ ...after, default: 0 }),
  limit: digits(1, limits.hits).default(limits.hits).openapi({
    ...whole(1, limits.hits, "Hits"),
    default: limits.hits,
  }),
});
export const logSearchQuery = z.object({
  q: found.openapi({ description: "Part of a line, in any case" }),
  cursor: z.string().regex(/^\d{1,15}:\d{1,15}$/, "A cursor comes from `next`").optional()
    .openapi({ description: "`next` of the request before" }),
  limit: digits(1, limits.hits).default(limits.hits).openapi({
    ...whole(1, limits.hits, "Hits"),
    default: limits.hits,
  }),
});
/** Of a raw log. */
export const logQuery = z.object({
  from: digits(0, maxInt).optional().openapi(whole(0, longest, "The first byte that is wanted")),
});
export const afterQuery = z.object({ after: digits(0, maxInt).optional().openapi(after) });

const days = whole(1, 366, "The last days, today included");
const filter = (description: string) => z.string().min(1).max(100).optional().openapi({ description });
export const daysQuery = z.object({
  days: digits(1, 366).default(30).openapi({ ...days, default: 30 }),
  repo: filter("Only of this repository"),
  model: filter("Only of runs of this model"),
});

const hours = whole(1, 744, "The last hours");
export const importQuery = z.object({
  repo: z.string().min(1).max(64).optional().openapi({
    description: "The repository here that it goes to; by default the one that is called as there",
  }),
});

export const activityQuery = z.object({
  hours: digits(1, 744).default(24).openapi({ ...hours, default: 24 }),
  repo: filter("Only of this repository"),
});
export const slotsQuery = activityQuery.extend({
  model: filter("Only runs of this model; what waits now has none yet"),
});
