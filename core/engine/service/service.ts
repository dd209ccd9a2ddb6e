// What the routes can ask of the engine: every command and every question, in the words of the API.

import type {
  DeliveryTry,
  DeliveryView,
  GithubAnswer,
  GithubChoice,
  GithubView,
  NewSchedule,
  NewWebhook,
  ScheduleChanges,
  ScheduleView,
  WebhookAnswer,
  WebhookChanges,
  WebhookView,
} from "../../view/automation_view.ts";
import type { AccessTokenView, NewAccessToken } from "../../view/access_token_view.ts";
import type { BoardView } from "../../view/board_view.ts";
import type { ImportLines } from "./history.ts";
import type {
  EventHits,
  EventPage,
  Health,
  LogHits,
  NewTask,
  RepositoryView,
  Spending,
  Stored,
  TaskPage,
} from "../../view/api_view.ts";
import type { TokenIdentity } from "../../domain/access_token.ts";
import type { CommentAnchor, LandingMethod } from "../../domain/event.ts";
import type { SandboxLevel } from "../../domain/sandbox.ts";
import type { Status } from "../../domain/task.ts";
import type { Compared, FolderContent } from "../../process/git/worktrees.ts";
import type { CommentView, LandingPreviewView, OutgoingView, TaskComments } from "../../view/review_view.ts";
import type { ActivityView, InsightDays, SlotsView } from "../../view/insights_view.ts";
import type { RepositoryPlace, SettingsView } from "../../view/settings_view.ts";
import type { TaskView } from "../../view/task_view.ts";
import type { WorkerView } from "../../view/workers_view.ts";
import type { Why } from "../../view/why.ts";
import type { StoredImage } from "../../process/claude/claude_images.ts";
import type { Published } from "../../kv/event_record.ts";
import type { Whereabouts } from "../exchange/work_places.ts";
import type { GithubEvent } from "../github/issue_task.ts";
import type { Counted } from "./counters.ts";
import type { TaskFilter } from "./task_search.ts";
import type { Feed, FeedPage, Positions } from "./feed.ts";

export type {
  BoardView,
  EventPage,
  FeedPage,
  Health,
  ImportLines,
  NewTask,
  Published,
  RepositoryView,
  TaskPage,
  Whereabouts,
};

export interface Caller {
  /** As caller.ts has it. */
  by: string;
}

/** `cursor`: where the page before ended. */
export type ListQuery = TaskFilter & { limit: number; cursor: string | null };

/** A place in the queue among the pending tasks of one priority. */
export type QueueTarget = { to: "first" | "last" } | { before: number } | { after: number };

/** What a message may change of a task that goes on with it. */
export type MessageChanges = Partial<
  Pick<NewTask, "model" | "effort" | "timeout_seconds" | "silence_seconds" | "max_budget_usd">
>;

/** `at`: the event that a fork goes on from; the rest is as it was then where it is absent. */
export interface ForkChoice {
  at: number;
  prompt?: string;
  title?: string;
  priority?: number;
}

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
  /** How far runs are confined that ask for nothing more. */
  sandbox: SandboxLevel;
  stored: Stored;
  counted: Counted;
}

/** A request of GitHub: its id and signature, its body as it came, and what that says. */
export interface GithubDelivery {
  delivery: string;
  signature: string;
  text: string;
  /** Called once the signature is known to be right. Throws `invalid` for what GitHub does not send. */
  read(): GithubEvent;
}

