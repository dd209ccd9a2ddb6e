// The HTTP API as the pages use it.

import type { Why } from "../../core/view/why.ts";
import type { TaskEvent } from "../../core/domain/event.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { RepositoryPlace, SettingsView } from "../../core/view/settings_view.ts";
import type { WorkerView } from "../../core/view/workers_view.ts";
import type { CommentView, NewComment, TaskComments } from "../../core/view/review_view.ts";
import type { BoardView } from "../../core/view/board_view.ts";
import type { EventPage, Health, NewTask, TaskPage } from "../../core/view/api_view.ts";

/** An answer that says no; source: RFC 9457. */
export class Problem extends Error {
  readonly status: number;
  /** What is wrong with which field. */
  readonly errors: { path: string; message: string }[];

  constructor(status: number, body: { title?: string; detail?: string; errors?: { path: string; message: string }[] }) {
    super(body.detail ?? body.title ?? `The service answered ${status}`);
    this.name = "Problem";
    this.status = status;
    this.errors = body.errors ?? [];
  }
}

/** What is in a folder of a task's work. */
export interface Folder {
  entries: { name: string; kind: "file" | "folder" | "link" | "repository"; bytes: number | null }[];
  is_cut: boolean;
}

interface CallOptions {
  method?: string;
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** Throws `Problem` for every answer that is no success, and for a service that cannot be reached (status 0). */
export async function call(path: string, options: CallOptions = {}): Promise<Response> {
  const headers: Record<string, string> = { "X-Coder-Client": "ui", ...options.headers };
  if (options.body !== undefined) headers["Content-Type"] = "application/json";
  let response: Response;
  try {
    response = await fetch(path, {
      method: options.method ?? "GET",
      headers,
      body: options.body === undefined ? undefined : JSON.stringify(options.body),
      signal: options.signal,
    });
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new Problem(0, { detail: "The service cannot be reached" });
  }
  if (response.ok) return response;
  const body = await response.json().catch(() => ({}));
  throw new Problem(response.status, body);
}

/** The content of a file of a task at a point of its review. */
export function fileUrl(id: number, path: string, at: string): string {
  return `/api/tasks/${id}/file?${new URLSearchParams({ path, at })}`;
}

/** The JSON of an answer; throws as `call` does. */
export async function json<T>(path: string, options?: CallOptions): Promise<T> {
  return await (await call(path, options)).json();
}

export const api = {
  board: () => json<BoardView>("/api/board"),
  health: () => json<Health>("/healthz"),
  resume: () => json<Health>("/api/service/resume", { method: "POST" }),
  workers: () => json<{ workers: WorkerView[] }>("/api/workers"),
  drain: (id: string, wanted: boolean) =>
    json<WorkerView>(`/api/workers/${encodeURIComponent(id)}/${wanted ? "drain" : "resume"}`, { method: "POST" }),
  settings: () => json<SettingsView>("/api/settings"),
  addRepository: (repository: { path: string; name?: string }) =>
    json<RepositoryPlace>("/api/repositories", { method: "POST", body: repository }),
  removeRepository: (name: string) => call(`/api/repositories/${encodeURIComponent(name)}`, { method: "DELETE" }),
  task: (id: number, signal?: AbortSignal) => json<TaskView>(`/api/tasks/${id}`, { signal }),
  why: (id: number, at: number | null, signal?: AbortSignal) =>
    json<Why>(`/api/tasks/${id}/why${at === null ? "" : `?at=${at}`}`, { signal }),
  list: (query: Record<string, string>, signal?: AbortSignal) =>
    json<TaskPage>(`/api/tasks?${new URLSearchParams(query)}`, { signal }),
  events: async (id: number, after: number, limit: number): Promise<TaskEvent[]> =>
    (await json<EventPage>(`/api/tasks/${id}/events?after=${after}&limit=${limit}`)).events,
  create: (input: Partial<NewTask>, idempotencyKey: string) =>
    json<TaskView>("/api/tasks", { method: "POST", body: input, headers: { "Idempotency-Key": idempotencyKey } }),
  fork: (id: number, choice: { at: number; prompt?: string; title?: string }, idempotencyKey: string) =>
    json<TaskView>(`/api/tasks/${id}/fork`, {
      method: "POST",
      body: choice,
      headers: { "Idempotency-Key": idempotencyKey },
    }),
  edit: (id: number, changes: Partial<NewTask>, seq: number) =>
    json<TaskView>(`/api/tasks/${id}`, { method: "PATCH", body: changes, headers: { "If-Match": String(seq) } }),
  tryRepository: (name: string) =>
    json<TaskView>(`/api/repositories/${encodeURIComponent(name)}/try`, { method: "POST", body: {} }),
  cancel: (id: number) => json<TaskView>(`/api/tasks/${id}/cancel`, { method: "POST" }),
  retry: (id: number, changes: Partial<NewTask> = {}) =>
    json<TaskView>(`/api/tasks/${id}/retry`, { method: "POST", body: changes }),
  message: (id: number, message: { text: string; max_budget_usd?: number }) =>
    json<TaskView>(`/api/tasks/${id}/messages`, { method: "POST", body: message }),
  approvePlan: (id: number) => json<TaskView>(`/api/tasks/${id}/plan/approve`, { method: "POST" }),
  rejectPlan: (id: number, feedback: string) =>
    json<TaskView>(`/api/tasks/${id}/plan/reject`, { method: "POST", body: { feedback } }),
  diff: (id: number, query: Record<string, string>, signal: AbortSignal) => {
    const text = new URLSearchParams(query).toString();
    return call(`/api/tasks/${id}/diff${text && `?${text}`}`, { signal });
  },
  file: async (id: number, path: string, at: string) => await (await call(fileUrl(id, path, at))).text(),
  folder: (id: number, path: string, at: string) =>
    json<Folder>(`/api/tasks/${id}/tree?${new URLSearchParams({ path, at })}`),
  comments: (id: number) => json<TaskComments>(`/api/tasks/${id}/comments`),
  addComment: (id: number, comment: NewComment) =>
    json<CommentView>(`/api/tasks/${id}/comments`, { method: "POST", body: comment }),
  editComment: (id: number, comment: number, changes: { text?: string; resolved?: boolean }) =>
    json<CommentView>(`/api/tasks/${id}/comments/${encodeURIComponent(comment)}`, { method: "PATCH", body: changes }),
  removeComment: (id: number, comment: number) =>
    call(`/api/tasks/${id}/comments/${encodeURIComponent(comment)}`, { method: "DELETE" }),
  sendComments: (id: number, message: { text?: string; ids: number[] }) =>
    json<TaskView>(`/api/tasks/${id}/comments/send`, { method: "POST", body: message }),
};
