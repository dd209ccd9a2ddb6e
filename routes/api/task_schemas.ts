// A task as the API shows it: alone, in pages and on the board.

import { todoStatuses } from "../../core/domain/event.ts";
import { z } from "@hono/zod-openapi";
import {
  forkedFrom,
  importedFrom,
  landingMethod,
  landingOutcome,
  pullRequestState,
  stepOutcome,
  strayWork,
} from "./event_schemas.ts";
import { originSchema } from "./automation_event_schemas.ts";
import {
  at,
  atOrNull,
  dependencyStatus,
  effort,
  integer,
  labels,
  mode,
  nullable,
  said,
  status,
  taskId,
} from "./field_schemas.ts";

const blocker = z.object({ id: taskId, status: dependencyStatus });

const stepFact = z.object({
  seq: integer,
  at,
  run: integer,
  outcome: stepOutcome,
  duration_ms: z.number(),
  commit: z.string().optional(),
});

const taskExample = {
  id: 12,
  title: "Add a --json flag to the report command",
  prompt: "Add a --json flag to the report command, with a test",
  status: "in_progress",
  priority: 5,
  order: null,
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
  worker: { id: "6f1e0f5a-1111-4222-8333-444455556666", name: "mill" },
  base_commit: "4b825dc642cb6eb9a060e54bf8d69288fbee4904",
  mode: "execute",
  model: null,
  effort: null,
  fallback_model: null,
  attempts: 1,
  max_attempts: 1,
  timeout_seconds: null,
  silence_seconds: null,
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
  silent_since: null,
  background: [],
  todos: [{ text: "Write the test", status: "completed" }, { text: "Add the flag", status: "in_progress" }],
  strayed: [],
  trial: false,
  origin: null,
  checked: false,
  last_setup: { seq: 6, at: "2026-01-05T09:12:04.900Z", run: 1, outcome: "passed", duration_ms: 3_100 },
  last_check: null,
  port: 24_010,
  last_step: "Edit report.ts",
  lines_added: null,
  lines_removed: null,
  snapshot: null,
  tags: ["web"],
  review: null,
  landing: null,
  last_landing: null,
  points: [],
  comments: { total: 0, unsent: 0, seq: 0 },
  pushed: null,
  pull_request: null,
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
  order: z.number().nullable().openapi({
    description: "Its place among those of its priority, the lower first, where it was moved; null: its id",
  }),
  depends_on: z.array(taskId),
  blocked_by: z.array(blocker).openapi({ description: "Dependencies that are not met" }),
  dependants: z.array(taskId).openapi({ description: "Tasks that wait for this one" }),
  waiting: said("Why it is not running, in one sentence; null when it runs or is over"),
  due_at: atOrNull("When the next attempt may start"),
  queue_position: integer.nullable().openapi({ description: "1 is the next to start" }),
  repo: z.string(),
  base: nullable,
  branch: nullable,
  worker: z.object({ id: z.string(), name: z.string() }).nullable()
    .openapi({ description: "The worker that has its run or its place; null before" }),
  worktree: said("The folder on the worker's disk, while it exists"),
  base_commit: nullable,
  mode,
  model: nullable,
  effort: effort.nullable(),
  fallback_model: nullable,
  attempts: integer,
  max_attempts: integer,
  timeout_seconds: z.number().nullable(),
  silence_seconds: z.number().nullable().openapi({
    description: "How long its agent may say nothing; null: as the service says",
  }),
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
  silent_since: atOrNull("Since when the agent of the open run has said nothing, once that is noticed"),
  background: z.array(z.object({ id: z.string(), kind: z.string(), description: z.string() }))
    .openapi({ description: "What works in the background of the open run" }),
  todos: z.array(z.object({ text: z.string(), status: z.enum(todoStatuses) }))
    .openapi({ description: "The list that its agent keeps of what is to be done, at most 50" }),
  strayed: z.array(strayWork)
    .openapi({ description: "Commits of the last run that are not on its branch" }),
  check: nullable.optional().openapi({
    description: "The command line that judges the result; null: none. Absent: as the repository says",
  }),
  commit_reminder: z.boolean().optional().openapi({
    description: "Whether the agent is asked to commit what it left uncommitted. Absent: as the repository says",
  }),
  imported: importedFrom.optional().openapi({
    description: "Where its history comes from, which can only be read here. Absent: it was made here",
  }),
  forked_from: forkedFrom.optional().openapi({
    description:
      "The moment of another task that it goes on from, and the event after which the files were so. Absent: none",
  }),
  trial: z.boolean().openapi({ description: "No agent works: setup and check are tried" }),
  origin: originSchema.nullable(),
  checked: z.boolean().openapi({ description: "Whether the check said that the result of the last run is good" }),
  last_setup: stepFact.nullable(),
  last_check: stepFact.nullable().openapi({ description: "Of the last run" }),
  port: integer.nullable().openapi({ description: "The first of its ten ports, `TASK_PORT`" }),
  last_step: nullable,
  lines_added: integer.nullable(),
  lines_removed: integer.nullable(),
  snapshot: z.object({ ref: z.string(), commit: z.string(), run: integer }).nullable()
    .openapi({ description: "Where the work of a failed or cancelled task was saved" }),
  labels: labels.optional().openapi({ description: "What the worker that runs it must have. Absent: nothing" }),
  tags: z.array(z.string()).openapi({ description: "Words to find it by" }),
  land: z.literal("auto").nullable().optional().openapi({
    description: "`auto`: what is good lands by itself; null: not. Absent: as the repository says",
  }),
  review: z.enum(["open", "landed", "accepted", "discarded"]).nullable().openapi({
    description: "Of a completed task that changed something: what became of it. `open`: somebody is to look at it",
  }),
  landing: z.object({
    seq: integer,
    at,
    method: landingMethod,
    target: z.string(),
    auto: z.boolean(),
    phase: z.enum(["waiting", "setup", "check", "moving"]),
  }).nullable().openapi({ description: "The landing that is under way" }),
  last_landing: z.object({
    seq: integer,
    at,
    outcome: landingOutcome,
    method: landingMethod,
    target: z.string(),
    target_commit: said("What the target was at"),
    commit: said("What it is at since"),
    backup_ref: said("The ref that holds what it was at"),
    conflicts: z.array(z.string()).openapi({ description: "The first ten paths" }),
    error: nullable,
    auto: z.boolean(),
  }).nullable().openapi({ description: "How the last landing ended" }),
  points: z.array(z.object({ name: z.string(), seq: integer, at })).openapi({
    description: "Moments whose files can be compared with, besides `base`, `merge-base` and `now`; the oldest first",
  }),
  comments: z.object({ total: integer, unsent: integer, seq: integer })
    .openapi({ description: "`unsent`: open, and not sent yet. `seq`: of the last event about one, 0 for none" }),
  pushed: z.object({ at, remote: z.string(), url: z.string(), branch: z.string(), commit: z.string() }).nullable()
    .openapi({ description: "Where its branch was pushed to last" }),
  pull_request: z.object({ url: z.string(), number: integer, title: z.string(), state: pullRequestState }).nullable(),
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
  next: said(
    "The `cursor` of the next page; null on the last one. A page of a search ends where its share of the work was done, " +
      "perhaps without a task",
  ),
  hits: z.array(z.object({ id: taskId, in: z.enum(["prompt", "output", "error", "plan"]), text: z.string() })).openapi({
    description: "Of a search: where the words are that are not in the title",
  }),
}).openapi("TaskPage", { example: { tasks: [taskExample], next: "12", hits: [] } });

export const boardSchema = z.object({
  needs_you: z.array(taskSchema).openapi({ description: "Plans to approve, failures, and what these block" }),
  running: z.array(taskSchema),
  queue: z.array(taskSchema).openapi({ description: "In dispatch order; what cannot start now comes last" }),
  review: z.array(taskSchema).openapi({ description: "Completed, and somebody is to look at it; the newest first" }),
  done: z.array(taskSchema).openapi({ description: "The newest" }),
  counts: z.object({ needs_you: integer, review: integer, running: integer, queue: integer, done: integer })
    .openapi({ description: "Of the whole columns; the lists are cut at 100" }),
}).openapi("Board");