export interface Service {
  create(
    input: NewTask,
    options: Caller & { idempotencyKey: string | null },
  ): Promise<{ task: TaskView; created: boolean }>;
  edit(id: number, changes: Partial<NewTask>, options: Caller & { seq: number | null }): Promise<TaskView>;
  cancel(id: number, caller: Caller): Promise<TaskView>;
  /** Gives a pending task another place among those of its priority. */
  move(id: number, target: QueueTarget, caller: Caller): Promise<TaskView>;
  /** `changes`: of the task, in the same step. */
  retry(id: number, changes: Partial<NewTask>, caller: Caller): Promise<TaskView>;
  /** `changes`: of a task that is over and goes on with the message. */
  addMessage(id: number, message: { text: string; changes: MessageChanges }, caller: Caller): Promise<TaskView>;
  /** A trial of a repository's setup and check on the base, by default its HEAD: a task of its own. */
  tryRepository(name: string, base: string | null, caller: Caller): Promise<TaskView>;
  /** A new task that goes on from a moment of another one. */
  fork(
    id: number,
    choice: ForkChoice,
    options: Caller & { idempotencyKey: string | null },
  ): Promise<{ task: TaskView; created: boolean }>;
  approvePlan(id: number, caller: Caller): Promise<TaskView>;
  rejectPlan(id: number, feedback: string, caller: Caller): Promise<TaskView>;

  list(query: ListQuery): Promise<TaskPage>;
  /** The whole task now, or as it was right after event `at`. Throws `not_found`, also when there is no such event. */
  read(id: number, options?: { at?: number }): Promise<TaskView>;
  board(): Promise<BoardView>;
  events(id: number, options: { after: number; limit: number }): Promise<EventPage>;
  /** Events with a text in them. */
  searchEvents(id: number, options: { q: string; after: number; limit: number }): Promise<EventHits>;
  /** Lines of the raw log with a text in them. Throws `not_found` as `log` does. */
  searchLog(id: number, options: { q: string; cursor: string | null; limit: number }): Promise<LogHits>;
  /** The whole history after `after` as NDJSON. */
  eventLines(id: number, options: { after: number }): Promise<ReadableStream<Uint8Array>>;
  /**
   * History after the positions, then live: the one way to follow a task, several, or the whole store. Throws `not_found`
   * when a task is not there, unless changes are followed too.
   */
  follow(positions: Positions): Promise<Feed>;
  /** Where `follow` goes on after what is read from now on: its `changes.after`. */
  cursor(): string;
  /** Why it runs or waits, now or right after event `at`. Throws `not_found` as `read` does. */
  why(id: number, options?: { at?: number }): Promise<Why>;
  /** The history as one file: a header line, the events, and with `bundle` its files; `thin`: without what its base has. */
  exportTask(id: number, options?: { bundle?: "whole" | "thin" }): Promise<ReadableStream<Uint8Array>>;
  /**
   * Takes such a file in, in the repository `repo`; null: the one of its name there. `lacking`: why its files are not here,
   * null where they are. See import_task.ts.
   */
  importTask(
    file: ReadableStream<Uint8Array>,
    options: Caller & { lines: ImportLines; repo: string | null },
  ): Promise<{ task: TaskView; created: boolean; lacking: string | null }>;
  diff(id: number, query: DiffQuery): Promise<Compared>;
  /** The bytes of a file, 10 MiB at most, at a named moment. */
  file(id: number, options: { path: string; at: string }): Promise<Uint8Array>;
  /** What is in a folder at a named moment, the first 2,000; `path` is empty for the top. */
  folder(id: number, options: { path: string; at: string }): Promise<FolderContent>;
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

