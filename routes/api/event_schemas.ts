// What `data` of each event type holds, for the OpenAPI document. The compiler holds it against core/domain/event.ts: a type
// that is missing here, or described otherwise, does not check.

import { z } from "@hono/zod-openapi";
import {
  type EventData,
  type EventType,
  landingMethods,
  landingOutcomes,
  outcomes,
  type PullRequestState,
  type RunSequel,
  type StepOutcome,
  todoStatuses,
} from "../../core/domain/event.ts";
import { efforts } from "../../core/domain/task_spec.ts";
import { automationEventSchemas, originSchema } from "./automation_event_schemas.ts";
import { scopes } from "../../core/domain/access_token.ts";
import { labels } from "./field_schemas.ts";
import { sandboxLevels } from "../../core/domain/sandbox.ts";

const text = z.string();
const integer = z.number().int();
const none = z.object({});
const nullableText = text.nullable();
const nullableInteger = integer.nullable();

export const forkedFrom = z.object({
  task: integer,
  seq: integer,
  files: integer.nullable(),
  told: z.enum(["again", "new"]),
});

export const importedFrom = z.object({
  ...{ store: text, task: integer, events: integer, exported_at: text },
  repo: text.optional(),
});

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
  silence_seconds: z.number().nullable().optional(),
  max_budget_usd: z.number().nullable(),
  check: nullableText.optional(),
  commit_reminder: z.boolean().optional(),
  land: z.literal("auto").nullable().optional(),
  labels: labels.optional(),
  imported: importedFrom.optional(),
  forked_from: forkedFrom.optional(),
  tags: z.array(text).optional(),
  trial: z.literal(true).optional(),
  origin: originSchema.optional(),
};
const template = z.object({ ...spec, repo: nullableText }).omit({ origin: true, trial: true });

const usage = {
  input_tokens: integer,
  output_tokens: integer,
  cache_read_tokens: integer,
  cache_write_tokens: integer,
};

const outcome = z.enum(outcomes);
export const stepOutcome = z.enum(["passed", "failed", "timed_out", "stopped"] satisfies StepOutcome[]);
const subject = {
  of: z.literal("landing").optional().openapi({
    description: "It works on the result of a landing, and is no part of a run",
  }),
};
const stepStart = { command: text, timeout_seconds: z.number(), ...subject };
const stepEnd = {
  ...subject,
  outcome: stepOutcome,
  exit_code: nullableInteger,
  signal: nullableText,
  duration_ms: z.number(),
};
const sequel = z.enum(["complete", "approve", "resume", "settle"] satisfies RunSequel[]);

const subagent = text.optional().openapi({ description: "The tool call that started the subagent which said it" });

export const strayWork = z.object({
  where: z.enum(["branch", "detached", "worktree"]),
  name: text,
  path: nullableText,
  commit: text,
  commits: integer,
});

export const landingMethod = z.enum(landingMethods).openapi({
  description: "`ff`: the target moves to the work, or not at all. `merge`: a merge commit. `squash`: one commit. " +
    "`rebase`: the commits one by one",
});
export const landingOutcome = z.enum(landingOutcomes);
export const commentSide = z.enum(["old", "new", "plan"]);
export const pullRequestState = z.enum(["open", "merged", "closed"] satisfies PullRequestState[]);
const comments = z.array(integer).optional().openapi({ description: "The ids of those that are part of it" });

