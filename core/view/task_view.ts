// A task as clients see it: the JSON of the API, also computed in the browser when it replays a history.

import type {
  BackgroundTask,
  CostBasis,
  LandingMethod,
  Outcome,
  PullRequestState,
  StrayWork,
  TodoStatus,
} from "../domain/event.ts";
import type { Effort, ForkedFrom, ImportedFrom, Mode, TaskOrigin } from "../domain/task_spec.ts";
import type { Labels } from "../domain/labels.ts";
import type { Blocker } from "../domain/plan.ts";
import { type WorkerName, workerName } from "./workers_view.ts";
import type { LandingEnd, Review, Status, StepFact, Task } from "../domain/task.ts";

/** The JSON of one task; docs/design/http.md names them. Times are ISO 8601 UTC, costs US dollars. */
export interface TaskView {
  id: number;
  title: string;
  /** Whole when one task was asked for; its first 500 characters in lists (so are plan, output and error). */
  prompt: string;
  status: Status;
  priority: number;
  /** Its place among those of its priority, where it was moved; null: its id. The lower goes first. */
  order: number | null;
  depends_on: number[];
  /** Dependencies that are not met. */
  blocked_by: Blocker[];
  /** Unfinished or finished tasks that wait for this one. */
  dependants: number[];
  /** Why it is not running, in one sentence; null when it runs or is over. */
  waiting: string | null;
  due_at: string | null;
  /** 1 = the next to start; null when it could not start now even with a free slot. */
  queue_position: number | null;
  repo: string;
  base: string | null;
  branch: string | null;
  worktree: string | null;
  /** The worker that has its run or, as far as it was ever made, its place. */
  worker: WorkerName | null;
  base_commit: string | null;
  mode: Mode;
  model: string | null;
  effort: Effort | null;
  fallback_model: string | null;
  attempts: number;
  max_attempts: number;
  timeout_seconds: number | null;
  /** How long its agent may say nothing; null: as the service says. */
  silence_seconds: number | null;
  max_budget_usd: number | null;
  session_id: string | null;
  /** `claude 2.1.197`, or `demo`. */
  agent: string | null;
  /** How the last run ended. */
  outcome: Outcome | null;
  output: string | null;
  error: string | null;
  plan: string | null;
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
  /** Of its finished runs; null when nothing about it is known. */
  cost_usd: number | null;
  /** `estimated`: some of it was; `unknown`: some of it is not known, so that it cost more. */
  cost_basis: CostBasis;
  /** While it runs: with what the open run costs so far, as far as can be known; else null. */
  cost_estimate_usd: number | null;
  /** Since when the agent of the open run has said nothing, once that is noticed; else null. */
  silent_since: string | null;
  /** What works in the background of the open run. */
  background: BackgroundTask[];
  /** The list that its agent keeps of what is to be done, at most 50. */
  todos: { text: string; status: TodoStatus }[];
  /** Commits of the last run that are not on its branch. */
  strayed: StrayWork[];
  /** The command line that judges the result, where the task has one of its own; null: none. */
  check?: string | null;
  commit_reminder?: boolean;
  /** The task of another store whose history this is; absent: it was made here. */
  imported?: ImportedFrom;
  /** The moment of another task that it goes on from; absent: of none. */
  forked_from?: ForkedFrom;
  /** No agent: setup and check are tried. */
  trial: boolean;
  /** What made it; null: somebody called the API. */
  origin: TaskOrigin | null;
  /** Whether the check said that the result of the last run is good. */
  checked: boolean;
  last_setup: StepFact | null;
  /** Of the last run. */
  last_check: (StepFact & { commit: string }) | null;
  /** The first of its ten ports. */
  port: number | null;
  last_step: string | null;
  lines_added: number | null;
  lines_removed: number | null;
  /** Where the work of a failed or cancelled task was saved. */
  snapshot: { ref: string; commit: string; run: number } | null;
  /** What the worker that runs it must have. Absent: nothing. */
  labels?: Labels;
  /** Words to find it by. */
  tags: string[];
  /** What lands by itself; null: nothing. Absent: as the repository says. */
  land?: "auto" | null;
  /** Of a completed task that changed something: what became of it. Else null. */
  review: Review | null;
  /** The landing that is under way. `phase`: `moving` from when the target may have moved. */
  landing: LandingView | null;
  /** How the last landing ended. */
  last_landing: LandingEnd | null;
  /** Moments whose files can be compared with, besides `base`, `merge-base` and `now`; the oldest first. */
  points: { name: string; seq: number; at: string }[];
  /** `unsent` of `total` were not sent to the agent yet; `seq`: of the last event about one, 0 for none. */
  comments: { total: number; unsent: number; seq: number };
  /** Where its branch was pushed to last. */
  pushed: { at: string; remote: string; url: string; branch: string; commit: string } | null;
  pull_request: { url: string; number: number; title: string; state: PullRequestState } | null;
  cancel_requested: boolean;
  /** The number of the last run. */
  runs: number;
  /** Seqs of the follow-ups that wait for the agent. */
  messages_waiting: number[];
  created_at: string;
  started_at: string | null;
  /** When the open run began; null when none is open. */
  run_started_at: string | null;
  completed_at: string | null;
  updated_at: string;
  /** The last event; the value for `If-Match`. */
  seq: number;
}

