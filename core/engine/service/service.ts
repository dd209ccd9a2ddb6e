// What the routes can ask of the engine: every command and every question, in the words of the API.

import type { BoardView } from "../../view/board_view.ts";
import type { EventPage, Health, NewTask, RepositoryView, TaskPage } from "../../view/api_view.ts";
import type { CommentAnchor, LandingMethod } from "../../domain/event.ts";
import type { Status } from "../../domain/task.ts";
import type { Compared } from "../../process/git/worktrees.ts";
import type { CommentView, LandingPreviewView, OutgoingView, TaskComments } from "../../view/review_view.ts";
import type { TaskView } from "../../view/task_view.ts";
import type { Why } from "../../view/why.ts";
import type { Published } from "../../kv/event_record.ts";
import type { Counted } from "./counters.ts";
import type { Feed, FeedPage, Positions } from "./feed.ts";

export type { BoardView, EventPage, FeedPage, Health, NewTask, Published, RepositoryView, TaskPage };

export interface Caller {
  /** `api` or `ui`. */
  by: string;
}

/** What a message may change of a task that goes on with it. */
export type MessageChanges = Partial<Pick<NewTask, "model" | "effort" | "timeout_seconds" | "max_budget_usd">>;

/** Two named moments, or the one of an event. `from`: by default `merge-base`; `to`: `now`. */
export interface DiffQuery {
  from?: string;
  to?: string;
  at?: number;
  ignoreSpace?: boolean;
}

/** Absent: as the repository says, or as it was the last time. */
export interface LandingChoice {
  target?: string;
  method?: LandingMethod;
}

/** The present state and what was counted since the start, for `GET /metrics`. */
export interface Measures {
  /** Of the whole store. */
  tasks: Record<Status, number>;
  /** Pending tasks by what they can do now. */
  pending: Record<"ready" | "waiting" | "stuck", number>;
  slots: { free: number; total: number };
  /** What keeps this worker from claiming; `repository`: tasks of one at least. */
  paused: Record<"environment" | "repository" | "agent" | "disk" | "lease", boolean>;
  counted: Counted;
}

export interface Service {
  create(
    input: NewTask,
    options: Caller & { idempotencyKey: string | null },
  ): Promise<{ task: TaskView; created: boolean }>;
  edit(id: number, changes: Partial<NewTask>, options: Caller & { seq: number | null }): Promise<TaskView>;
  cancel(id: number, caller: Caller): Promise<TaskView>;
  /** `changes`: of the task, in the same step. */
  retry(id: number, changes: Partial<NewTask>, caller: Caller): Promise<TaskView>;
  /** `changes`: of a task that is over and goes on with the message. */
  addMessage(id: number, message: { text: string; changes: MessageChanges }, caller: Caller): Promise<TaskView>;
  /** A trial of a repository's setup and check on the base, by default its HEAD: a task of its own. */
  tryRepository(name: string, base: string | null, caller: Caller): Promise<TaskView>;
  approvePlan(id: number, caller: Caller): Promise<TaskView>;
  rejectPlan(id: number, feedback: string, caller: Caller): Promise<TaskView>;

  list(options: { status: Status | null; q: string | null; limit: number; cursor: string | null }): Promise<TaskPage>;
  /** The whole task now, or as it was right after event `at`. Throws `not_found`. */
  read(id: number, options?: { at?: number }): Promise<TaskView>;
  board(): Promise<BoardView>;
  events(id: number, options: { after: number; limit: number }): Promise<EventPage>;
  /** The whole history after `after` as NDJSON. */
  eventLines(id: number, options: { after: number }): Promise<ReadableStream<Uint8Array>>;
  /**
   * History after the positions, then live: the one way to follow a task, several, or the whole store. Throws `not_found`
   * when a task is not there, unless changes are followed too.
   */
  follow(positions: Positions): Promise<Feed>;
  /** Why it runs or waits, now or right after event `at`. */
  why(id: number, options?: { at?: number }): Promise<Why>;
  /** The history as one file: a header line, then the events. */
  exportTask(id: number): Promise<ReadableStream<Uint8Array>>;
  diff(id: number, query: DiffQuery): Promise<Compared>;
  /** The bytes of a file, 10 MiB at most, at a named moment. */
  file(id: number, options: { path: string; at: string }): Promise<Uint8Array>;
  /** The commits as an mbox. */
  patch(id: number): Promise<ReadableStream<Uint8Array>>;

  comments(id: number): Promise<TaskComments>;
  addComment(id: number, comment: CommentAnchor & { text: string }, caller: Caller): Promise<CommentView>;
  changeComment(
    id: number,
    comment: number,
    changes: { text?: string; resolved?: boolean },
    caller: Caller,
  ): Promise<CommentView>;
  deleteComment(id: number, comment: number, caller: Caller): Promise<void>;
  /** `ids`: by default all that are open and were not sent. Those that were sent are not sent again. */
  sendComments(
    id: number,
    options: { ids?: number[]; text?: string; changes: MessageChanges },
    caller: Caller,
  ): Promise<TaskView>;

  previewLanding(id: number, choice: LandingChoice): Promise<LandingPreviewView>;
  /** Puts it into the merge queue. */
  land(
    id: number,
    request: LandingChoice & { message?: string; leave_uncommitted?: boolean },
    caller: Caller,
  ): Promise<TaskView>;
  /** The agent is told to solve what conflicts with the target. */
  resolveConflicts(id: number, choice: LandingChoice, caller: Caller): Promise<TaskView>;
  accept(id: number, caller: Caller): Promise<TaskView>;
  discard(id: number, caller: Caller): Promise<TaskView>;
  outgoing(id: number): Promise<OutgoingView>;
  push(id: number, options: { remote?: string }, caller: Caller): Promise<TaskView>;
  openPullRequest(
    id: number,
    request: { title?: string; body?: string; draft?: boolean; target?: string; remote?: string },
    caller: Caller,
  ): Promise<TaskView>;
  /** Asks what became of the pull request. */
  lookAtPullRequest(id: number, caller: Caller): Promise<TaskView>;

  log(id: number): Promise<ReadableStream<Uint8Array>>;
  /** The configured repositories as they stand now, with what holds for work that starts at their HEAD. */
  repositories(): Promise<RepositoryView[]>;
  /** The JSON Schema of `coder.json`. */
  projectSchema(): Record<string, unknown>;
  health(): Promise<Health>;
  /** Ends a pause of this worker's dispatch now, whatever its reason; the condition then. */
  resume(): Promise<Health>;
  /** What can be told in numbers, without a look into the history. */
  measures(): Promise<Measures>;
}
