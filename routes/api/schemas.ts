// What the API accepts and answers, once: validation and the OpenAPI document both come from here.

import { z } from "@hono/zod-openapi";
import { efforts } from "../../core/domain/event.ts";
import { statuses } from "../../core/domain/task.ts";
import { titleOf } from "../../core/domain/slug.ts";
import { strayWork } from "./event_schemas.ts";

const maxInt = Number.MAX_SAFE_INTEGER;
const mebibyte = 1024 * 1024;

export const limits = {
  /** Bytes of a prompt, a follow-up or a feedback, in UTF-8. */
  prompt: mebibyte,
  /** Bytes of a request's body. */
  body: 2 * mebibyte,
  /** Characters (code points). */
  title: 200,
  dependencies: 100,
  /** Tasks on a page of the list. */
  page: 200,
  /** Events on a page of a history. */
  events: 1_000,
};

const encoder = new TextEncoder();

/** A character has at most three bytes per UTF-16 unit, so that most texts need not be encoded to be measured. */
function fitsInBytes(text: string, bytes: number): boolean {
  return text.length * 3 <= bytes || (text.length <= bytes && encoder.encode(text).length <= bytes);
}

// A lone surrogate is no character: UTF-8 cannot carry it to the agent, so it becomes U+FFFD where it comes in.
const text = z.string().transform((text) => text.toWellFormed());

const status = z.enum(statuses as [string, ...string[]]);
const taskId = z.number().int().min(1).max(maxInt);

const prompt = text
  .refine((text) => fitsInBytes(text, limits.prompt), `At most ${limits.prompt} bytes (1 MiB) in UTF-8`)
  .refine((text) => text.trim() !== "", "Say what is to be done")
  .openapi({
    type: "string",
    minLength: 1,
    maxLength: limits.prompt,
    pattern: "\\S",
    description: "At most 1 MiB (1,048,576 bytes) in UTF-8, and not only white space",
  });

const title = text.transform((text) => text.trim())
  .refine((text) => text !== "", "It is empty")
  .refine((text) => [...text].length <= limits.title, `At most ${limits.title} characters`)
  .refine((text) => !/\p{Cc}/u.test(text), "No control characters")
  .openapi({
    type: "string",
    minLength: 1,
    // Of the trimmed text; white space around it is taken off first.
    description: `1 to ${limits.title} characters without control characters; by default the prompt's first line`,
  });

const priority = z.number().int().min(-1_000_000).max(1_000_000)
  .openapi({ description: "Higher goes first" });
// Counted before each is looked at: a body has room for a million of them.
const dependsOn = z.array(z.unknown()).max(limits.dependencies).pipe(z.array(taskId))
  .transform((ids) => [...new Set(ids)])
  .openapi({
    type: "array",
    items: { type: "integer", minimum: 1, maximum: maxInt },
    maxItems: limits.dependencies,
    description: "Ids of the tasks that must be completed first",
  });
const repo = z.string().min(1).max(64).openapi({ description: "The name of a configured repository" });
const base = z.string().min(1).max(255).regex(/^[^\p{Cc}\s]+$/u, "No spaces or control characters")
  .openapi({
    pattern: "^[^\\p{Cc}\\s]+$",
    description: "A branch, tag or commit to start from, or `task:12` for the branch of task 12; by default HEAD",
  });
const model = z.string().min(1).max(100).regex(/^[A-Za-z0-9][\w.:@/[\]-]*$/, "A model's name")
  .openapi({ pattern: "^[A-Za-z0-9][\\w.:@/\\[\\]\\-]*$", description: "Given to the agent as `--model`" });
const effort = z.enum(efforts).openapi({ description: "How much the model thinks: given to the agent as `--effort`" });
const fallbackModel = z.string().min(1).max(300).regex(
  /^[A-Za-z0-9][\w.:@/[\]-]*( ?, ?[A-Za-z0-9][\w.:@/[\]-]*)*$/,
  "Names of models with commas between them",
).openapi({
  pattern: "^[A-Za-z0-9][\\w.:@/\\[\\]\\-]*( ?, ?[A-Za-z0-9][\\w.:@/\\[\\]\\-]*)*$",
  description:
    "Models to fall back to when the chosen one is busy, in that order: given to the agent as `--fallback-model`",
});
const mode = z.enum(["execute", "plan"])
  .openapi({ description: "`plan`: propose a plan first and wait for its approval" });
