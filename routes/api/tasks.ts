// Tasks over HTTP: create, read, edit and every command.

import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { DomainError } from "../../core/domain/error.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { NewTask, Service } from "../../core/engine/service/service.ts";
import { api, json, problems } from "./api.ts";
import {
  atQuery,
  boardSchema,
  feedbackSchema,
  idParam,
  listQuery,
  messageSchema,
  newTaskSchema,
  taskChangesSchema,
  taskPageSchema,
  taskSchema,
} from "./schemas.ts";

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

/** Documented here and read by hand below: they are not part of what zod validates. */
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

function command(path: string, summary: string, description: string) {
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

export function tasks(service: Service): OpenAPIHono {
  const app = api();

  app.openapi(
    createRoute({
      method: "post",
      path: "/tasks",
      summary: "Submit a task",
      parameters: [idempotencyKeyHeader],
      request: { body: { required: true, content: { "application/json": { schema: newTaskSchema } } } },
      responses: {
        201: { ...json(taskSchema, "The new task"), headers: { ...location, ...etag } },
        200: {
          ...json(taskSchema, "The task that this Idempotency-Key made before"),
          headers: { ...location, ...etag },
        },
        ...problems(400, 409, 413, 415, 422),
      },
    }),
    async (c) => {
      const input = c.req.valid("json") as NewTask;
      const { task, created } = await service.create(input, { ...caller(c), idempotencyKey: idempotencyKey(c) });
      c.header("Location", `/api/tasks/${task.id}`);
      return created ? tagged(c, task, 201) : tagged(c, task, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/tasks",
      summary: "List tasks, newest first",
      request: { query: listQuery },
      responses: { 200: json(taskPageSchema, "A page; long texts are excerpts"), ...problems(422) },
    }),
    async (c) => {
      const { status, q, limit, cursor } = c.req.valid("query");
      const page = await service.list({
        status: (status ?? null) as Parameters<Service["list"]>[0]["status"],
        q: q || null,
        limit,
        cursor: cursor ?? null,
      });
      return c.json(page, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/board",
      summary: "The board: tasks by who must act",
      responses: { 200: json(boardSchema, "Four columns, each in its own order") },
    }),
    async (c) => c.json(await service.board(), 200),
  );

  app.openapi(
    createRoute({
      method: "get",
      path: "/tasks/{id}",
      summary: "One task, now or as it was at an event",
      request: { params: idParam, query: atQuery },
      responses: { 200: taskAnswer, ...problems(404, 422) },
    }),
    async (c) => {
      return tagged(c, await service.read(c.req.valid("param").id, c.req.valid("query")), 200);
    },
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/tasks/{id}",
      summary: "Edit a pending task",
      parameters: [ifMatchHeader],
      request: {
        params: idParam,
        body: { required: true, content: { "application/json": { schema: taskChangesSchema } } },
      },
      responses: { 200: taskAnswer, ...problems(400, 404, 409, 412, 413, 415, 422) },
    }),
    async (c) => {
      const changes = c.req.valid("json") as Partial<NewTask>;
      return tagged(c, await service.edit(c.req.valid("param").id, changes, { ...caller(c), seq: ifMatch(c) }), 200);
    },
  );

  app.openapi(
    createRoute(command("/tasks/{id}/cancel", "Cancel a task", "A run that is open is stopped first.")),
    async (c) => tagged(c, await service.cancel(c.req.valid("param").id, caller(c)), 202),
  );
  app.openapi(
    createRoute(
      command(
        "/tasks/{id}/retry",
        "Try a finished task again from the start",
        "Attempts count from 0, the base is resolved anew.",
      ),
    ),
    async (c) => tagged(c, await service.retry(c.req.valid("param").id, caller(c)), 202),
  );
  app.openapi(
    createRoute(command("/tasks/{id}/plan/approve", "Approve the plan", "The task goes on with all permissions.")),
    async (c) => tagged(c, await service.approvePlan(c.req.valid("param").id, caller(c)), 202),
  );

  const feedback = command("/tasks/{id}/plan/reject", "Reject the plan", "The agent revises it.");
  app.openapi(
    createRoute({
      ...feedback,
      request: {
        ...feedback.request,
        body: { required: true, content: { "application/json": { schema: feedbackSchema } } },
      },
      responses: { ...feedback.responses, ...problems(400, 413, 415) },
    }),
    async (c) =>
      tagged(c, await service.rejectPlan(c.req.valid("param").id, c.req.valid("json").feedback, caller(c)), 202),
  );

  const message = command(
    "/tasks/{id}/messages",
    "Send a follow-up",
    "It goes to the running agent, or resumes the session of a completed task.",
  );
  app.openapi(
    createRoute({
      ...message,
      request: {
        ...message.request,
        body: { required: true, content: { "application/json": { schema: messageSchema } } },
      },
      responses: { ...message.responses, ...problems(400, 413, 415) },
    }),
    async (c) => tagged(c, await service.addMessage(c.req.valid("param").id, c.req.valid("json").text, caller(c)), 202),
  );

  return app;
}

/** The task with its version as `ETag`. */
function tagged<S extends 200 | 201 | 202>(c: Context, task: TaskView, status: S) {
  c.header("ETag", `"${task.seq}"`);
  return c.json(task, status);
}

function caller(c: Context): { by: string } {
  return { by: c.req.header("x-coder-client") === "ui" ? "ui" : "api" };
}

function idempotencyKey(c: Context): string | null {
  const key = c.req.header("idempotency-key");
  if (key === undefined) return null;
  if (/^[\x21-\x7e]{1,200}$/.test(key)) return key;
  throw invalidHeader("Idempotency-Key", "must be 1 to 200 printable characters without spaces");
}

function ifMatch(c: Context): number | null {
  const tag = c.req.header("if-match");
  if (tag === undefined || tag === "*") return null;
  const seq = /^"?(\d{1,15})"?$/.exec(tag)?.[1];
  if (seq === undefined) throw invalidHeader("If-Match", "must be the task's seq");
  return Number(seq);
}

function invalidHeader(name: string, message: string): DomainError {
  return new DomainError("invalid", `${name} ${message}`, { issues: [{ path: name, message }] });
}
