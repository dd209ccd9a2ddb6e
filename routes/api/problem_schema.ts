// What is answered when something is wrong (RFC 9457), and what that may look like for each status.

import { z } from "@hono/zod-openapi";
import { integer } from "./field_schemas.ts";
import { limits } from "./limits.ts";

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: integer,
  detail: z.string().openapi({ description: "What is wrong, for a person" }),
  errors: z.array(z.object({
    path: z.string().openapi({ description: "Where in the input, such as `depends_on.0`" }),
    message: z.string(),
  })).optional().openapi({ description: "One for every wrong field" }),
}).openapi("Problem", { description: "RFC 9457" });

const example = (status: number, title: string, detail: string, errors?: { path: string; message: string }[]) => ({
  type: "about:blank",
  title,
  status,
  detail,
  ...(errors && { errors }),
});

/** What the answer of each status may look like. */
export const problemExamples: Record<number, unknown> = {
  400: example(400, "Bad request", "The body is not valid JSON: Unexpected end of JSON input"),
  401: example(401, "Authentication needed", "Send the token as `Authorization: Bearer ...`, or log in at /login"),
  403: example(403, "Forbidden", "Requests from pages of another origin are refused"),
  404: example(404, "Not found", "There is no task 12"),
  405: example(405, "Method not allowed", "/api/tasks answers to GET, POST"),
  408: example(408, "Request timeout", "The body did not arrive within 30 s"),
  409: example(409, "Conflict", "Cannot edit task 12: it is completed"),
  412: example(412, "Precondition failed", "Task 12 is at event 9, not 7"),
  413: example(413, "Content too large", `The body is larger than ${limits.body} bytes`),
  415: example(415, "Unsupported media type", "Send the body as application/json"),
  421: example(421, "Misdirected request", 'This server does not answer to the host name "example.com"'),
  422: example(422, "Invalid value", "priority: Invalid input: expected number, received string", [
    { path: "priority", message: "Invalid input: expected number, received string" },
  ]),
  429: example(429, "Too many requests", "Too many wrong tokens: wait a minute, then try again"),
  500: example(500, "Internal error", "Internal error: the service's log has the details"),
  503: example(503, "Unavailable", "The store does not answer; whether this took effect will show later"),
};