const maxAttempts = z.number().int().min(1).max(20).openapi({ description: "Runs before the task counts as failed" });
const timeoutSeconds = z.number().int().min(1).max(7 * 24 * 3600).openapi({ description: "For each run" });
const maxBudget = z.number().positive().max(1_000_000).openapi({ description: "US dollars for all runs together" });

export const newTaskSchema = z.strictObject({
  prompt,
  title: title.optional(),
  priority: priority.default(0),
  depends_on: dependsOn.default([]),
  repo: repo.nullable().default(null),
  base: base.nullable().default(null),
  model: model.nullable().default(null),
  effort: effort.nullable().default(null),
  fallback_model: fallbackModel.nullable().default(null),
  mode: mode.default("execute"),
  max_attempts: maxAttempts.default(1),
  timeout_seconds: timeoutSeconds.nullable().default(null),
  max_budget_usd: maxBudget.nullable().default(null),
}).transform(({ title, ...rest }) => ({ ...rest, title: title ?? titleOf(rest.prompt) }))
  .openapi("NewTask", {
    description: "What is to be done. A field that is not listed here is refused.",
    example: { prompt: "Add a --json flag to the report command, with a test", priority: 5, depends_on: [11] },
  });

export const taskChangesSchema = z.strictObject({
  prompt: prompt.optional(),
  title: title.optional(),
  priority: priority.optional(),
  depends_on: dependsOn.optional(),
  repo: repo.optional(),
  base: base.nullable().optional(),
  model: model.nullable().optional(),
  effort: effort.nullable().optional(),
  fallback_model: fallbackModel.nullable().optional(),
  mode: mode.optional(),
  max_attempts: maxAttempts.optional(),
  timeout_seconds: timeoutSeconds.nullable().optional(),
  max_budget_usd: maxBudget.nullable().optional(),
}).openapi("TaskChanges", {
  description: "The fields to change. Repository and base are fixed once a run has claimed the task.",
  example: { priority: 10, depends_on: [] },
});

export const messageSchema = z.strictObject({ text: prompt })
  .openapi("Message", { example: { text: "Use the existing helper instead of a new one" } });
export const feedbackSchema = z.strictObject({ feedback: prompt })
  .openapi("PlanFeedback", { example: { feedback: "Leave the public API as it is" } });

const nullable = z.string().nullable();
const integer = z.number().int();
const at = z.string().openapi({ format: "date-time", description: "ISO 8601, UTC" });
const said = (description: string) => nullable.openapi({ description });
const atOrNull = (description: string) => nullable.openapi({ format: "date-time", description });
const blocker = z.object({ id: taskId, status });

const taskExample = {
  id: 12,
  title: "Add a --json flag to the report command",
  prompt: "Add a --json flag to the report command, with a test",
  status: "in_progress",
  priority: 5,
  depends_on: [11],
  blocked_by: [],
  dependants: [],
  waiting: null,
  due_at: null,
  queue_position: null,
  repo: "shop",
  base: null,
  branch: "task-12-add-a-json-flag-to-the-report-command",
  worktree: "/home/ada/shop-worktrees/task-12-add-a-json-flag-to-the-report-command",
  base_commit: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  mode: "execute",
  model: null,
  effort: null,
  fallback_model: null,
  attempts: 1,
  max_attempts: 1,
  timeout_seconds: null,
  max_budget_usd: null,
  session_id: "0d9f3a54-8b57-4f63-9f5c-2f4b7d2b6c11",
  agent: "claude 2.1.331",
  outcome: null,
  output: null,
  error: null,
  plan: null,
  input_tokens: 2_310,
  output_tokens: 412,
  cache_read_tokens: 18_200,
  cache_write_tokens: 950,
  cost_usd: 0.04,
  cost_basis: "reported",
  cost_estimate_usd: 0.06,
  background: [],
  strayed: [],
  last_step: "Edit report.ts",
  lines_added: null,
  lines_removed: null,
  snapshot: null,
  cancel_requested: false,
  runs: 1,
  messages_waiting: [],
  created_at: "2026-01-05T09:12:00.000Z",
  started_at: "2026-01-05T09:12:01.250Z",
  run_started_at: "2026-01-05T09:12:01.250Z",
  completed_at: null,
  updated_at: "2026-01-05T09:12:09.480Z",
  seq: 9,
};

