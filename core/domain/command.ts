// What can be asked of a task. decide.ts says what each leads to.

import type { ScheduleCommand } from "./decide_schedule.ts";
import type { WebhookCommand } from "./decide_webhook.ts";
import type { Task } from "./task.ts";
import type { ClaimReason, CommentAnchor, CostBasis, EventData, MergeWanted, NewEvent } from "./event.ts";
import type { TaskSpec } from "./task_spec.ts";

/** How a run ended, as the runner saw it; what follows from it is decided. */
export type RunEnd = Omit<EventData["run.finished"], "then" | "uncounted" | "cost_usd" | "cost_basis"> & {
  /** US dollars of this run; null: its agent gave no account of it. */
  cost_usd: number | null;
  cost_basis?: CostBasis;
};

export type LandingRequest = EventData["landing.requested"];

/** How a landing ended; the rest is known. */
export type LandingResult = Omit<EventData["landing.finished"], "method" | "target">;

export type Command =
  | { type: "create"; spec: TaskSpec }
  /** `seq`: the version the caller saw (`If-Match`), or null for "whatever it is". */
  | { type: "edit"; changes: Partial<TaskSpec>; seq: number | null }
  | { type: "cancel" }
  | { type: "move" } & EventData["task.moved"]
  /** `changes`: of its spec, in the same transition. */
  | { type: "retry"; changes?: Partial<TaskSpec> }
  /** `changes`: for a task that is over and goes on. */
  | { type: "add_message"; text: string; changes?: Partial<TaskSpec>; resolve?: MergeWanted }
  | { type: "approve_plan" }
  | { type: "reject_plan"; feedback: string }
  | { type: "accept" | "discard" }
  | { type: "add_comment"; anchor: CommentAnchor; text: string }
  | { type: "change_comment"; id: number; text?: string; resolved?: boolean }
  | { type: "delete_comment"; id: number }
  /**
   * Sends comments to the agent, as one message or, of a plan that waits, as what is to be changed of it. `text`: the words, made
   * of those of `ids` as they were after event `seen`. Of none of which is not sent yet nothing follows.
   */
  | { type: "send_comments"; ids: number[]; text: string; seen: number; changes?: Partial<TaskSpec> }
  | { type: "land"; request: LandingRequest }
  /** Events of an open landing, by the seq of its request; `holder`: the worker that has the work, as who lands it knows. */
  | { type: "record_landing"; landing: number; holder: string; events: NewEvent[] }
  /** `resolve`: words for the agent, which is to solve what conflicts; the task goes on with them. */
  | {
    type: "finish_landing";
    landing: number;
    holder: string;
    end: LandingResult;
    resolve?: { text: string; merge: MergeWanted };
  }
  /** The work of a task that is over came here from the exchange; `from`: the worker that had it. */
  | { type: "adopt_place"; from: string; event: NewEvent }
  /** A fact about where its work went besides. */
  | { type: "note_outgoing"; event: NewEvent; epoch?: number }
  /** `planned`: what the plan went by; a task that was edited since is not claimed on it. */
  | {
    type: "claim";
    worker: string;
    mark: string;
    why: ClaimReason;
    planned?: Pick<Task, "depends_on" | "repo" | "due_at" | "labels">;
    /** As `run.claimed` has it. */
    ready_at?: string;
  }
  /** Events of an open run. */
  | { type: "record"; run: number; events: NewEvent[] }
  /** `changed`: the work differs from its base. `landing`: how it is to land by itself, if it is good and should. */
  | { type: "finish_run"; run: number; end: RunEnd; changed?: boolean; landing?: LandingRequest | null }
  /** Facts about the worktree of a task that is not running: saved, removed, kept. `holder`: the worker that had it. */
  | { type: "archive_worktree"; holder?: string; events: NewEvent[] }
  /** Facts about what retention removes of a finished task. `seq`: the version it was judged by. */
  | { type: "record_retention"; events: NewEvent[]; seq: number }
  /** The worktree is put away: retry, fail or cancel now. */
  | { type: "settle" }
  /** The next events of a history that comes from another store; the first ones make the task. `after`: of its last. */
  | { type: "import"; after: number; events: NewEvent[] }
  /** A fact about the service itself, for its own log: task 0. The next ones are for that log, too. */
  | { type: "note"; event: NewEvent }
  | ScheduleCommand
  | WebhookCommand;
