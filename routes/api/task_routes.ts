// What the task routes take and answer, as the OpenAPI document has it; tasks.ts does the work.

import { createRoute, type z } from "@hono/zod-openapi";
import { json, problems } from "./api.ts";
import {
  feedbackSchema,
  forkSchema,
  messageSchema,
  newTaskSchema,
  retrySchema,
  taskChangesSchema,
  trySchema,
} from "./command_schemas.ts";
import { atQuery, idParam, listQuery, repositoryParam } from "./parameters.ts";
import { boardSchema, taskPageSchema, taskSchema } from "./task_schemas.ts";

const etag = {
  ETag: {
    required: true,
    description: "The task's seq, for `If-Match`",
    schema: { type: "string" as const, example: '"9"' },
  },
};
const taskAnswer = { ...json(taskSchema, "The task"), headers: etag };
const location = {
  Location: { required: true, description: "`/api/tasks/{id}`", schema: { type: "string" as const } },
};

/** Documented here and read by hand in tasks.ts: they are not part of what zod validates. */
const idempotencyKeyHeader = {
  name: "Idempotency-Key",
  in: "header" as const,
  description: "1 to 200 printable characters without spaces. The same key and body again: the first task, 200. " +
    "The same key with another body: 409. A key counts for seven days after it made its task",
  schema: { type: "string" as const, pattern: "^[\\x21-\\x7e]{1,200}$", example: "nightly-2026-01-05" },
};
const ifMatchHeader = {
  name: "If-Match",
  in: "header" as const,
  description: "The seq that the edit is based on, with or without quotes; 412 when the task is at another one. " +
    "`*`: at any",
  schema: { type: "string" as const, pattern: '^(\\*|"?\\d{1,15}"?)$', example: '"9"' },
};

export function command(path: string, summary: string, description: string) {
  return {
    method: "post" as const,
    path,
    summary,
    description,
    request: { params: idParam },
    responses: {
      202: { ...json(taskSchema, "The task, with the command taken"), headers: etag },
      ...problems(404, 409, 422),
    },
  };
}

export const createTask = createRoute({
  method: "post",
  path: "/tasks",
  summary: "Submit a task",
  parameters: [idempotencyKeyHeader],
  request: { body: jsonBody(newTaskSchema) },
  responses: {
    201: { ...json(taskSchema, "The new task"), headers: { ...location, ...etag } },
    200: {
      ...json(taskSchema, "The task that this Idempotency-Key made before"),
      headers: { ...location, ...etag },
    },
    ...problems(400, 409, 413, 415, 422),
  },
});

export const listTasks = createRoute({
  method: "get",
  path: "/tasks",
  summary: "List tasks, newest first",
  request: { query: listQuery },
  responses: { 200: json(taskPageSchema, "A page; long texts are excerpts"), ...problems(422) },
});

export const readBoard = createRoute({
  method: "get",
  path: "/board",
  summary: "The board: tasks by who must act",
  responses: { 200: json(boardSchema, "Five columns, each in its own order") },
});

export const readTask = createRoute({
  method: "get",
  path: "/tasks/{id}",
  summary: "One task, now or as it was at an event",
  request: { params: idParam, query: atQuery },
  responses: { 200: taskAnswer, ...problems(404, 422) },
});

export const editTask = createRoute({
  method: "patch",
  path: "/tasks/{id}",
  summary: "Edit a pending task",
  parameters: [ifMatchHeader],
  request: { params: idParam, body: jsonBody(taskChangesSchema) },
  responses: { 200: taskAnswer, ...problems(400, 404, 409, 412, 413, 415, 422) },
});

export const cancelTask = createRoute(
  command("/tasks/{id}/cancel", "Cancel a task", "A run that is open is stopped first."),
);

export const retryTask = createRoute(
  optionalBody(
    command(
      "/tasks/{id}/retry",
      "Try a finished task again from the start",
      "Attempts count from 0, the base is resolved anew. A body changes the task in the same step.",
    ),
    retrySchema,
  ),
);

export const forkTask = createRoute({
  method: "post",
  path: "/tasks/{id}/fork",
  summary: "Make a new task that goes on from a moment of this one",
  description:
    "Its worktree has the files of that moment, as far as they were kept (`forked_from.files` says after which " +
    "event), and its agent is told what was said until then.",
  parameters: [idempotencyKeyHeader],
  request: { params: idParam, body: jsonBody(forkSchema) },
  responses: {
    201: { ...json(taskSchema, "The new task"), headers: { ...location, ...etag } },
    200: { ...json(taskSchema, "The task that this Idempotency-Key made before"), headers: { ...location, ...etag } },
    ...problems(400, 404, 409, 413, 415, 422),
  },
});

export const approvePlan = createRoute(
  command("/tasks/{id}/plan/approve", "Approve the plan", "The task goes on with all permissions."),
);

export const rejectPlan = createRoute(
  commandWithBody(
    command("/tasks/{id}/plan/reject", "Reject the plan", "The agent revises it."),
    feedbackSchema,
  ),
);

export const addMessage = createRoute(
  commandWithBody(
    command(
      "/tasks/{id}/messages",
      "Send a follow-up",
      "It goes to the running agent, or a task that is over goes on with it where its work is saved, in the session it had.",
    ),
    messageSchema,
  ),
);

export const tryRepository = createRoute({
  method: "post",
  path: "/repositories/{name}/try",
  summary: "Try a repository's setup and check",
  description:
    "On the base, in a worktree that goes afterwards, without an agent. It is a task like others, to be watched " +
    "by its events.",
  request: {
    params: repositoryParam,
    body: { ...jsonBody(trySchema), required: false },
  },
  responses: {
    201: { ...json(taskSchema, "The task"), headers: { ...location, ...etag } },
    ...problems(400, 413, 415, 422),
  },
});

export function jsonBody<S extends z.ZodType>(schema: S) {
  return { required: true as const, content: { "application/json": { schema } } };
}

export function commandWithBody<S extends z.ZodType>(route: ReturnType<typeof command>, schema: S) {
  return {
    ...route,
    request: { ...route.request, body: jsonBody(schema) },
    responses: { ...route.responses, ...problems(400, 413, 415) },
  };
}

/** A command that need not have a body. */
export function optionalBody<S extends z.ZodType>(route: ReturnType<typeof command>, schema: S) {
  const { request, ...rest } = commandWithBody(route, schema);
  return { ...rest, request: { ...request, body: { ...request.body, required: false as const } } };
}
