// What the routes can ask of the engine: every command and every question, in the words of the API.

import type { TaskEvent, TaskSpec } from "../domain/event.ts";
import type { Status } from "../domain/task.ts";
import type { TaskView } from "../domain/task_view.ts";
import type { Why } from "../domain/why.ts";
import type { Published } from "../kv/event_record.ts";

/** What `POST /api/tasks` carries after validation; `repo: null` means the first one. */
export type NewTask = Omit<TaskSpec, "repo"> & { repo: string | null };

export interface Caller {
  /** `api` or `ui`. */
  by: string;
}

export interface TaskPage {
  tasks: TaskView[];
  /** The cursor of the next page; null when there is none. */
  next: string | null;
}

export interface EventPage {
  events: TaskEvent[];
  /** `after` of the next page; null when this one reaches the head. */
  next: number | null;
}

/** `GET /healthz`. */
export interface Health {
  status: "ok" | "paused" | "stopping";
  version: string;
  store: string;
  worker: { id: string; name: string };
  /** `hint`: what to do when the agent is missing or is the demo. */
  agent: { kind: "claude" | "demo" | "missing"; name: string; hint: string | null };
  git: string;
  repos: { name: string; path: string; branch: string | null; head: string }[];
  root: boolean;
  token: boolean;
  slots: { busy: number; total: number };
  tasks: Record<Status, number>;
  /** Why this worker claims nothing at the moment. */
  pause: { reason: string; until: string | null } | null;
  /** Where repositories and log differ, a sentence each. */
  notices: string[];
}

/** The columns of the board, ordered by who must act. */
export interface BoardView {
  needs_you: TaskView[];
  running: TaskView[];
  /** In true dispatch order; what cannot start now comes after what can. */
  queue: TaskView[];
  /** The newest of the finished, and how many there are in all. */
  done: TaskView[];
  counts: { needs_you: number; running: number; queue: number; done: number };
}

/** What one commit means to clients. */
export interface News {
  /** The cursor after it. */
  versionstamp: string;
  events: Published[];
  /** Tasks that look different now: those it wrote, and those that waited for them. */
  changed: TaskView[];
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
  follow(id: number, options: { after: number; signal: AbortSignal }): AsyncIterable<Published[]>;
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
}
