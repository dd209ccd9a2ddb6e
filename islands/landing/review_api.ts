// The HTTP API of landing, judging and pushing, as the pages use it. Each throws `Problem`, as `call` does.

import type { LandingMethod } from "../../core/domain/event.ts";
import type { LandingPreviewView, OutgoingView } from "../../core/view/review_view.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { call } from "../stream/api.ts";

export interface LandingChoice {
  target?: string;
  method?: LandingMethod;
}

/** The body of `POST /api/tasks/{id}/land`. */
export interface LandingRequest extends LandingChoice {
  message?: string;
  leave_uncommitted?: true;
}

/** The body of `POST /api/tasks/{id}/pull-request`; what is absent is as the service says. */
export interface NewPullRequest {
  title?: string;
  body?: string;
  draft?: boolean;
}

/** Paths under a task that take a POST and answer with the task. */
export type ReviewPath =
  | "land"
  | "landing/resolve"
  | "accept"
  | "discard"
  | "cancel"
  | "push"
  | "pull-request"
  | "pull-request/refresh";

export const reviewApi = {
  landing: (id: number, choice: LandingChoice, signal?: AbortSignal) =>
    read<LandingPreviewView>(`/api/tasks/${id}/landing?${new URLSearchParams({ ...choice })}`, signal),
  outgoing: (id: number, signal?: AbortSignal) => read<OutgoingView>(`/api/tasks/${id}/outgoing`, signal),
  post: async (id: number, path: ReviewPath, body?: unknown): Promise<TaskView> =>
    await (await call(`/api/tasks/${id}/${path}`, { method: "POST", body })).json(),
};

async function read<T>(path: string, signal?: AbortSignal): Promise<T> {
  return await (await call(path, { signal })).json();
}
