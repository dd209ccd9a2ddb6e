// Tasks by id, newest first, a page at a time: of one status or of all. What is searched for is task_search.ts.

import { isOver, type Status, type Task } from "../../domain/task.ts";
import type { Store } from "../../kv/store.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { RecentHeads } from "./recent_heads.ts";

export interface PageQuery {
  status: Status | null;
  /** Tasks at most. */
  limit: number;
  /** Only tasks below this id. */
  before: number;
}

interface Sources {
  index: Store["index"];
  board: LiveBoard;
  heads: RecentHeads;
}

/** One page, and the cursor of the next: null at the end. */
export async function readTaskPage(
  sources: Sources,
  { status, limit, before }: PageQuery,
): Promise<{ tasks: Task[]; next: string | null }> {
  const found: Task[] = [];
  for (let last = before;;) {
    const size = limit + 1 - found.length;
    const ids = status
      ? await idsOf(sources, status, { before: last, limit: size })
      : await idsBefore(sources, last, { limit: size });
    // One may have another status by the time it is read.
    for (const head of await sources.heads.read(ids)) if (!status || head.status === status) found.push(head);
    if (found.length > limit) {
      found.length = limit;
      return { tasks: found, next: String(found.at(-1)!.id) };
    }
    if (ids.length < size) return { tasks: found, next: null };
    last = ids.at(-1)!;
  }
}

/** Ids of `status` before `before`, newest first, `limit` at most. */
export async function idsOf(
  { index, board }: Pick<Sources, "index" | "board">,
  status: Status,
  { before, limit }: { before: number; limit: number },
): Promise<number[]> {
  if (isOver(status)) return await index.finished(status, { before, limit });
  const entries = [...board.entries].filter((entry) => entry.status === status && entry.id < before);
  return entries.map(({ id }) => id).sort((a, b) => b - a).slice(0, limit);
}

async function idsBefore({ index }: Sources, before: number, { limit }: { limit: number }): Promise<number[]> {
  const ids: number[] = [];
  const last = Math.min(before - 1, await index.lastId());
  for (let id = last; id >= 1 && ids.length < limit; id--) ids.push(id);
  return ids;
}
