// What the routes of a task's history take and answer, as the OpenAPI document has it; events.ts does the work.

import { createRoute, z } from "@hono/zod-openapi";
import { json, problems } from "./api.ts";
import { eventHitsSchema, eventPageSchema, logHitsSchema, whySchema } from "./history_schemas.ts";
import {
  afterQuery,
  atQuery,
  eventSearchQuery,
  eventsQuery,
  exportQuery,
  idParam,
  logQuery,
  logSearchQuery,
  resultImageParam,
} from "./parameters.ts";

const text = z.string();
const line = JSON.stringify({ seq: 1, type: "task.created", at: "2026-01-05T09:12:00.000Z", task: 12, v: 1, data: {} });
const ndjson = (example: string) => ({ "application/x-ndjson": { schema: text, example } });

const lastEventId = {
  name: "Last-Event-ID",
  in: "header" as const,
  description: "The seq of the last event received; wins over `after`. Browsers send it when they reconnect",
  schema: { type: "string" as const, example: "9" },
};
const accept = {
  name: "Accept",
  in: "header" as const,
  description: "`application/x-ndjson` for the whole history, one event a line; else a page as JSON",
  schema: { type: "string" as const, example: "application/x-ndjson" },
};

export const listEvents = createRoute({
  method: "get",
  path: "/tasks/{id}/events",
  tags: ["History"],
  summary: "The events of a task, in order",
  parameters: [accept],
  request: { params: idParam, query: eventsQuery },
  responses: {
    200: {
      description: "A page (it also ends at 4 MiB), or with `Accept: application/x-ndjson` all events, one a line",
      content: { "application/json": { schema: eventPageSchema }, ...ndjson(`${line}\n`) },
    },
    ...problems(404, 422),
  },
});

export const streamEvents = createRoute({
  method: "get",
  path: "/tasks/{id}/stream",
  tags: ["Live"],
  summary: "The events of a task, live",
  parameters: [lastEventId],
  description: "Server-Sent Events: `id` is the seq, `event` the type, `data` the event. History after " +
    "`Last-Event-ID` (or `after`) comes first. `event: end` says the task is over and everything was sent.",
  request: { params: idParam, query: afterQuery },
  responses: {
    200: {
      description: "The stream; a comment each 15 s when nothing happens",
      content: {
        "text/event-stream": {
          schema: text,
          example: `id: 1\nevent: task.created\ndata: ${line}\n\nevent: end\ndata: {"task":12,"seq":1}\n\n`,
        },
      },
    },
    204: { description: "The task is over and `Last-Event-ID` is its last event" },
    ...problems(404, 422),
  },
});

export const explainTask = createRoute({
  method: "get",
  path: "/tasks/{id}/why",
  tags: ["History"],
  summary: "Why the task runs or waits, now or at an event",
  request: { params: idParam, query: atQuery },
  responses: { 200: json(whySchema, "From the recorded decisions"), ...problems(404, 422) },
});

export const exportHistory = createRoute({
  method: "get",
  path: "/tasks/{id}/export",
  tags: ["History"],
  summary: "The whole history as one file, with its files if that is asked for",
  request: { params: idParam, query: exportQuery },
  responses: {
    200: {
      description:
        "NDJSON: a header (format, version, store, task, sha256 of the rest), the events, and what `bundle` asks for",
      headers: { "Content-Disposition": { schema: { type: "string" as const } } },
      content: ndjson(`{"format":"personal-coder-task","version":1,"task":12}\n${line}\n`),
    },
    ...problems(404, 422),
  },
});

export const searchEvents = createRoute({
  method: "get",
  path: "/tasks/{id}/search",
  tags: ["History"],
  summary: "Find a text in the events of a task",
  description: "Each request looks at a part of a long history; `next` says where the next one goes on.",
  request: { params: idParam, query: eventSearchQuery },
  responses: { 200: json(eventHitsSchema, "The events that have it, in order"), ...problems(404, 422) },
});

export const searchLog = createRoute({
  method: "get",
  path: "/tasks/{id}/log/search",
  tags: ["History"],
  summary: "Find a text in the raw log of a task",
  description: "Each request looks at 16 MiB about; `next` says where the next one goes on.",
  request: { params: idParam, query: logSearchQuery },
  responses: { 200: json(logHitsSchema, "The lines that have it, in order"), ...problems(404, 422) },
});

export const readResultImage = createRoute({
  method: "get",
  path: "/tasks/{id}/results/{call}/images/{index}",
  tags: ["History"],
  summary: "An image that a tool answered with",
  description: "As the raw log has it. `images` of `output.tool_result` says which there are.",
  request: { params: resultImageParam },
  responses: {
    200: { description: "Its bytes", content: { "image/png": { schema: z.string() } } },
    ...problems(404, 422),
  },
});

export const readLog = createRoute({
  method: "get",
  path: "/tasks/{id}/log",
  tags: ["History"],
  summary: "Everything the agent wrote to stdout, byte for byte",
  request: { params: idParam, query: logQuery },
  responses: {
    200: {
      description: "claude's stream-json. `Log-Bytes`: how many bytes there are in all",
      headers: { "Log-Bytes": { schema: { type: "string" as const } } },
      content: ndjson('{"type":"system","subtype":"init"}\n'),
    },
    ...problems(404, 422),
  },
});