export const taskSchema = z.object({
  id: taskId,
  title: z.string(),
  prompt: z.string().openapi({
    description: "Whole when one task is read; in lists and streams its first 500 characters",
  }),
  status,
  priority: integer,
  depends_on: z.array(taskId),
  blocked_by: z.array(blocker).openapi({ description: "Dependencies that are not completed" }),
  dependants: z.array(taskId).openapi({ description: "Tasks that wait for this one" }),
  waiting: said("Why it is not running, in one sentence; null when it runs or is over"),
  due_at: atOrNull("When the next attempt may start"),
  queue_position: integer.nullable().openapi({ description: "1 is the next to start" }),
  repo: z.string(),
  base: nullable,
  branch: nullable,
  worktree: said("The folder on the worker's disk, while it exists"),
  base_commit: nullable,
  mode,
  model: nullable,
  effort: effort.nullable(),
  fallback_model: nullable,
  attempts: integer,
  max_attempts: integer,
  timeout_seconds: z.number().nullable(),
  max_budget_usd: z.number().nullable(),
  session_id: nullable,
  agent: nullable,
  outcome: said("How the last run ended"),
  output: said("What the agent said last; an excerpt in lists, like plan and error"),
  error: nullable,
  plan: nullable,
  input_tokens: integer,
  output_tokens: integer,
  cache_read_tokens: integer,
  cache_write_tokens: integer,
  cost_usd: z.number().nullable().openapi({ description: "Of its finished runs; null when nothing about it is known" }),
  cost_basis: z.enum(["reported", "estimated", "unknown"]).openapi({
    description: "`estimated`: some of `cost_usd` is; `unknown`: some of what it cost is not known",
  }),
  cost_estimate_usd: z.number().nullable().openapi({
    description: "While it runs: `cost_usd` with what the open run costs so far, as far as can be known",
  }),
  background: z.array(z.object({ id: z.string(), kind: z.string(), description: z.string() }))
    .openapi({ description: "What works in the background of the open run" }),
  strayed: z.array(strayWork)
    .openapi({ description: "Commits of the last run that are not on its branch" }),
  last_step: nullable,
  lines_added: integer.nullable(),
  lines_removed: integer.nullable(),
  snapshot: z.object({ ref: z.string(), commit: z.string(), run: integer }).nullable()
    .openapi({ description: "Where the work of a failed or cancelled task was saved" }),
  cancel_requested: z.boolean(),
  runs: integer,
  messages_waiting: z.array(integer).openapi({ description: "Seqs of the follow-ups that wait for the agent" }),
  created_at: at,
  started_at: atOrNull("When the first run was claimed"),
  run_started_at: atOrNull("When the open run was claimed; null when none is open"),
  completed_at: atOrNull("When it was over"),
  updated_at: at,
  seq: integer.openapi({ description: "The seq of its last event: its version, for `If-Match`" }),
}).openapi("Task", { example: taskExample });

export const taskPageSchema = z.object({
  tasks: z.array(taskSchema),
  next: said("The `cursor` of the next page; null on the last one"),
}).openapi("TaskPage", { example: { tasks: [taskExample], next: "12" } });

