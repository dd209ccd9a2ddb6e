// The events: the only source of truth. A task's state is the fold of its events (task.ts), and nothing else.
//
// An event, once written, is never changed. A new field is optional or raises `v` and gets an upcaster (upcast.ts). Types
// are added, never renamed. Events of task 0 are facts about the service itself.

import type { Github, Overlap, WebhookFormat } from "./automation_choice.ts";
import type { Scope } from "./access_token.ts";
import type { TaskSpec, TaskTemplate } from "./task_spec.ts";
import type { SandboxLevel } from "./sandbox.ts";

/** Token counts, as the Messages API reports them. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
}

/**
 * How work gets into the branch that it lands in. `ff`: the branch moves to the work, if it has not moved on. `merge`: always
 * by a merge commit. `squash`: as one commit. `rebase`: its commits one by one, each with its author.
 */
export const landingMethods = ["ff", "merge", "squash", "rebase"] as const;
export type LandingMethod = typeof landingMethods[number];

/** Something that works on after the agent's turn: a command or a subagent it started in the background. */
export interface BackgroundTask {
  id: string;
  /** `local_bash`, `local_agent` ..., as the agent calls it. */
  kind: string;
  description: string;
}

export const todoStatuses = ["pending", "in_progress", "completed"] as const;
export type TodoStatus = typeof todoStatuses[number];

/** What an agent changed of its own list of what is to be done. An item that has no text or status keeps what it had. */
export interface TodoChange {
  /** The agent's own. */
  id: string;
  /** On one line, at most 120 characters. */
  text?: string;
  status?: TodoStatus | "deleted";
}

/** An image that a tool answered with; the raw log has it. */
export interface ResultImage {
  media_type: string;
  bytes: number;
}

/** Commits of a run that are not on its task's branch. */
export interface StrayWork {
  /** `branch`: of another name; `detached`: on no branch; `worktree`: another one of the repository. */
  where: "branch" | "detached" | "worktree";
  /** The branch, or the ref under which commits on no branch are kept. */
  name: string;
  /** The folder of another worktree. */
  path: string | null;
  /** The newest of the commits. */
  commit: string;
  /** How many. */
  commits: number;
}

/**
 * Where a cost comes from. `reported`: by the agent. `estimated`: from the tokens that were counted, by what such tokens
 * cost before. `unknown`: the agent said nothing and there is nothing to go by.
 */
export type CostBasis = "reported" | "estimated" | "unknown";

export const outcomes = [
  "succeeded",
  "planned",
  "failed",
  "cancelled",
  "timed_out",
  "over_budget",
  "stalled",
  /** The repository's setup did not end well: no agent was started. */
  "setup_failed",
  /** The agent said that it is done, and the check says otherwise. */
  "check_failed",
  /** The worker died or lost its lease. */
  "lost",
  /** The service was stopped softly. */
  "shutdown",
  /** The environment is broken or a usage limit was met; the task waits uncounted. */
  "paused",
] as const;
export type Outcome = typeof outcomes[number];

/** How a command of the repository ended: its setup, its check, its cleanup. `stopped`: the run was stopped meanwhile. */
export type StepOutcome = "passed" | "failed" | "timed_out" | "stopped";

/** What a command judges or prepares when it is not the work of a run: the result of a landing. */
export interface StepSubject {
  of?: "landing";
}

/** How it ended, and when. `duration_ms`: from its start. */
export interface StepEnd extends StepSubject {
  outcome: StepOutcome;
  exit_code: number | null;
  signal: string | null;
  duration_ms: number;
}

/** What agent and commands of a run are confined to, its landing's too. */
export interface Confinement extends StepSubject {
  level: SandboxLevel;
  /** Why they are not confined, in one line; null where they are. */
  reason: string | null;
  /** Paths of this machine. */
  writable: string[];
  unreadable: string[];
  /** `public`: all but this machine, private networks and the address where clouds hand out secrets. `listed`: `domains` alone. */
  network: "all" | "public" | "listed";
  domains: string[];
  /** How many they may be at once; null: no bound. */
  processes: number | null;
}