export interface LandingView {
  /** Of its `landing.requested`. */
  seq: number;
  at: string;
  method: LandingMethod;
  target: string;
  auto: boolean;
  phase: "waiting" | "setup" | "check" | "moving";
}

/** What only the whole board knows about one task. */
export interface TaskContext {
  blocked_by: Blocker[];
  dependants: number[];
  waiting: string | null;
  queue_position: number | null;
  /** Of the worker that has it, as far as it is known. */
  worker_name: string | null;
}

export const noContext: TaskContext = {
  blocked_by: [],
  dependants: [],
  waiting: null,
  queue_position: null,
  worker_name: null,
};

/** The uuid of the worker that has the run of a task or, as far as it was ever made, its place. */
export function workerOf({ run, place }: Pick<Task, "run" | "place">): string | null {
  return run?.worker ?? place?.worker ?? null;
}

/** Whole texts in place of the excerpts of the projection. */
export type WholeTexts = Partial<Record<"prompt" | "plan" | "output" | "error", string>>;

export function taskView(task: Task, context: TaskContext = noContext, texts: WholeTexts = {}): TaskView {
  const place = task.place?.present ? task.place : null;
  const worker = workerOf(task);
  return {
    id: task.id,
    title: task.title,
    prompt: texts.prompt ?? task.prompt.text,
    status: task.status,
    priority: task.priority,
    order: task.order,
    depends_on: task.depends_on,
    blocked_by: context.blocked_by,
    dependants: context.dependants,
    waiting: context.waiting,
    due_at: task.due_at,
    queue_position: context.queue_position,
    repo: task.repo,
    base: task.base,
    branch: place?.branch ?? null,
    worktree: place?.path ?? null,
    worker: worker === null ? null : { id: worker, name: workerName(worker, context.worker_name) },
    base_commit: task.place?.base_commit || null,
    mode: task.mode,
    model: task.model,
    effort: task.effort,
    fallback_model: task.fallback_model,
    attempts: task.attempts,
    max_attempts: task.max_attempts,
    timeout_seconds: task.timeout_seconds,
    silence_seconds: task.silence_seconds ?? null,
    max_budget_usd: task.max_budget_usd,
    session_id: task.session_id,
    agent: task.agent,
    outcome: task.outcome,
    output: texts.output ?? task.output?.text ?? null,
    error: texts.error ?? task.error?.text ?? null,
    plan: texts.plan ?? task.plan?.text ?? null,
    ...task.usage,
    cost_usd: task.cost_basis === "unknown" && task.cost_usd === 0 ? null : task.cost_usd,
    cost_basis: task.cost_basis,
    cost_estimate_usd: estimateOf(task),
    silent_since: task.run?.silent_since ?? null,
    background: task.run?.background ?? [],
    todos: task.todos.map(({ text, status }) => ({ text, status })),
    strayed: task.strayed,
    ...(task.check !== undefined && { check: task.check }),
    ...(task.commit_reminder !== undefined && { commit_reminder: task.commit_reminder }),
    ...(task.imported !== undefined && { imported: task.imported }),
    ...(task.forked_from !== undefined && { forked_from: task.forked_from }),
    trial: task.trial === true,
    origin: task.origin,
    checked: task.last_check?.outcome === "passed",
    last_setup: task.last_setup,
    last_check: task.last_check,
    port: task.port,
    last_step: task.last_step,
    lines_added: task.lines_added,
    lines_removed: task.lines_removed,
    snapshot: task.snapshot,
    ...(task.land !== undefined && { land: task.land }),
    ...(task.labels !== undefined && { labels: task.labels }),
    tags: task.tags ?? [],
    review: task.review,
    landing: landingView(task),
    last_landing: task.last_landing,
    points: task.points.map(({ name, seq, at }) => ({ name, seq, at })),
    comments: {
      total: task.comments.length,
      unsent: task.comments.filter(({ sent, resolved }) => sent === null && !resolved).length,
      seq: task.comments_seq,
    },
    pushed: pushedView(task),
    pull_request: task.pull_request,
    cancel_requested: task.cancel_requested,
    runs: task.epoch,
    messages_waiting: task.messages,
    created_at: task.created_at,
    started_at: task.started_at,
    run_started_at: task.run?.claimed_at ?? null,
    completed_at: task.completed_at,
    updated_at: task.updated_at,
    seq: task.seq,
  };
}

function estimateOf({ run, cost_usd }: Task): number | null {
  return run && run.counted > 0 && run.estimated_cost_usd !== null ? cost_usd + run.estimated_cost_usd : null;
}

function landingView({ landing }: Task): LandingView | null {
  if (landing === null) return null;
  const { seq, at, method, target, auto, step, integrated } = landing;
  return { seq, at, method, target, auto, phase: integrated ? "moving" : step ?? "waiting" };
}

function pushedView({ pushed }: Task): TaskView["pushed"] {
  if (pushed === null) return null;
  const { at, remote, url, branch, commit } = pushed;
  return { at, remote, url, branch, commit };
}
