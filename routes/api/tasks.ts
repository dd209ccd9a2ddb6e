// Tasks over HTTP: create, read, edit and every command.

import type { OpenAPIHono } from "@hono/zod-openapi";
import type { Context } from "hono";
import { HTTPException } from "hono/http-exception";
import { permits } from "../../core/domain/access_token.ts";
import { byToken, clients } from "../../core/domain/caller.ts";
import { DomainError } from "../../core/domain/error.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { NewTask, Service } from "../../core/engine/service/service.ts";
import { identityOf } from "../guard/identity.ts";
import { api } from "./api.ts";
import { askerOf } from "./at_holder.ts";
import * as routes from "./task_routes.ts";

export function tasks(service: Service): OpenAPIHono {
  const app = api();

  app.openapi(routes.createTask, async (c) => {
    const input = c.req.valid("json") as NewTask;
    requireLanding(c, input);
    const { task, created } = await service.create(input, { ...caller(c), idempotencyKey: idempotencyKey(c) });
    c.header("Location", `/api/tasks/${task.id}`);
    return created ? tagged(c, task, 201) : tagged(c, task, 200);
  });

  app.openapi(routes.listTasks, async (c) => {
    const { status, q, cursor, ...rest } = c.req.valid("query");
    const page = await service.list({
      status: (status ?? null) as Parameters<Service["list"]>[0]["status"],
      q: q || null,
      ...rest,
      cursor: cursor ?? null,
    });
    return c.json(page, 200);
  });

  app.openapi(routes.readBoard, async (c) => c.json(await service.board(), 200));

  app.openapi(routes.readTask, async (c) => {
    return tagged(c, await service.read(c.req.valid("param").id, c.req.valid("query")), 200);
  });

  app.openapi(routes.editTask, async (c) => {
    const changes = c.req.valid("json") as Partial<NewTask>;
    return tagged(c, await service.edit(c.req.valid("param").id, changes, { ...caller(c), seq: ifMatch(c) }), 200);
  });

  app.openapi(routes.cancelTask, async (c) => {
    return tagged(c, await service.cancel(c.req.valid("param").id, caller(c)), 202);
  });

  app.openapi(routes.retryTask, async (c) => {
    const changes = (c.req.valid("json") ?? {}) as Partial<NewTask>;
    return tagged(c, await service.retry(c.req.valid("param").id, changes, caller(c)), 202);
  });

  app.openapi(routes.tryRepository, async (c) => {
    const { base = null } = c.req.valid("json") ?? {};
    const task = await service.tryRepository(c.req.valid("param").name, base, caller(c));
    c.header("Location", `/api/tasks/${task.id}`);
    return tagged(c, task, 201);
  });

  app.openapi(routes.forkTask, async (c) => {
    const choice = c.req.valid("json");
    const options = { ...caller(c), idempotencyKey: idempotencyKey(c) };
    const { task, created } = await service.fork(c.req.valid("param").id, choice, options);
    c.header("Location", `/api/tasks/${task.id}`);
    return created ? tagged(c, task, 201) : tagged(c, task, 200);
  });

  app.openapi(routes.approvePlan, async (c) => {
    return tagged(c, await service.approvePlan(c.req.valid("param").id, caller(c)), 202);
  });

  app.openapi(routes.rejectPlan, async (c) => {
    return tagged(c, await service.rejectPlan(c.req.valid("param").id, c.req.valid("json").feedback, caller(c)), 202);
  });

  app.openapi(routes.addMessage, async (c) => {
    const { text, ...changes } = c.req.valid("json");
    return tagged(c, await service.addMessage(c.req.valid("param").id, { text, changes }, caller(c)), 202);
  });

  return app;
}

/** Landing is a command of its own: who may only submit does not get it by the way. */
function requireLanding(c: Context, { land }: NewTask): void {
  const identity = identityOf(c);
  if (land !== "auto" || identity === null || permits(identity.scope, "operate")) return;
  throw new HTTPException(403, {
    message: `The token ${identity.name} has the scope ${identity.scope}; land: auto needs the scope operate`,
  });
}

/** The task with its version as `ETag`. */
export function tagged<S extends 200 | 201 | 202>(c: Context, task: TaskView, status: S) {
  c.header("ETag", `"${task.seq}"`);
  return c.json(task, status);
}

export function caller(c: Context): { by: string } {
  const identity = identityOf(c);
  if (identity) return { by: byToken(identity.name) };
  const asked = askerOf(c);
  if (asked !== null) return { by: asked };
  const client = c.req.header("x-coder-client");
  return { by: clients.find((one) => one === client) ?? "api" };
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
