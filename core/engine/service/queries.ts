// The questions: tasks as clients see them, pages of them, the board, and what a history says.

import { DomainError } from "../../domain/error.ts";
import type { Status, Task } from "../../domain/task.ts";
import type { Store } from "../../kv/store.ts";
import { type TaskView, taskView, type WholeTexts } from "../../view/task_view.ts";
import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";
import { readBoard, readCounts } from "./board_columns.ts";
import { RecentHeads } from "./recent_heads.ts";
import type { BoardView, Measures, TaskPage } from "./service.ts";
import { type PageQuery, readTaskPage } from "./task_pages.ts";
import { taskSummaries } from "./task_summaries.ts";

export interface Queries {
  /** The head, or `not_found`. */
  require(id: number): Promise<Task>;
  /** A summary: long texts as excerpts. */
  summary(task: Task): TaskView;
  /** The whole task now, or as it was right after event `at`; `not_found`, or `invalid` for a moment before the first. */
  read(id: number, options?: { at?: number }): Promise<TaskView>;
  list(query: PageQuery): Promise<TaskPage>;
  board(): Promise<BoardView>;
  /** How many tasks of the whole store have each status. */
  counts(): Promise<Record<Status, number>>;
  /** Pending tasks by what they can do now. */
  pendingCounts(): Measures["pending"];
  /** Takes over heads as they were committed. */
  heard(heads: Task[]): void;
}

/** Tasks named as dependants of one. */
const dependantsShown = 200;

export function queries(
  context: EngineContext,
  { board, scheduler, pauseReason }: { board: LiveBoard; scheduler: Scheduler; pauseReason: () => string | null },
): Queries {
  const { store } = context;
  const { index } = store;
  const heads = new RecentHeads(store);
  const summaries = taskSummaries(context, { board, scheduler, pauseReason });
  const sources = { index, board, heads, summaries };

  async function require(id: number): Promise<Task> {
    const [head] = id === 0 ? [] : await heads.read([id]);
    if (!head) throw new DomainError("not_found", `There is no task ${id}`);
    return head;
  }

  return {
    require,
    summary: summaries.of,
    counts: () => readCounts(sources),
    pendingCounts() {
      const order = summaries.order();
      return { ready: order.size("ready"), waiting: order.size("waiting"), stuck: order.size("stuck") };
    },
    heard(committed) {
      for (const head of committed) heads.keep(head);
    },
    async read(id, { at } = {}) {
      const current = await require(id);
      if (at !== undefined && at < current.seq) return await readPast(store, current, at);
      await board.resolve();
      const dependants = await index.dependants(id, { limit: dependantsShown });
      return { ...summaries.of(current), ...await wholeTexts(store, current), dependants };
    },
    async list(query) {
      await board.resolve();
      const { tasks, next } = await readTaskPage(sources, query);
      return { tasks: summaries.ofAll(tasks), next };
    },
    async board() {
      await board.resolve();
      return await readBoard(sources);
    },
  };
}

async function readPast(store: Store, { id, seq }: Task, at: number): Promise<TaskView> {
  if (at < 1) throw new DomainError("invalid", `at must be from 1 to ${seq}`);
  const then = (await store.log.headAt(id, at))!;
  return taskView(then, undefined, await wholeTexts(store, then));
}

/** The texts of which a head has only an excerpt, from the events that hold them. */
async function wholeTexts(store: Store, task: Task): Promise<WholeTexts> {
  const texts: WholeTexts = {};
  for (const field of ["prompt", "plan", "output", "error"] as const) {
    const excerpt = task[field];
    if (!excerpt || excerpt.whole) continue;
    const event = await store.log.event(task.id, excerpt.seq);
    // The field of an event that is named like the field of the task.
    const text = (event?.data as Record<string, unknown> | undefined)?.[field];
    if (typeof text === "string") texts[field] = text;
  }
  return texts;
}