/** What follows a finished run; decided once, when it finishes, and recorded so that history explains itself. */
export type RunSequel =
  /** The task is over and good; `task.completed` follows in the same commit. */
  | "complete"
  /** A plan waits for approval. */
  | "approve"
  /** Back in the queue with the same worktree and session. */
  | "resume"
  /** The worktree is saved and removed, then the task retries, fails or is cancelled (`settle`). */
  | "settle";

/** A branch to be merged into a task's own, for its agent to solve what conflicts. */
export interface MergeWanted {
  target: string;
  /** What it was at when the conflict was found. */
  commit: string;
  /** Of the landing that it stands in the way of. */
  method: LandingMethod;
}

export type PullRequestState = "open" | "merged" | "closed";

export const landingOutcomes = [
  "landed",
  /** The work and its target cannot be joined without a decision: `conflicts` are the paths. */
  "conflict",
  /** The check of the integrated result is red. */
  "check_failed",
  /** The target went elsewhere meanwhile, again and again. */
  "moved",
  /** By git, by a rule or by a person; `error` says why. */
  "refused",
] as const;
export type LandingOutcome = typeof landingOutcomes[number];

/** Where on a change, or on a plan, a comment stands. */
export interface CommentAnchor {
  /** Of the file; empty for a plan. */
  path: string;
  /** The version of the file; `plan`: the plan's text. */
  side: "old" | "new" | "plan";
  /** From 1. */
  line: number;
  /** The text of that line. */
  quote: string;
  /** The id of the file's content in git, where it is known. */
  blob: string | null;
}

/** Why the scheduler chose this task at this moment. */
export interface ClaimReason {
  free_slots: number;
  /** 1 = first in dispatch order. */
  rank: number;
  /** The next in order, ten at most. */
  candidates: number[];
  /** How many tasks were eligible. */
  count: number;
}

