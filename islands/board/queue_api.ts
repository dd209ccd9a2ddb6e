// The HTTP API of the queue's order, of commands to many tasks and of slots, as the pages use it. Each throws `Problem`.

import type { Spending } from "../../core/view/api_view.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import type { WorkerView } from "../../core/view/workers_view.ts";
import { call } from "../stream/api.ts";

export type QueueTarget = { to: "first" | "last" } | { before: number } | { after: number };
export type BulkAction = "cancel" | "retry" | "approve" | "accept" | "move_first" | "prioritize";

export interface BulkAnswer {
  results: { id: number; status: number; task?: TaskView; problem?: { detail: string } }[];
  failed: number;
}

export const queueApi = {
  move: (id: number, target: QueueTarget) => post<TaskView>(`/api/tasks/${id}/move`, target),
  bulk: (bulk: { ids: number[]; action: BulkAction; priority?: number }) => post<BulkAnswer>("/api/bulk", bulk),
  setTags: async (id: number, tags: string[]): Promise<TaskView> =>
    await (await call(`/api/tasks/${id}`, { method: "PATCH", body: { tags } })).json(),
  /** Of the worker that answers; null: as it was configured. */
  setSlots: (slots: number | null) => post<WorkerView>("/api/workers/self/slots", { slots }),
  spending: async (since: string): Promise<Spending> =>
    await (await call(`/api/spending?${new URLSearchParams({ since })}`)).json(),
};

async function post<T>(path: string, body: unknown): Promise<T> {
  return await (await call(path, { method: "POST", body })).json();
}