export const eventDataSchemas = {
  "task.created": z.object(spec),
  "task.edited": z.object(spec).partial(),
  "task.cancel_requested": none,
  "task.moved": z.object({ order: z.number(), before: integer.optional(), after: integer.optional() }),
  "run.claimed": z.object({
    worker: text,
    epoch: integer,
    attempt: integer,
    mark: text,
    why: z.object({ free_slots: integer, rank: integer, candidates: z.array(integer), count: integer }),
    ready_at: text.optional(),
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
    target: text.optional(),
  }),
  "files.included": z.object({ files: z.array(text), count: integer, bytes: integer }),
  "ports.reserved": z.object({ first: integer, count: integer }),
  "sandbox.applied": z.object({
    level: z.enum(sandboxLevels),
    reason: nullableText.openapi({ description: "Why agent and commands are not confined" }),
    writable: z.array(text),
    unreadable: z.array(text),
    network: z.enum(["all", "public", "listed"]).openapi({
      description: "`public`: not this machine and no private network. `listed`: `domains` alone",
    }),
    domains: z.array(text),
    processes: nullableInteger.openapi({ description: "How many they may be at once; null: no bound" }),
    ...subject,
  }),
  "setup.started": z.object(stepStart),
  "setup.output": z.object({ text, ...subject }),
  "setup.finished": z.object({ ...stepEnd, left: integer.optional() }),
  "check.started": z.object({
    ...stepStart,
    round: integer,
    commit: text,
    uncommitted: integer,
    files: z.array(text).optional(),
    aside: z.object({ ref: text, commit: text }).optional(),
  }),
  "check.output": z.object({ text, ...subject }),
  "check.finished": z.object({ ...stepEnd, round: integer, commit: text }),
  "cleanup.started": z.object(stepStart),
  "cleanup.output": z.object({ text, ...subject }),
  "cleanup.finished": z.object(stepEnd),
  "followup.sent": z.object({ because: z.enum(["uncommitted", "check_failed"]), text }),
  "run.started": z.object({ pid: integer, session_id: text, agent: text, args: z.array(text), resumed: z.boolean() }),
  "agent.ready": z.object({ model: text, session_id: text, version: text }),
  "output.text": z.object({ text, subagent }),
  "output.thinking": z.object({ text, subagent }),
  "output.tool_use": z.object({ id: text, name: text, summary: text, input: z.unknown(), subagent }),
  "output.tool_result": z.object({
    id: text,
    is_error: z.boolean(),
    text,
    subagent,
    images: z.array(z.object({ media_type: text, bytes: integer })).optional(),
  }),
  "run.silent": z.object({ since: text, background: nullableText }),
  "run.silence_ended": z.object({ seconds: integer }),
  "output.notice": z.object({ kind: text, text, raw: text.optional() }),
  "output.stderr": z.object({ text }),
  "output.raw": z.object({ text }),
  "usage.counted": z.object({
    message_id: text,
    model: text.optional(),
    estimated_cost_usd: z.number().optional(),
    ...usage,
  }),
  "todos.changed": z.object({
    changes: z.array(z.object({
      id: text,
      text: text.optional(),
      status: z.enum([...todoStatuses, "deleted"]).optional(),
    })),
    whole: z.boolean(),
  }),
  "background.changed": z.object({
    tasks: z.array(z.object({ id: text, kind: text, description: text })),
    waiting: z.boolean(),
  }),
  "git_folder.restored": z.object({
    changes: z.array(z.object({ path: text, change: z.enum(["added", "changed", "removed"]), note: text.optional() }))
      .openapi({
        description: "The first 50, by paths within the repository's git folder",
      }),
    count: integer,
    ref: nullableText,
    commit: nullableText,
    ...subject,
  }),
  "work.strayed": z.object({ found: z.array(strayWork) }),
  "work.saved": z.object({ name: text, ref: nullableText, commit: text }),
  "files.kept": z.object({ ref: text, commit: text, after: integer }),
  "work.committed": z.object({ commit: text, commits: integer }),
  "work.exchanged": z.object({ url: text, branch: text, commit: text, commits: integer, content: text.optional() }),
  "work.left": z.object({
    run: integer,
    worker: text,
    worker_name: text,
    ref: text,
    commit: text,
    commits: integer,
    exchanged: z.boolean(),
  }),
  "merge.started": z.object({ target: text, commit: text, conflicts: z.array(text) }),
  "plan.proposed": z.object({ plan: text }),
  "plan.approved": none,
  "plan.rejected": z.object({ feedback: text, comments }),
  "message.added": z.object({
    text,
    comments,
    resolve: z.object({ target: text, commit: text, method: landingMethod }).optional(),
  }),
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
  "task.completed": z.object({ output: text, review: z.literal(true).optional() }),
  "task.failed": z.object({ error: text, reason: outcome }),
  "task.cancelled": z.object({ reason: text }),
  "task.accepted": none,
  "task.discarded": none,
  "comment.added": z.object({
    id: integer,
    path: text,
    side: commentSide,
    line: integer,
    quote: text,
    blob: nullableText,
    text,
  }),
  "comment.edited": z.object({ id: integer, text }),
  "comment.deleted": z.object({ id: integer }),
  "comment.resolved": z.object({ id: integer, resolved: z.boolean() }),
  "landing.requested": z.object({
    method: landingMethod,
    target: text,
    message: nullableText,
    auto: z.literal(true).optional(),
    leave_uncommitted: z.literal(true).optional(),
  }),
  "landing.integrated": z.object({ method: landingMethod, target: text, target_commit: text, commit: text }),
  "landing.finished": z.object({
    outcome: landingOutcome,
    method: landingMethod,
    target: text,
    target_commit: nullableText,
    commit: nullableText,
    backup_ref: nullableText,
    conflicts: z.array(text).optional(),
    error: nullableText,
  }),
  "branch.pushed": z.object({ remote: text, url: text, branch: text, commit: text }),
  "pull_request.opened": z.object({ url: text, number: integer, title: text }),
  "pull_request.changed": z.object({ url: text, state: pullRequestState }),
  "service.started": z.object({ worker: text, name: text, version: text, agent: text, pid: integer }),
  "service.stopped": z.object({ worker: text, reason: text }),
  "service.paused": z.object({ worker: text, reason: text, until: nullableText }),
  "service.resumed": z.object({ worker: text }),
  "service.slots_changed": z.object({ worker: text, slots: nullableInteger }),
  "service.draining": z.object({ worker: text, by: text }),
  "token.created": z.object({ name: text, scope: z.enum(scopes) }),
  "token.revoked": z.object({ name: text }),
  "repository.added": z.object({ worker: text, name: text, path: text }),
  "repository.removed": z.object({ worker: text, name: text }),
  "service.noticed": z.object({ worker: text, kind: text, text }),
  ...automationEventSchemas(template),
} satisfies { [T in EventType]: z.ZodType<EventData[T]> };

/** The name of its schema among the document's components. */
export function eventDataName(type: string): string {
  return `event.${type}`;
}