  /** The raw log from byte `from` on, and how many bytes it has in all. */
  log(id: number, options?: { from?: number }): Promise<{ stream: ReadableStream<Uint8Array>; bytes: number }>;
  /** Image `index` of what tool call `call` answered, from the raw log. Throws `not_found` also when the log is gone. */
  resultImage(id: number, options: { call: string; index: number }): Promise<StoredImage>;
  /** Where what a task has on a disk is: its worktree, its raw log. */
  whereabouts(id: number): Promise<Whereabouts>;
  /** The configured repositories as they stand now, with what holds for work that starts at their HEAD. */
  repositories(): Promise<RepositoryView[]>;
  /** Gives this worker another repository; `name`: by default as its folder. Throws `invalid` or `conflict`. */
  addRepository(repository: { path: string; name: string | null }, caller: Caller): Promise<RepositoryPlace>;
  /** Takes an added one away again. Throws `not_found`, or `conflict` while a task of it is not finished. */
  removeRepository(name: string, caller: Caller): Promise<void>;
  /** How this service is set up. */
  settings(): Promise<SettingsView>;
  /** The JSON Schema of `coder.json`. */
  projectSchema(): Record<string, unknown>;
  health(): Promise<Health>;
  /** Why requests about tasks cannot be answered at the moment, in one sentence; null: they can. */
  obstacle(): Promise<string | null>;
  /** Ends a pause of this worker's dispatch now, whatever its reason; the condition then. */
  resume(): Promise<Health>;
  /** This worker, and the others as they were heard of last. */
  workers(): WorkerView[];
  /**
   * Asks a worker (`self`: this one) to claim nothing more, or to claim again; it then. Another one learns it within seconds.
   * Throws `not_found`.
   */
  drain(worker: string, wanted: boolean, caller: Caller): Promise<WorkerView>;
  /** Asks a worker for another number of runs at once; null: as it was configured. Throws as `drain`, and `conflict` for a door. */
  setSlots(worker: string, slots: number | null, caller: Caller): Promise<WorkerView>;
  /** What was spent since a moment (ISO 8601). */
  spending(since: string): Promise<Spending>;
  schedules(): Promise<ScheduleView[]>;
  /** Each about schedules throws `invalid` for a time or a task that cannot be, and `not_found`. */
  createSchedule(schedule: NewSchedule, caller: Caller): Promise<ScheduleView>;
  changeSchedule(id: number, changes: ScheduleChanges, caller: Caller): Promise<ScheduleView>;
  deleteSchedule(id: number, caller: Caller): Promise<void>;
  /** Makes its task now. Throws `conflict` while the one before is not over. */
  runSchedule(id: number, caller: Caller): Promise<TaskView>;
  webhooks(): Promise<WebhookView[]>;
  /** Each about webhooks throws `invalid` for an address that nothing may be sent to, and `not_found`. */
  createWebhook(webhook: NewWebhook, caller: Caller): Promise<WebhookAnswer>;
  changeWebhook(id: number, changes: WebhookChanges, caller: Caller): Promise<WebhookAnswer>;
  deleteWebhook(id: number, caller: Caller): Promise<void>;
  /** Sends a test now, and says what came of it. */
  testWebhook(id: number): Promise<DeliveryTry>;
  /** Its last 100, the newest first. */
  deliveries(id: number): Promise<DeliveryView[]>;
  /** Sends a message once more; one that waits is sent by whoever has the line. */
  sendAgain(id: number, delivery: number): Promise<DeliveryView>;
  /** Null: it is not connected. */
  github(): Promise<GithubView | null>;
  connectGithub(choice: GithubChoice, caller: Caller): Promise<GithubAnswer>;
  disconnectGithub(caller: Caller): Promise<void>;
  /** What GitHub delivered; null: its signature is wrong. Throws `not_found` when it is not connected. */
  githubDelivery(delivery: GithubDelivery): Promise<{ task: number | null; reason: string | null } | null>;
  /** Who has a token with a scope; null: it is none, or none that counts. */
  identify(token: string): Promise<TokenIdentity | null>;
  accessTokens(): Promise<AccessTokenView[]>;
  /** A new token, which no later answer has. Throws `conflict` for a name that is taken. */
  createAccessToken(token: TokenIdentity, caller: Caller): Promise<NewAccessToken>;
  /** From now on it counts no more, at every worker. Throws `not_found`. */
  revokeAccessToken(name: string, caller: Caller): Promise<void>;
  /** Sums of the last `days` days (UTC), today included; of one repository or model where that is said. */
  insightDays(query: { days: number; repo: string | null; model: string | null }): Promise<InsightDays>;
  /** Who ran in the last hours, and waited for what; what waits now is of every model, since none is known of it yet. */
  slots(query: { hours: number; repo: string | null; model: string | null }): Promise<SlotsView>;
  /** What happened in the last hours, across tasks. */
  activity(query: { hours: number; repo: string | null }): Promise<ActivityView>;
  /** What can be told in numbers, without a look into the history. */
  measures(): Promise<Measures>;
}
