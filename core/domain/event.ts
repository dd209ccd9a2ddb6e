// The events: the only source of truth. A task's state is the fold of its events (task.ts), and nothing else.
//
// An event, once written, is never changed. A new field is optional or raises `v` and gets an upcaster (upcast.ts). Types
// are added, never renamed. Events of task 0 are facts about the service itself.

/** Token counts, as the Messages API reports them. */
export interface Usage {
  input_tokens: number;
  output_tokens: number;
  cache_read_tokens: number;
  cache_write_tokens: number;
}

export type Mode = "execute" | "plan";

/** How much the model thinks; claude's `--effort`. */
export const efforts = ["low", "medium", "high", "xhigh", "max"] as const;
export type Effort = typeof efforts[number];

/** What a model's name may be, of at most 100 characters: nothing that claude's command line could take for something else. */
export const modelPattern = /^[A-Za-z0-9][\w.:@/[\]-]*$/;

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

/** What the submitter chose. `null` means "not set". */
export interface TaskSpec {
  title: string;
  prompt: string;
  /** Higher goes first. */
  priority: number;
  depends_on: number[];
  /** The name of a configured repository. */
  repo: string;
  /** A branch, tag or commit, or `task:12` for task 12's branch; `null`: the repository's HEAD. */
  base: string | null;
  model: string | null;
  /** Absent where it was not a choice yet; so is the next. */
  effort?: Effort | null;
  /** Models to fall back to when the chosen one is busy, with commas between them. */
  fallback_model?: string | null;
  mode: Mode;
  max_attempts: number;
  /** Per run. */
  timeout_seconds: number | null;
  /** For all runs of the task together. */
  max_budget_usd: number | null;
  /** The command line that judges the result; `null`: none. Absent, as the next: as the repository's `coder.json` says. */
  check?: string | null;
  /** Whether the agent is asked to commit what it left uncommitted. */
  commit_reminder?: boolean;
  /** `auto`: what is good lands by itself; `null`: not, whatever the repository says. Absent: as its `coder.json` says. */
  land?: "auto" | null;
  /** No agent works: setup and check are tried on the base, in a worktree that goes afterwards. */
  trial?: true;
}

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
  "run.claimed": {
    worker: string;
    epoch: number;
    attempt: number;
    /** A UUID; every process of the run carries `PERSONAL_RUN_{mark}=1`. */
    mark: string;
    why: ClaimReason;
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
  "output.tool_result": { id: string; is_error: boolean; text: string; subagent?: string };
  /** `raw`: the whole line, as JSON, of a kind that is not known here; for readers of the log. */
  "output.notice": { kind: string; text: string; raw?: string };
  "output.stderr": { text: string };
  "output.raw": { text: string };
  /** `estimated_cost_usd`: by what such tokens of that model cost before; absent when nothing is known. */
  "usage.counted": Usage & { message_id: string; model?: string; estimated_cost_usd?: number };
  /** What the agent runs in the background changed. `waiting`: its turn is over, and the run waits for these to end. */
  "background.changed": { tasks: BackgroundTask[]; waiting: boolean };
  /** Looked for at the end of a run. */
  "work.strayed": { found: StrayWork[] };
  /**
   * The files as they were: at the end of a run (`run-3`), or when a message reached the agent (`message-41`). `ref` holds the
   * commit; null: it is the base itself.
   */
  "work.saved": { name: string; ref: string | null; commit: string };
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
  "service.noticed": { worker: string; kind: string; text: string };
}

export type EventType = keyof EventData;

/** What a decision yields: an event before the log gave it its place. */
export type NewEvent = { [T in EventType]: { type: T; data: EventData[T]; run?: number } }[EventType];

interface Envelope {
  /** 1..n per task without a gap. */
  seq: number;
  /** ISO 8601, UTC, with ms; never goes back within a task. */
  at: string;
  task: number;
  /** The number of the run within its task (the lease's epoch). */
  run?: number;
  /** Who wrote it: `api`, `ui`, `scheduler`, or a worker and its epoch such as `laptop/3`. */
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
