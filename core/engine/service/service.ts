// What the routes can ask of the engine: every command and every question, in the words of the API.

import type { BoardView, EventPage, Health, NewTask, TaskPage } from "../../view/api_view.ts";
import type { Status } from "../../domain/task.ts";
import type { TaskView } from "../../view/task_view.ts";
import type { Why } from "../../view/why.ts";
import type { Published } from "../../kv/event_record.ts";
import type { Counted } from "./counters.ts";

export type { BoardView, EventPage, Health, NewTask, Published, TaskPage };

export interface Caller {
  /** `api` or `ui`. */
  by: string;
}

/** What one commit means to clients. */
export interface News {
  /** The cursor after it. */
  versionstamp: string;
  events: Published[];
  /** Tasks that look different now: those it wrote, and those that waited for them. */
  changed: TaskView[];
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
  retry(id: number, caller: Caller): Promise<TaskView>;
  addMessage(id: number, text: string, caller: Caller): Promise<TaskView>;
  approvePlan(id: number, caller: Caller): Promise<TaskView>;
  rejectPlan(id: number, feedback: string, caller: Caller): Promise<TaskView>;

  list(options: { status: Status | null; q: string | null; limit: number; cursor: string | null }): Promise<TaskPage>;
  /** The whole task now, or as it was right after event `at`. Throws `not_found`. */
  read(id: number, options?: { at?: number }): Promise<TaskView>;
  board(): Promise<BoardView>;
  events(id: number, options: { after: number; limit: number }): Promise<EventPage>;
  /** The whole history after `after` as NDJSON. */
  eventLines(id: number, options: { after: number }): Promise<ReadableStream<Uint8Array>>;
  /** History after `after`, then live; ends when the task is over and all is sent, or when `signal` aborts. */
  follow(id: number, options: {
    after: number;
    signal: AbortSignal;
    /** Takes new events at once, without the turns of an iteration; false: it cannot now, they come by the iteration. */
    live?: (page: Published[]) => boolean;
  }): AsyncIterable<Published[]>;
  /** Whether the task is over and has no event after `after`. */
  isOverAfter(id: number, after: number): Promise<boolean>;
  /** Events of a task after `after` that memory still holds, or from the log; at most a page. */
  catchUp(id: number, after: number): Promise<Published[]>;
  /** Calls back for each commit; returns what ends it. */
  subscribe(callback: (news: News) => void): () => void;
  /** `{store}.{versionstamp}` of the last commit. */
  cursor(): { store: string; versionstamp: string };
  /** Summaries of all tasks that changed after `versionstamp`; null when that is too long ago. */
  changedSince(versionstamp: string): Promise<TaskView[] | null>;
  /** Why it runs or waits, now or right after event `at`. */
  why(id: number, options?: { at?: number }): Promise<Why>;
  /** The history as one file: a header line, then the events. */
  exportTask(id: number): Promise<ReadableStream<Uint8Array>>;
  diff(id: number): Promise<ReadableStream<Uint8Array>>;
  log(id: number): Promise<ReadableStream<Uint8Array>>;
  health(): Promise<Health>;
  /** Ends a pause of this worker's dispatch now, whatever its reason; the condition then. */
  resume(): Promise<Health>;
  /** What can be told in numbers, without a look into the history. */
  measures(): Promise<Measures>;
}