/** The data of each event type; docs/design/events.md explains them. */
export interface EventData {
  "task.created": TaskSpec;
  "task.edited": Partial<TaskSpec>;
  "task.cancel_requested": Record<never, never>;
  /**
   * Its place among the pending tasks of its priority: the lower `order` goes first, and one that was never moved has its id.
   * `before`, `after`: next to which task it was put; neither: it made room for another one.
   */
  "task.moved": { order: number; before?: number; after?: number };
  "run.claimed": {
    worker: string;
    epoch: number;
    attempt: number;
    /** A UUID; every process of the run carries `PERSONAL_RUN_{mark}=1`. */
    mark: string;
    why: ClaimReason;
    /** When the last of what it depends on was done; absent where it depends on nothing. */
    ready_at?: string;
  };
  "worktree.added": {
    branch: string;
    path: string;
    base: string;
    base_commit: string;
    /** The worker on whose disk it is. */
    worker: string;
    /** Refs under which an earlier, stale branch of this name was kept. */
    kept?: string[];
    /** Its folder was gone or broken and was put back at this commit; the session goes on there. */
    restored?: string;
    /** The first of the task's ten ports. */
    port?: number;
    /** The branch that it began on, and lands in where nobody says. */
    target?: string;
    /** The name of that worker. */
    worker_name?: string;
    /** Its work came from the exchange, where this worker had left it: the task goes on there in a new session. */
    from?: string;
  };
  /** The worktree, or its repository, was moved by a person while nothing ran; found when the next run began. */
  "worktree.moved": { branch: string; from: string; path: string; worker: string };
  /**
   * Files of the main checkout that are not in git and that `.worktreeinclude` names were copied. `files`: their paths, the
   * first 200.
   */
  "files.included": { files: string[]; count: number; bytes: number };
  /** A task that goes on has other ports than before: `count` of them, from `first` on. */
  "ports.reserved": { first: number; count: number };
  /** Once for a run, before its setup. */
  "sandbox.applied": Confinement;
  "setup.started": { command: string; timeout_seconds: number } & StepSubject;
  "setup.output": { text: string } & StepSubject;
  /** `left`: how many processes it left running; they end with the run, and the task's next run sets up again. */
  "setup.finished": StepEnd & { left?: number };
  /**
   * `round`: 1 is the first of its run. `commit`: what is judged. What was not committed (`uncommitted` files, the first 50
   * in `files`) is set aside meanwhile under the ref `aside`.
   */
  "check.started": {
    command: string;
    timeout_seconds: number;
    round: number;
    commit: string;
    uncommitted: number;
    files?: string[];
    aside?: { ref: string; commit: string };
  } & StepSubject;
  "check.output": { text: string } & StepSubject;
  "check.finished": StepEnd & { round: number; commit: string };
  /** Before the worktree goes. */
  "cleanup.started": { command: string; timeout_seconds: number } & StepSubject;
  "cleanup.output": { text: string } & StepSubject;
  "cleanup.finished": StepEnd;
  /** What the run told its agent of its own accord. */
  "followup.sent": { because: "uncommitted" | "check_failed"; text: string };
  "run.started": {
    pid: number;
    session_id: string;
    agent: string;
    args: string[];
    /** Whether the session is an earlier one. */
    resumed: boolean;
  };
  "agent.ready": { model: string; session_id: string; version: string };
  "output.text": { text: string; subagent?: string };
  "output.thinking": { text: string; subagent?: string };
  "output.tool_use": { id: string; name: string; summary: string; input: unknown; subagent?: string };
  "output.tool_result": {
    id: string;
    is_error: boolean;
    text: string;
    subagent?: string;
    /** In their order; absent: none. */
    images?: ResultImage[];
  };
  /** `raw`: the whole line, as JSON, of a kind that is not known here; for readers of the log. */
  /** The agent has said nothing since then; once for each silence. `background`: what works meanwhile, in words. */
  "run.silent": { since: string; background: string | null };
  /** It spoke again, or its session was over. */
  "run.silence_ended": { seconds: number };
  "output.notice": { kind: string; text: string; raw?: string };
  "output.stderr": { text: string };
  "output.raw": { text: string };
  /** `estimated_cost_usd`: by what such tokens of that model cost before; absent when nothing is known. */
  "usage.counted": Usage & { message_id: string; model?: string; estimated_cost_usd?: number };
  /** The agent's own list changed. `whole`: these are all of it. */
  "todos.changed": { changes: TodoChange[]; whole: boolean };
  /** What the agent runs in the background changed. `waiting`: its turn is over, and the run waits for these to end. */
  "background.changed": { tasks: BackgroundTask[]; waiting: boolean };
  /**
   * What all worktrees of the repository share of its git folder (hooks, configuration and the like) was changed, and was put
   * back. `changes`: the first 50, by paths within that folder; `count`: how many. `ref` keeps the changed files, as `commit`.
   */
  "git_folder.restored": {
    /** `note`: what could not be kept or undone, and why. */
    changes: { path: string; change: "added" | "changed" | "removed"; note?: string }[];
    count: number;
    ref: string | null;
    commit: string | null;
  } & StepSubject;
  /** Looked for at the end of a run. */
  "work.strayed": { found: StrayWork[] };
  /**
   * The files as they were: at the end of a run (`run-3`), or when a message reached the agent (`message-41`). `ref` holds the
   * commit; null: it is the base itself.
   */
  "work.saved": { name: string; ref: string | null; commit: string };
  /** The files as they were found after event `after`, the result of a tool: a commit after the others under the run's `ref`. */
  "files.kept": { ref: string; commit: string; after: number };
  /** On a store with several workers: a run's branch moved to `commit`, the last of `commits` since its base. */
  "work.committed": { commit: string; commits: number };
  /**
   * The exchange of the repository was given the branch at `commit`, the last of `commits` since its base, and the refs of the
   * task. `content`: the commit with what was not committed besides, where there was any. `url`: without a password.
   */
  "work.exchanged": { url: string; branch: string; commit: string; commits: number; content?: string };
  /**
   * A worker whose task went on elsewhere came back and saved what its run had left: under `ref`, with `commits` that are not
   * in the task's branch. `exchanged`: every worker of the repository can have it. The event is of no run: that one is over.
   */
  "work.left": {
    run: number;
    worker: string;
    worker_name: string;
    ref: string;
    commit: string;
    commits: number;
    exchanged: boolean;
  };
  /** The target was merged into the branch for the agent: `conflicts` are the paths that it is to solve. */
  "merge.started": { target: string; commit: string; conflicts: string[] };
  "plan.proposed": { plan: string };
  "plan.approved": Record<never, never>;
  /** `comments`: the ids of those that are part of it. */
  "plan.rejected": { feedback: string; comments?: number[] };
  /** `resolve`: what is merged first; the words are about that. */
  "message.added": { text: string; comments?: number[]; resolve?: MergeWanted };
  /** `message` is the seq of the `message.added` that reached the agent. */
  "message.sent": { message: number };
  "run.finished": {
    outcome: Outcome;
    then: RunSequel;
    /** It was cut short before its agent began: no interruption that counts. */
    uncounted?: boolean;
    exit_code: number | null;
    signal: string | null;
    /** The agent's last words. */
    result: string | null;
    usage: Usage | null;
    /** Of this run alone; 0 when it is unknown. */
    cost_usd: number;
    /** Absent in older histories: `reported`. */
    cost_basis?: CostBasis;
    /** What the session has used in all its runs, when the agent counts that way. */
    session_total?: { usage: Usage; cost_usd: number };
    duration_ms: number;
    error: string | null;
    /** Files changed but not committed when the run ended. */
    uncommitted: number | null;
    lines_added: number | null;
    lines_removed: number | null;
  };
  "worktree.snapshotted": {
    ref: string;
    commit: string;
    run: number;
    /** What repositories inside the worktree alone held, each under a ref of its own. */
    nested?: { path: string; ref: string; commit: string }[];
  };
  "worktree.removed": {
    path: string;
    branch: string;
    reason: string;
    /** Where the branch stood, when others have that commit and so no snapshot was needed. */
    commit?: string;
  };
  /** A snapshot or removal failed: the worktree stays, and this says why. */
  "worktree.kept": { path: string; branch: string; reason: string };
  /** Retention: `CODER_RETENTION_DAYS` after the task's end. */
  "snapshot.removed": { ref: string; commit: string; reason: string };
  "raw_log.removed": { bytes: number; reason: string };
  "task.retry_scheduled": {
    due_at: string;
    /** The number of the attempt to come; 1 when a person asked for it. */
    attempt: number;
    reason: string;
  };
  /** `review`: it changed something that somebody is to look at. */
  "task.completed": { output: string; review?: true };
  /** `error`: its start; the whole is in `run.finished`. */
  "task.failed": { error: string; reason: Outcome };
  "task.cancelled": { reason: string };
  /** Its work was taken elsewhere by a person; it is left as it stands. */
  "task.accepted": Record<never, never>;
  /** Its work is not wanted: it is saved and put away. */
  "task.discarded": Record<never, never>;
  /** `ids` are numbers of the task's own, from 1. */
  "comment.added": CommentAnchor & { id: number; text: string };
  "comment.edited": { id: number; text: string };
  "comment.deleted": { id: number };
  "comment.resolved": { id: number; resolved: boolean };
  /**
   * `message`: of the commits that are made; null: as it is by default. `auto`: nobody asked, it is the task's or its
   * repository's way. `leave_uncommitted`: what is not committed stays behind, saved.
   */
  "landing.requested": {
    method: LandingMethod;
    target: string;
    message: string | null;
    auto?: true;
    leave_uncommitted?: true;
  };
  /** The target at `target_commit` and the work are joined in `commit`, which was checked: the target may move now. */
  "landing.integrated": { method: LandingMethod; target: string; target_commit: string; commit: string };
  /**
   * `commit`: what the target is at. `backup_ref` holds what it was at before. `conflicts`: paths, the first 200.
   */
  "landing.finished": {
    outcome: LandingOutcome;
    method: LandingMethod;
    target: string;
    target_commit: string | null;
    commit: string | null;
    backup_ref: string | null;
    conflicts?: string[];
    error: string | null;
  };
  /** `url`: of the remote, without a password. */
  "branch.pushed": { remote: string; url: string; branch: string; commit: string };
  "pull_request.opened": { url: string; number: number; title: string };
  "pull_request.changed": { url: string; state: PullRequestState };
  "service.started": { worker: string; name: string; version: string; agent: string; pid: number };
  "service.stopped": { worker: string; reason: string };
  "service.paused": { worker: string; reason: string; until: string | null };
  "service.resumed": { worker: string };
  /** `worker` is to finish what it runs and to claim nothing more, until it is resumed. */
  "service.draining": { worker: string; by: string };
  /** How many runs there may be at once on `worker`; null: as its configuration says. */
  "service.slots_changed": { worker: string; slots: number | null };
  /** A token of a scope can be used from now on, or no more. It is in no event, and neither is what is kept of it. */
  "token.created": { name: string; scope: Scope };
  "token.revoked": { name: string };
  /** A person gave `worker` a repository beside the configured ones: the top folder of its working tree. */
  "repository.added": { worker: string; name: string; path: string };
  /** And took it away again. */
  "repository.removed": { worker: string; name: string };
  "service.noticed": { worker: string; kind: string; text: string };
  /** `next_at`, here and below: the time that comes next; null: none. */
  "schedule.created": {
    schedule: number;
    name: string;
    cron: string;
    timezone: string;
    overlap: Overlap;
    task: TaskTemplate;
    next_at: string | null;
  };
  "schedule.changed": {
    schedule: number;
    name?: string;
    cron?: string;
    timezone?: string;
    overlap?: Overlap;
    enabled?: boolean;
    task?: TaskTemplate;
    /** Absent: as before. */
    next_at?: string | null;
  };
  /** In the commit that makes `task`. `due_at`: null when a person asked. `missed`: times since that are not made good. */
  "schedule.fired": { schedule: number; due_at: string | null; task: number; missed: number; next_at: string | null };
  /** A time waits for the end of `behind`. */
  "schedule.held": { schedule: number; due_at: string; behind: number; missed: number; next_at: string | null };
  "schedule.skipped": { schedule: number; due_at: string; reason: string; missed: number; next_at: string | null };
  "schedule.deleted": { schedule: number };
  /** `secret`: what its address and secret are kept under. `after`: the commit after which its events begin. */
  "webhook.created": {
    webhook: number;
    name: string;
    format: WebhookFormat;
    origin: string;
    events: EventType[];
    secret: string;
    after: string;
  };
  "webhook.changed": {
    webhook: number;
    name?: string;
    origin?: string;
    events?: EventType[];
    secret?: string;
    enabled?: boolean;
  };
  /** Nothing more is sent: its receiver does not want it, or did not take it for days. */
  "webhook.ended": { webhook: number; reason: string };
  "webhook.deleted": { webhook: number };
  /** Which issues become tasks, and of which repository here; as a whole each time. */
  "github.connected": Github;
  "github.disconnected": Record<never, never>;
}

