// Tasks that fit a search and filters, newest first, a page at a time. A request does a bounded part of the work and says
// where the next one goes on, so that the page is answered soon however many tasks there are.

import { excerptAround, hasWords, searchWords } from "../../domain/search.ts";
import type { Outcome } from "../../domain/event.ts";
import { isOver, type Status, type Task } from "../../domain/task.ts";
import type { SearchHit } from "../../view/api_view.ts";
import type { Store } from "../../kv/store.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { RecentHeads } from "./recent_heads.ts";
import type { SearchedField, SearchText, SearchTexts } from "./search_texts.ts";

export interface TaskFilter {
  status: Status | null;
  /** Words, each of which is in the title, a text or the branch; or `#id`. */
  q: string | null;
  repo?: string | null;
  /** Of the last run. */
  outcome?: Outcome | null;
  /** A tag, or `key=value` that it asks of a worker. */
  label?: string | null;
}

interface Sources {
  index: Pick<Store["index"], "finished" | "lastId">;
  board: Pick<LiveBoard, "entries">;
  heads: Pick<RecentHeads, "read">;
  texts: SearchTexts;
  /** ms, for the bound. */
  monotonic: () => number;
}

/** Tasks looked at for one page at most, and for how long. */
const scanBound = 20_000;
const scanMs = 50;
const readAtOnce = 100;

/** One page, the cursor of the next (null at the end), and where the words are in those whose title does not show them. */
export async function searchTasks(
  sources: Sources,
  filter: TaskFilter,
  { limit, before }: { limit: number; before: number },
): Promise<{ tasks: Task[]; next: string | null; hits: SearchHit[] }> {
  const words = searchWords(filter.q ?? "");
  const since = sources.monotonic();
  const found: SearchText[] = [];
  let last = before;
  let scanned = 0;
  let isEnd = true;
  for await (const ids of idBatches(sources, filter.status, before)) {
    for (const text of await sources.texts.of(ids)) {
      if (!passes(text, filter) || !await fits(text, words, sources.texts)) continue;
      found.push(text);
      if (found.length > limit) break;
    }
    last = ids.at(-1)!;
    scanned += ids.length;
    isEnd = false;
    if (found.length > limit) break;
    isEnd = true;
    if (scanned >= scanBound || sources.monotonic() - since >= scanMs) {
      isEnd = false;
      break;
    }
  }
  const isFull = found.length > limit;
  const page = found.slice(0, limit);
  const heads = await sources.heads.read(page.map(({ id }) => id));
  // One may have another status by the time it is read.
  const tasks = heads.filter(({ status }) => filter.status === null || status === filter.status);
  const hits: SearchHit[] = [];
  for (const task of tasks) {
    const hit = await hitIn(task, words, { texts: sources.texts });
    if (hit) hits.push(hit);
  }
  return { tasks, next: isFull ? String(page.at(-1)!.id) : isEnd ? null : String(last), hits };
}

/** Ids below `before`, newest first, some at a time. */
async function* idBatches(
  { index, board }: Pick<Sources, "index" | "board">,
  status: Status | null,
  before: number,
): AsyncGenerator<number[]> {
  if (status !== null && !isOver(status)) {
    const ids: number[] = [];
    for (const entry of board.entries) if (entry.status === status && entry.id < before) ids.push(entry.id);
    ids.sort((a, b) => b - a);
    for (let at = 0; at < ids.length; at += readAtOnce) yield ids.slice(at, at + readAtOnce);
    return;
  }
  for (let end = status === null ? Math.min(before, await index.lastId() + 1) : before;;) {
    const ids = status === null
      ? Array.from({ length: Math.min(readAtOnce, end - 1) }, (_, at) => end - 1 - at)
      : await index.finished(status, { before: end, limit: readAtOnce });
    if (ids.length > 0) yield ids;
    if (ids.length < readAtOnce) return;
    end = ids.at(-1)!;
  }
}

function passes(text: SearchText, { status, repo, outcome, label }: TaskFilter): boolean {
  return (status === null || text.status === status) && (!repo || text.repo === repo) &&
    (!outcome || text.outcome === outcome) && (!label || text.labels.includes(label));
}

async function fits(text: SearchText, words: string[], texts: SearchTexts): Promise<boolean> {
  if (words.length === 0 || hasWords(words, text)) return true;
  if (text.longer.length === 0) return false;
  const whole = await Promise.all(text.longer.map((one) => texts.whole(text.id, one)));
  return hasWords(words, { id: text.id, text: [text.text, ...whole].join("\n").toLowerCase() });
}

/** The first text with a word that the title does not have. */
async function hitIn(task: Task, words: string[], { texts }: { texts: SearchTexts }): Promise<SearchHit | null> {
  const title = task.title.toLowerCase();
  const missing = words.filter((word) => !title.includes(word) && word !== `#${task.id}`);
  if (missing.length === 0) return null;
  for (const field of ["prompt", "output", "error", "plan"] as const) {
    const excerpt = task[field];
    if (!excerpt) continue;
    const text = excerptAround(excerpt.text, missing) ??
      (excerpt.whole ? null : excerptAround(await texts.whole(task.id, { field, seq: excerpt.seq }), missing));
    if (text !== null) return { id: task.id, in: field satisfies SearchedField, text };
  }
  return null;
}
