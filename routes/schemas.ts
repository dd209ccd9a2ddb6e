// What the API accepts and answers, once: validation and the OpenAPI document both come from here.

import { z } from "@hono/zod-openapi";
import { statuses } from "../core/domain/task.ts";
import { titleOf } from "../core/domain/slug.ts";

const maxInt = Number.MAX_SAFE_INTEGER;
export const limits = { prompt: 1024 * 1024, body: 2 * 1024 * 1024, title: 200, dependencies: 100, page: 200 };

const status = z.enum(statuses as [string, ...string[]]);
const taskId = z.number().int().min(1).max(maxInt);
const prompt = z.string().max(limits.prompt, `At most ${limits.prompt} characters`)
  .refine((text) => text.trim() !== "", "Say what is to be done");
const title = z.string().trim().min(1).max(limits.title).regex(/^[^\p{Cc}]*$/u, "No control characters");
const priority = z.number().int().min(-1_000_000).max(1_000_000);
const dependsOn = z.array(taskId).max(limits.dependencies).transform((ids) => [...new Set(ids)]);
const repo = z.string().min(1).max(64);
const base = z.string().min(1).max(255).regex(/^[^\p{Cc}\s]+$/u, "No spaces or control characters");
const model = z.string().min(1).max(100).regex(/^[A-Za-z0-9][\w.:@/[\]-]*$/, "A model's name");
const mode = z.enum(["execute", "plan"]);
const maxAttempts = z.number().int().min(1).max(20);
const timeoutSeconds = z.number().int().min(1).max(7 * 24 * 3600);
const maxBudget = z.number().positive().max(1_000_000);

export const newTaskSchema = z.strictObject({
  prompt,
  title: title.optional(),
  priority: priority.default(0),
  depends_on: dependsOn.default([]),
  repo: repo.nullable().default(null),
  base: base.nullable().default(null),
  model: model.nullable().default(null),
  mode: mode.default("execute"),
  max_attempts: maxAttempts.default(1),
  timeout_seconds: timeoutSeconds.nullable().default(null),
  max_budget_usd: maxBudget.nullable().default(null),
}).transform(({ title, ...rest }) => ({ ...rest, title: title ?? titleOf(rest.prompt) }))
  .openapi("NewTask", { example: { prompt: "Add a --json flag to the report command, with a test", priority: 5 } });

export const taskChangesSchema = z.strictObject({
  prompt: prompt.optional(),
  title: title.optional(),
  priority: priority.optional(),
  depends_on: dependsOn.optional(),
  repo: repo.optional(),
  base: base.nullable().optional(),
  model: model.nullable().optional(),
  mode: mode.optional(),
  max_attempts: maxAttempts.optional(),
  timeout_seconds: timeoutSeconds.nullable().optional(),
  max_budget_usd: maxBudget.nullable().optional(),
}).openapi("TaskChanges");

export const messageSchema = z.strictObject({ text: prompt }).openapi("Message");
export const feedbackSchema = z.strictObject({ feedback: prompt }).openapi("PlanFeedback");

const nullable = z.string().nullable();
const blocker = z.object({ id: taskId, status });

export const taskSchema = z.object({
  id: taskId,
  title: z.string(),
  prompt: z.string(),
  status,
  priority: z.number().int(),
  depends_on: z.array(taskId),
  blocked_by: z.array(blocker),
  dependants: z.array(taskId),
  waiting: nullable,
  due_at: nullable,
  queue_position: z.number().int().nullable(),
  repo: z.string(),
  base: nullable,
  branch: nullable,
  worktree: nullable,
  base_commit: nullable,
  mode,
  model: nullable,
  attempts: z.number().int(),
  max_attempts: z.number().int(),
  timeout_seconds: z.number().nullable(),
  max_budget_usd: z.number().nullable(),
  session_id: nullable,
  agent: nullable,
  outcome: nullable,
  output: nullable,
  error: nullable,
  plan: nullable,
  input_tokens: z.number().int(),
  output_tokens: z.number().int(),
  cache_read_tokens: z.number().int(),
  cache_write_tokens: z.number().int(),
  cost_usd: z.number(),
  last_step: nullable,
  lines_added: z.number().int().nullable(),
  lines_removed: z.number().int().nullable(),
  snapshot: z.object({ ref: z.string(), commit: z.string(), run: z.number().int() }).nullable(),
  cancel_requested: z.boolean(),
  runs: z.number().int(),
  messages_waiting: z.array(z.number().int()),
  created_at: z.string(),
  started_at: nullable,
  run_started_at: nullable,
  completed_at: nullable,
  updated_at: z.string(),
  seq: z.number().int(),
}).openapi("Task");

