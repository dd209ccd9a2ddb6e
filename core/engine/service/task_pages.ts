// Tasks by id, newest first: of one status or of all, a page at a time, with a search through titles and prompts.

import { isOver, type Status, type Task } from "../../domain/task.ts";
import type { Store } from "../../kv/store.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { RecentHeads } from "./recent_heads.ts";

/** Heads looked at for one page of a search at most; the cursor goes on from there. */
const scanBound = 5_000;
const searchedAtOnce = 100;

export interface PageQuery {
  status: Status | null;
  /** Words of the title or the prompt, or `#id`. */
  q: string | null;
  /** Tasks at most. */
  limit: number;
  /** Where the page before ended. */
  cursor: string | null;
}

interface Sources {
  index: Store["index"];
  board: LiveBoard;
  heads: RecentHeads;
}

/** One page, and the cursor of the next: null at the end. */
export async function readTaskPage(
  sources: Sources,
  { status, q, limit, cursor }: PageQuery,
): Promise<{ tasks: Task[]; next: string | null }> {
  let before = cursor === null ? Number.MAX_SAFE_INTEGER : Number(cursor);
  const found: Task[] = [];
  const wanted = q?.toLowerCase() ?? null;
  for (let scanned = 0; scanned < scanBound;) {
    const size = wanted === null ? limit + 1 - found.length : searchedAtOnce;
    const ids = status
      ? await idsOf(sources, status, { before, limit: size })
      : await idsBefore(sources, before, { limit: size });
    for (const head of await sources.heads.read(ids)) {
      if (status && head.status !== status) continue;
      if (wanted === null || matches(head, wanted)) found.push(head);
      if (found.length > limit) break;
    }
    scanned += ids.length;
    if (found.length > limit) {
      found.length = limit;
      return { tasks: found, next: String(found.at(-1)!.id) };
    }
    if (ids.length < size) return { tasks: found, next: null };
    before = ids.at(-1)!;
  }
  return { tasks: found, next: String(before) };
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

function matches(task: Task, wanted: string): boolean {
  return task.title.toLowerCase().includes(wanted) || task.prompt.text.toLowerCase().includes(wanted) ||
    `#${task.id}` === wanted;
}
