// What stands in paths and queries. There a number is text, of which the document should not speak.

import { z } from "@hono/zod-openapi";
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

/** `{name}` in a path. */
export const repositoryParam = z.object({
  name: z.string().min(1).max(64).openapi({
    description: "The name of a configured repository",
    param: { name: "name", in: "path" },
    example: "shop",
  }),
});

export const listQuery = z.object({
  status: status.optional().openapi({ description: "Only tasks of this status" }),
  q: z.string().max(200).optional().openapi({ description: "Text in title or prompt, or `#12`" }),
  limit: digits(1, limits.page).default(50).openapi({ ...whole(1, limits.page, "Tasks on the page"), default: 50 }),
  cursor: z.string().regex(/^[1-9]\d{0,14}$/, "A cursor comes from `next`").optional()
    .openapi({ description: "`next` of the page before" }),
});

const atEvent = whole(1, longest, "As it was right after the event with this seq");
export const atQuery = z.object({ at: digits(1, maxInt).optional().openapi(atEvent) });

const after = whole(0, longest, "Only events after this seq");
export const eventsQuery = z.object({
  after: digits(0, maxInt).default(0).openapi({ ...after, default: 0 }),
  limit: digits(1, limits.events).default(limits.events)
    .openapi({ ...whole(1, limits.events, "Events on the page"), default: limits.events }),
});
export const afterQuery = z.object({ after: digits(0, maxInt).optional().openapi(after) });
