// What a task is: projection, head of its log and optimistic lock in one value, and small questions about it.
//
// The head stays a few KB: long texts are excerpts that point to the event which holds the whole. How events make it is
// in `evolve.ts`.

import type { Automation } from "./automation.ts";
import type { Labels } from "./labels.ts";
import type {
  BackgroundTask,
  CostBasis,
  EventData,
  LandingMethod,
  MergeWanted,
  Outcome,
  PullRequestState,
  StepOutcome,
  StrayWork,
  TodoStatus,
  Usage,
} from "./event.ts";
import type { Effort, ForkedFrom, ImportedFrom, Mode, TaskOrigin } from "./task_spec.ts";
import { noUsage } from "./usage.ts";

export type Status = "pending" | "in_progress" | "awaiting_approval" | "completed" | "failed" | "cancelled";

export const statuses: readonly Status[] = [
  "pending",
  "in_progress",
  "awaiting_approval",
  "completed",
  "failed",
  "cancelled",
];

/** The start of a long text, and where the whole is. */
export interface Excerpt {
  text: string;
  /** The event that holds the whole text. */
  seq: number;
  /** Whether `text` is all of it. */
  whole: boolean;
}

/** A line of the agent's own list of what is to be done. */
export interface Todo {
  id: string;
  text: string;
  status: TodoStatus;
}

/** The run that is being worked on; there is at most one. */
export interface OpenRun {
  /** The number of the run, and the epoch of its lease. */
  epoch: number;
  worker: string;
  mark: string;
  attempt: number;
  claimed_at: string;
  /** Since when it could be claimed, as far as known: in the queue, its delay over, all it depends on done. */
  queued_at?: string | null;
  due_at?: string | null;
  ready_at?: string;
  /** The model that answers, as the agent says. */
  model?: string;
  started_at: string | null;
  pid: number | null;
  /** The command of the repository that works now. */
  step: "setup" | "check" | null;
  /** Whether the agent said anything yet. */
  spoke: boolean;
  /** Since when the agent has said nothing, once that is noticed; absent while it speaks. */
  silent_since?: string;
  /** What works in the background. */
  background: BackgroundTask[];
  /** Whether the agent was ready, and so asked its model something. */
  asked: boolean;
  /** How many of its model's answers were counted. */
  counted: number;
  /** What these cost, as far as can be known before the agent says; null once one has no known price. */
  estimated_cost_usd: number | null;
}

/** A run is finished and its worktree is being put away; what comes then is not written yet. */
export interface Ending {
  outcome: Outcome;
  run: number;
}

/** How the next run begins. */
export type NextStart =
  /** A new worktree and session. */
  | { kind: "fresh" }
  /**
   * The same worktree and session. `seq`: the event with the words for the agent, when there are any. `ended`: how the task
   * ended that goes on now, when it was not well.
   */
  | {
    kind: "resume";
    because: "interrupted" | "approved" | "rejected" | "message";
    seq: number | null;
    ended?: string;
  };

/** Branch and folder of a task; fixed at its first claim. */
export interface TaskPlace {
  repo: string;
  branch: string;
  path: string;
  base: string;
  /** Empty when a person asked for a retry: the base is resolved anew. */
  base_commit: string;
  worker: string;
  /** Its name then; absent in older histories. */
  worker_name?: string;
  /** False once it was removed. */
  present: boolean;
  /** Whether its setup ended well; absent before anybody asked. */
  ready?: boolean;
  /** It was to go and could not be saved or removed: nobody tries again. */
  kept?: true;
  /** The branch that it lands in where nobody says; absent where that was not known. */
  target?: string;
}

/** What became of the work of a completed task; `open`: somebody is to look at it. */
export type Review = "open" | "landed" | "accepted" | "discarded";

/** A landing that was asked for and is not over. */
export interface OpenLanding {
  /** Of its `landing.requested`, which has the message. */
  seq: number;
  at: string;
  method: LandingMethod;
  target: string;
  auto: boolean;
  leave_uncommitted: boolean;
  /** The command of the repository that works now. */
  step: "setup" | "check" | null;
  /** From here on the target may have moved. */
  integrated: { target_commit: string; commit: string } | null;
}