export type EventType = keyof EventData;

/** What a decision yields: an event before the log gave it its place. */
export type NewEvent = {
  [T in EventType]: {
    type: T;
    data: EventData[T];
    run?: number;
    /** When, by whom and in which version it was written in another store; absent: now and here. */
    original?: { at: string; by: string; v: number };
  };
}[EventType];

interface Envelope {
  /** 1..n per task without a gap. */
  seq: number;
  /** ISO 8601, UTC, with ms; never goes back within a task. */
  at: string;
  task: number;
  /** The number of the run within its task (the lease's epoch). */
  run?: number;
  /** Who wrote it: `api`, `ui`, `cli`, `mcp` (caller.ts), `scheduler`, or a worker and its epoch such as `laptop/3`. */
  by?: string;
  /** The schema version of the type. */
  v: number;
}

export type TaskEvent = { [T in EventType]: Envelope & { type: T; data: EventData[T] } }[EventType];
export type TaskEventOf<T extends EventType> = Extract<TaskEvent, { type: T }>;

/** The schema version that this program writes; every type not named here is at 1. */
export function versionOf(_type: EventType): number {
  return 1;
}

/** Whether a task's history says "over" with this event. */
export function isTerminal(type: string): boolean {
  return type === "task.completed" || type === "task.failed" || type === "task.cancelled";
}
