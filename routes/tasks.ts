// Tasks over HTTP: create, read, edit and every command.

import { createRoute, type OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { DomainError } from "../core/domain/error.ts";
import type { NewTask, Service } from "../core/engine/service.ts";
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

const taskAnswer = json(taskSchema, "The task");

function command(path: string, summary: string) {
  return {
    method: "post" as const,
    path,
    summary,
    request: { params: idParam },
    responses: { 202: json(taskSchema, "The task, with the command taken"), ...problems(404, 409, 422) },
  };
}

export function tasks(service: Service): OpenAPIHono {
  const app = api();

  app.openapi(
    createRoute({
      method: "post",
      path: "/tasks",
      summary: "Submit a task",
      request: { body: { required: true, content: { "application/json": { schema: newTaskSchema } } } },
      responses: {
        201: { ...taskAnswer, headers: { Location: { schema: { type: "string" as const } } } },
        200: json(taskSchema, "The task that this Idempotency-Key made before"),
        ...problems(400, 409, 413, 415, 422),
      },
    }),
    async (c) => {
      const input = c.req.valid("json") as NewTask;
      const { task, created } = await service.create(input, { ...caller(c), idempotencyKey: idempotencyKey(c) });
      c.header("Location", `/api/tasks/${task.id}`);
      return created ? c.json(task, 201) : c.json(task, 200);
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
      const task = await service.read(c.req.valid("param").id, c.req.valid("query"));
      c.header("ETag", `"${task.seq}"`);
      return c.json(task, 200);
    },
  );

  app.openapi(
    createRoute({
      method: "patch",
      path: "/tasks/{id}",
      summary: "Edit a pending task",
      request: {
        params: idParam,
        body: { required: true, content: { "application/json": { schema: taskChangesSchema } } },
      },
      responses: { 200: taskAnswer, ...problems(400, 404, 409, 412, 413, 415, 422) },
    }),
    async (c) => {
      const changes = c.req.valid("json") as Partial<NewTask>;
      return c.json(await service.edit(c.req.valid("param").id, changes, { ...caller(c), seq: ifMatch(c) }), 200);
    },
  );

  app.openapi(
    createRoute(command("/tasks/{id}/cancel", "Cancel a task")),
    async (c) => c.json(await service.cancel(c.req.valid("param").id, caller(c)), 202),
  );
  app.openapi(
    createRoute(command("/tasks/{id}/retry", "Try a finished task again from the start")),
    async (c) => c.json(await service.retry(c.req.valid("param").id, caller(c)), 202),
  );
  app.openapi(
    createRoute(command("/tasks/{id}/plan/approve", "Approve the plan; the task goes on with all permissions")),
    async (c) => c.json(await service.approvePlan(c.req.valid("param").id, caller(c)), 202),
  );

  const feedback = command("/tasks/{id}/plan/reject", "Reject the plan; the agent revises it");
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
      c.json(await service.rejectPlan(c.req.valid("param").id, c.req.valid("json").feedback, caller(c)), 202),
  );

  const message = command("/tasks/{id}/messages", "Send a follow-up to a running or completed task");
  app.openapi(
    createRoute({
      ...message,
      request: {
        ...message.request,
        body: { required: true, content: { "application/json": { schema: messageSchema } } },
      },
      responses: { ...message.responses, ...problems(400, 413, 415) },
    }),
    async (c) => c.json(await service.addMessage(c.req.valid("param").id, c.req.valid("json").text, caller(c)), 202),
  );

  return app;
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