/** How the last landing ended. `seq`: of its `landing.finished`, which has all of it. */
export interface LandingEnd extends Omit<EventData["landing.finished"], "conflicts"> {
  seq: number;
  at: string;
  /** The first ten paths, of 300 characters each at most. */
  conflicts: string[];
  auto: boolean;
}

/** Files that were saved at a moment, to be compared with. */
export interface Point {
  name: string;
  /** Of the `work.saved`. */
  seq: number;
  at: string;
  commit: string;
}

/** A comment, by the events that hold it. */
export interface CommentHead {
  id: number;
  /** Of its `comment.added`. */
  added: number;
  /** Of the event with its text. */
  text: number;
  /** The message that it was sent with; null: not yet. */
  sent: number | null;
  resolved: boolean;
}

/** How a command of the repository ended last. `seq`: the event that says so. */
export interface StepFact {
  seq: number;
  at: string;
  run: number;
  outcome: StepOutcome;
  duration_ms: number;
}

export type AddedRepository = EventData["repository.added"];

export interface Task {
  id: number;
  /** The last event folded in. */
  seq: number;
  status: Status;
  title: string;
  prompt: Excerpt;
  priority: number;
  depends_on: number[];
  repo: string;
  base: string | null;
  model: string | null;
  effort: Effort | null;
  fallback_model: string | null;
  /** `plan` until its plan is approved, then `execute`. */
  mode: Mode;
  max_attempts: number;
  timeout_seconds: number | null;
  /** Absent in older histories. */
  silence_seconds?: number | null;
  max_budget_usd: number | null;
  /** Absent, as the next two: the spec did not say (`TaskSpec`). */
  check?: string | null;
  commit_reminder?: boolean;
  imported?: ImportedFrom;
  forked_from?: ForkedFrom;
  trial?: true;
  land?: "auto" | null;
  labels?: Labels;
  tags?: string[];
  /** Its place among those of its priority, where it was moved; null: its id. */
  order: number | null;
  /** Attempts begun; interruptions do not count. */
  attempts: number;
  /** Interruptions in a row, each after an agent was started, without a word from it between them. */
  interruptions: number;
  /** The number of the last run. */
  epoch: number;
  run: OpenRun | null;
  ending: Ending | null;
  next: NextStart;
  place: TaskPlace | null;
  session_id: string | null;
  agent: string | null;
  plan: Excerpt | null;
  output: Excerpt | null;
  error: Excerpt | null;
  /** The outcome of the last finished run. */
  outcome: Outcome | null;
  /** Seqs of the follow-ups the agent has not received yet. */
  messages: number[];
  cancel_requested: boolean;
  due_at: string | null;
  /** When it came into the queue the last time; null in older histories. */
  queued_at: string | null;
  /** The `run.claimed` of the last run: it says why. */
  claimed_seq: number | null;
  usage: Usage;
  /** The part of `usage` that finished runs account for. */
  usage_before: Usage;
  /** Of its finished runs, as far as known. */
  cost_usd: number;
  /** The least sure of what went into `cost_usd`. */
  cost_basis: CostBasis;
  /** What the present session has used in all, when the agent counts that way. */
  session_total: { usage: Usage; cost_usd: number } | null;
  last_step: string | null;
  /** The list that the agent of the present session keeps of what is to be done. */
  todos: Todo[];
  /** Commits of the last run that ended elsewhere. */
  strayed: StrayWork[];
  /** The first of its ten ports. */
  port: number | null;
  /** Of the service's own log, task 0: the repositories that people added, each of one worker. */
  repositories?: AddedRepository[];
  last_setup: StepFact | null;
  /** Of the last run. */
  last_check: (StepFact & { commit: string }) | null;
  /** What a check that did not end set aside. */
  aside: { ref: string; commit: string } | null;
  lines_added: number | null;
  lines_removed: number | null;
  snapshot: { ref: string; commit: string; run: number } | null;
  /** How far the branch of its place was known to be, where several workers share a store. */
  committed: { commit: string; commits: number } | null;
  /** What the exchange of the repository was given last of its place. `seq`: of the event; `content`: with all files. */
  exchanged: { seq: number; commit: string; commits: number; content: string } | null;
  /** Of a completed task that changed something; else null. */
  review: Review | null;
  landing: OpenLanding | null;
  last_landing: LandingEnd | null;
  /** Whether it lands by itself: as it says, or as its repository said when it was good for the first time. */
  lands_itself: boolean;
  /** Conflicts in a row that the agent was told to solve without anybody having asked. */
  solved: number;
  /** What the next run merges first. */
  merge: MergeWanted | null;
  /** The newest, the oldest first. */
  points: Point[];
  /** The files as they were kept last on the way of a run; absent where none were. `after`: as this event left them. */
  files?: { commit: string; after: number };
  comments: CommentHead[];
  /** The number of the last comment. */
  last_comment: number;
  /** The last event about a comment; 0: none. */
  comments_seq: number;
  pushed: { seq: number; at: string; remote: string; url: string; branch: string; commit: string } | null;
  pull_request: { url: string; number: number; title: string; state: PullRequestState } | null;
  created_at: string;
  started_at: string | null;
  completed_at: string | null;
  updated_at: string;
  /** What made it; null: somebody called the API. */
  origin: TaskOrigin | null;
  /** Of the service's own log (task 0) alone; null before there is any. */
  automation: Automation | null;
}