export const taskPageSchema = z.object({ tasks: z.array(taskSchema), next: nullable }).openapi("TaskPage");

export const whySchema = z.object({
  task: taskId,
  seq: z.number().int(),
  at: z.string(),
  status,
  reason: z.string(),
  claim: z.object({
    run: z.number().int(),
    attempt: z.number().int(),
    worker: z.string(),
    at: z.string(),
    free_slots: z.number().int(),
    rank: z.number().int(),
    candidates: z.array(taskId),
    count: z.number().int(),
  }).nullable(),
  dependencies: z.array(z.object({ id: taskId, status, completed_at: nullable })),
}).openapi("Why");

export const eventSchema = z.object({
  seq: z.number().int(),
  type: z.string(),
  at: z.string(),
  task: z.number().int(),
  run: z.number().int().optional(),
  by: z.string().optional(),
  v: z.number().int(),
  data: z.record(z.string(), z.unknown()),
}).openapi("Event");

export const eventPageSchema = z.object({ events: z.array(eventSchema), next: z.number().int().nullable() })
  .openapi("EventPage");

export const boardSchema = z.object({
  needs_you: z.array(taskSchema),
  running: z.array(taskSchema),
  queue: z.array(taskSchema),
  done: z.array(taskSchema),
  counts: z.object({
    needs_you: z.number().int(),
    running: z.number().int(),
    queue: z.number().int(),
    done: z.number().int(),
  }),
}).openapi("Board");

export const healthSchema = z.object({
  status: z.enum(["ok", "paused", "stopping"]),
  version: z.string(),
  store: z.string(),
  worker: z.object({ id: z.string(), name: z.string() }),
  agent: z.object({ kind: z.enum(["claude", "demo", "missing"]), name: z.string(), hint: nullable }),
  git: z.string(),
  repos: z.array(z.object({ name: z.string(), path: z.string(), branch: nullable, head: z.string() })),
  root: z.boolean(),
  token: z.boolean(),
  slots: z.object({ busy: z.number().int(), total: z.number().int() }),
  tasks: z.record(z.string(), z.number().int()),
  pause: z.object({ reason: z.string(), until: nullable }).nullable(),
}).openapi("Health");

export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  errors: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
}).openapi("Problem");

const digits = (min: number, max: number) =>
  z.string().regex(/^\d{1,15}$/, "A whole number").transform(Number).pipe(z.number().int().min(min).max(max));

/** `{id}` in a path. */
export const idParam = z.object({
  id: digits(1, maxInt).openapi({ param: { name: "id", in: "path" }, type: "integer", example: 12 }),
});

export const listQuery = z.object({
  status: status.optional(),
  q: z.string().max(200).optional(),
  limit: digits(1, limits.page).default(50),
  cursor: z.string().regex(/^[1-9]\d{0,14}$/, "A cursor comes from `next`").optional(),
});

export const atQuery = z.object({ at: digits(1, maxInt).optional() });
export const eventsQuery = z.object({ after: digits(0, maxInt).default(0), limit: digits(1, 1_000).default(1_000) });
export const afterQuery = z.object({ after: digits(0, maxInt).optional() });