export const whySchema = z.object({
  task: taskId,
  seq: integer,
  at,
  status,
  reason: z.string().openapi({ description: "One sentence" }),
  claim: z.object({
    run: integer,
    attempt: integer,
    worker: z.string(),
    at,
    free_slots: integer,
    rank: integer.openapi({ description: "1: it was the first in dispatch order" }),
    candidates: z.array(taskId).openapi({ description: "The next in order, ten at most" }),
    count: integer.openapi({ description: "How many tasks could have started" }),
  }).nullable().openapi({ description: "The decision that started its last run" }),
  dependencies: z.array(z.object({ id: taskId, status, completed_at: nullable })),
}).openapi("Why", {
  example: {
    task: 12,
    seq: 9,
    at: "2026-01-05T09:12:09.480Z",
    status: "in_progress",
    reason: "Claimed by laptop as first of 2 that could start",
    claim: {
      run: 1,
      attempt: 1,
      worker: "laptop",
      at: "2026-01-05T09:12:01.250Z",
      free_slots: 2,
      rank: 1,
      candidates: [12, 14],
      count: 2,
    },
    dependencies: [{ id: 11, status: "completed", completed_at: "2026-01-05T09:12:01.100Z" }],
  },
});

const eventExample = {
  seq: 4,
  type: "output.text",
  at: "2026-01-05T09:12:05.001Z",
  task: 12,
  run: 1,
  by: "laptop/1",
  v: 1,
  data: { text: "I will look at the report command first." },
};

export const eventSchema = z.object({
  seq: integer.min(1).openapi({ description: "1, 2, 3 ... per task, without a gap" }),
  type: z.string().openapi({ description: "Says what `data` holds. Types may be added; keep what you do not know." }),
  at,
  task: integer.min(0).openapi({ description: "0: a fact about the service itself" }),
  run: integer.optional().openapi({ description: "The number of the run within its task" }),
  by: z.string().optional().openapi({ description: "`api`, `ui`, `scheduler`, or a worker and its epoch" }),
  v: integer.openapi({ description: "The schema version of this type" }),
  data: z.record(z.string(), z.unknown()),
}).openapi("Event", { example: eventExample });

export const eventPageSchema = z.object({
  events: z.array(eventSchema),
  next: integer.nullable().openapi({
    description: "`after` of the next page; null when this one reaches the last event",
  }),
}).openapi("EventPage", { example: { events: [eventExample], next: 4 } });

export const boardSchema = z.object({
  needs_you: z.array(taskSchema).openapi({ description: "Plans to approve, failures, and what these block" }),
  running: z.array(taskSchema),
  queue: z.array(taskSchema).openapi({ description: "In dispatch order; what cannot start now comes last" }),
  done: z.array(taskSchema).openapi({ description: "The newest" }),
  counts: z.object({ needs_you: integer, running: integer, queue: integer, done: integer })
    .openapi({ description: "Of the whole columns; the lists are cut at 100" }),
}).openapi("Board");

export const healthSchema = z.object({
  status: z.enum(["ok", "paused", "stopping"]),
  version: z.string(),
  store: z.string().openapi({ description: "The store's uuid" }),
  worker: z.object({ id: z.string(), name: z.string() }),
  agent: z.object({
    kind: z.enum(["claude", "demo", "missing"]),
    name: z.string(),
    hint: nullable,
    version: said("Of claude"),
    tested: z.object({ oldest: z.string(), newest: z.string() })
      .openapi({ description: "The versions of claude from and to which the tests are run" }),
    notice: said("Why its version may behave otherwise than tested"),
    efforts: z.array(effort).openapi({ description: "What a task's `effort` may be" }),
    fallback_model: z.boolean().openapi({ description: "Whether it knows a task's `fallback_model`" }),
  }),
  git: z.string(),
  repos: z.array(z.object({ name: z.string(), path: z.string(), branch: nullable, head: z.string() })),
  root: z.boolean().openapi({ description: "Whether the service runs as root" }),
  containment: z.object({ kind: z.enum(["subreaper", "none"]), reason: nullable })
    .openapi({ description: "How the processes of a run are held together, so that none outlives it" }),
  token: z.boolean().openapi({ description: "Whether calls need the token" }),
  slots: z.object({ busy: integer, total: integer }),
  tasks: z.record(z.string(), integer).openapi({ description: "How many tasks have each status" }),
  pause: z.object({ reason: z.string(), until: nullable }).nullable()
    .openapi({ description: "Why this worker starts nothing at the moment" }),
  notices: z.array(z.string()).openapi({ description: "What a person should know, a sentence each" }),
}).openapi("Health");

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