/** What `?at=0` and a log without `task.created` fold from. */
export function emptyTask(id: number): Task {
  return {
    id,
    seq: 0,
    status: "pending",
    title: "",
    prompt: { text: "", seq: 0, whole: true },
    priority: 0,
    order: null,
    depends_on: [],
    repo: "",
    base: null,
    model: null,
    effort: null,
    fallback_model: null,
    mode: "execute",
    max_attempts: 1,
    timeout_seconds: null,
    max_budget_usd: null,
    attempts: 0,
    interruptions: 0,
    epoch: 0,
    run: null,
    ending: null,
    next: { kind: "fresh" },
    place: null,
    session_id: null,
    agent: null,
    plan: null,
    output: null,
    error: null,
    outcome: null,
    messages: [],
    cancel_requested: false,
    due_at: null,
    queued_at: null,
    claimed_seq: null,
    usage: noUsage,
    usage_before: noUsage,
    cost_usd: 0,
    cost_basis: "reported",
    session_total: null,
    last_step: null,
    todos: [],
    strayed: [],
    port: null,
    last_setup: null,
    last_check: null,
    aside: null,
    lines_added: null,
    lines_removed: null,
    snapshot: null,
    committed: null,
    exchanged: null,
    review: null,
    landing: null,
    last_landing: null,
    lands_itself: false,
    solved: 0,
    merge: null,
    points: [],
    comments: [],
    last_comment: 0,
    comments_seq: 0,
    pushed: null,
    pull_request: null,
    created_at: "",
    started_at: null,
    completed_at: null,
    updated_at: "",
    origin: null,
    automation: null,
  };
}

/** How a task stands for those that depend on it: of one that lands by itself, "completed" is not all. */
export type DependencyStatus = Status | "landing" | "in_review" | "discarded";

export const dependencyStatuses: readonly DependencyStatus[] = [...statuses, "landing", "in_review", "discarded"];

export function dependencyStatus({ status, review, landing, lands_itself, land }: Task): DependencyStatus {
  if (status !== "completed" || !(lands_itself || land === "auto")) return status;
  if (landing !== null) return "landing";
  if (review === "open") return "in_review";
  return review === "discarded" ? "discarded" : status;
}

export function isOver(status: Status): boolean {
  return status === "completed" || status === "failed" || status === "cancelled";
}

/** Whether nothing is to be done with it any more: it is over, or its history was imported. */
export function isAtRest({ status, imported }: Pick<Task, "status" | "imported">): boolean {
  return isOver(status) || imported !== undefined;
}

/** `Long tests; Look around`. */
export function backgroundWords(tasks: readonly BackgroundTask[]): string {
  return tasks.map(({ description, kind }) => description || kind).join("; ");
}
