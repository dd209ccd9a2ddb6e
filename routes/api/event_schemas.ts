// What `data` of each event type holds, for the OpenAPI document. The compiler holds it against core/domain/event.ts: a type
// that is missing here, or described otherwise, does not check.

import { z } from "@hono/zod-openapi";
import {
  efforts,
  type EventData,
  type EventType,
  outcomes,
  type RunSequel,
  type StepOutcome,
} from "../../core/domain/event.ts";

const text = z.string();
const integer = z.number().int();
const none = z.object({});
const nullableText = text.nullable();
const nullableInteger = integer.nullable();

const spec = {
  title: text,
  prompt: text,
  priority: integer,
  depends_on: z.array(integer),
  repo: text,
  base: nullableText,
  model: nullableText,
  effort: z.enum(efforts).nullable().optional(),
  fallback_model: nullableText.optional(),
  mode: z.enum(["execute", "plan"]),
  max_attempts: integer,
  timeout_seconds: z.number().nullable(),
  max_budget_usd: z.number().nullable(),
  check: nullableText.optional(),
  commit_reminder: z.boolean().optional(),
  trial: z.literal(true).optional(),
};

const usage = {
  input_tokens: integer,
  output_tokens: integer,
  cache_read_tokens: integer,
  cache_write_tokens: integer,
};

const outcome = z.enum(outcomes);
export const stepOutcome = z.enum(["passed", "failed", "timed_out", "stopped"] satisfies StepOutcome[]);
const stepStart = { command: text, timeout_seconds: z.number() };
const stepEnd = { outcome: stepOutcome, exit_code: nullableInteger, signal: nullableText, duration_ms: z.number() };
const sequel = z.enum(["complete", "approve", "resume", "settle"] satisfies RunSequel[]);

const subagent = text.optional().openapi({ description: "The tool call that started the subagent which said it" });

export const strayWork = z.object({
  where: z.enum(["branch", "detached", "worktree"]),
  name: text,
  path: nullableText,
  commit: text,
  commits: integer,
});

export const eventDataSchemas = {
  "task.created": z.object(spec),
  "task.edited": z.object(spec).partial(),
  "task.cancel_requested": none,
  "run.claimed": z.object({
    worker: text,
    epoch: integer,
    attempt: integer,
    mark: text,
    why: z.object({ free_slots: integer, rank: integer, candidates: z.array(integer), count: integer }),
  }),
  "worktree.added": z.object({
    branch: text,
    path: text,
    base: text,
    base_commit: text,
    worker: text,
    kept: z.array(text).optional(),
    restored: text.optional(),
    port: integer.optional(),
  }),
  "files.included": z.object({ files: z.array(text), count: integer, bytes: integer }),
  "ports.reserved": z.object({ first: integer, count: integer }),
  "setup.started": z.object(stepStart),
  "setup.output": z.object({ text }),
  "setup.finished": z.object({ ...stepEnd, left: integer.optional() }),
  "check.started": z.object({
    ...stepStart,
    round: integer,
    commit: text,
    uncommitted: integer,
    files: z.array(text).optional(),
    aside: z.object({ ref: text, commit: text }).optional(),
  }),
  "check.output": z.object({ text }),
  "check.finished": z.object({ ...stepEnd, round: integer, commit: text }),
  "cleanup.started": z.object(stepStart),
  "cleanup.output": z.object({ text }),
  "cleanup.finished": z.object(stepEnd),
  "followup.sent": z.object({ because: z.enum(["uncommitted", "check_failed"]), text }),
  "run.started": z.object({ pid: integer, session_id: text, agent: text, args: z.array(text), resumed: z.boolean() }),
  "agent.ready": z.object({ model: text, session_id: text, version: text }),
  "output.text": z.object({ text, subagent }),
  "output.thinking": z.object({ text, subagent }),
  "output.tool_use": z.object({ id: text, name: text, summary: text, input: z.unknown(), subagent }),
  "output.tool_result": z.object({ id: text, is_error: z.boolean(), text, subagent }),
  "output.notice": z.object({ kind: text, text, raw: text.optional() }),
  "output.stderr": z.object({ text }),
  "output.raw": z.object({ text }),
  "usage.counted": z.object({
    message_id: text,
    model: text.optional(),
    estimated_cost_usd: z.number().optional(),
    ...usage,
  }),
  "background.changed": z.object({
    tasks: z.array(z.object({ id: text, kind: text, description: text })),
    waiting: z.boolean(),
  }),
  "work.strayed": z.object({ found: z.array(strayWork) }),
  "plan.proposed": z.object({ plan: text }),
  "plan.approved": none,
  "plan.rejected": z.object({ feedback: text }),
  "message.added": z.object({ text }),
  "message.sent": z.object({ message: integer }),
  "run.finished": z.object({
    outcome,
    then: sequel,
    uncounted: z.boolean().optional(),
    exit_code: nullableInteger,
    signal: nullableText,
    result: nullableText,
    usage: z.object(usage).nullable(),
    cost_usd: z.number(),
    cost_basis: z.enum(["reported", "estimated", "unknown"]).optional(),
    session_total: z.object({ usage: z.object(usage), cost_usd: z.number() }).optional(),
    duration_ms: z.number(),
    error: nullableText,
    uncommitted: nullableInteger,
    lines_added: nullableInteger,
    lines_removed: nullableInteger,
  }),
  "worktree.moved": z.object({ branch: text, from: text, path: text, worker: text }),
  "worktree.snapshotted": z.object({
    ref: text,
    commit: text,
    run: integer,
    nested: z.array(z.object({ path: text, ref: text, commit: text })).optional(),
  }),
  "worktree.removed": z.object({ path: text, branch: text, reason: text, commit: text.optional() }),
  "worktree.kept": z.object({ path: text, branch: text, reason: text }),
  "snapshot.removed": z.object({ ref: text, commit: text, reason: text }),
  "raw_log.removed": z.object({ bytes: integer, reason: text }),
  "task.retry_scheduled": z.object({ due_at: text, attempt: integer, reason: text }),
  "task.completed": z.object({ output: text }),
  "task.failed": z.object({ error: text, reason: outcome }),
  "task.cancelled": z.object({ reason: text }),
  "service.started": z.object({ worker: text, name: text, version: text, agent: text, pid: integer }),
  "service.stopped": z.object({ worker: text, reason: text }),
  "service.paused": z.object({ worker: text, reason: text, until: nullableText }),
  "service.resumed": z.object({ worker: text }),
  "service.noticed": z.object({ worker: text, kind: text, text }),
} satisfies { [T in EventType]: z.ZodType<EventData[T]> };

/** The name of its schema among the document's components. */
export function eventDataName(type: string): string {
  return `event.${type}`;
}
