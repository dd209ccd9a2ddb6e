// The questions: tasks as clients see them, pages of them, the board, and what a history says.

import { DomainError } from "../../domain/error.ts";
import type { Status, Task } from "../../domain/task.ts";
import type { KnownWorkers } from "../../domain/worker.ts";
import type { Store } from "../../kv/store.ts";
import { noContext, type TaskView, taskView, type WholeTexts, workerOf } from "../../view/task_view.ts";
import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";
import type { Slots } from "../dispatch/slots.ts";
import { readBoard, readCounts } from "./board_columns.ts";
import { RecentHeads } from "./recent_heads.ts";
import { readSpending } from "./spending.ts";
import type { Spending } from "../../view/api_view.ts";
import type { BoardView, ListQuery, Measures, TaskPage } from "./service.ts";
import { SearchTexts } from "./search_texts.ts";
import { readTaskPage } from "./task_pages.ts";
import { searchTasks } from "./task_search.ts";
import { taskSummaries } from "./task_summaries.ts";

export interface Queries {
  /** The head, or `not_found`. */
  require(id: number): Promise<Task>;
  /** A summary: long texts as excerpts. */
  summary(task: Task): TaskView;
  /**
   * The whole task now, or as it was right after event `at`; `not_found`, also for an event that is not there yet, or `invalid`
   * for a moment before the first.
   */
  read(id: number, options?: { at?: number }): Promise<TaskView>;
  list(query: ListQuery): Promise<TaskPage>;
  board(): Promise<BoardView>;
  /** What was spent since a moment (ISO 8601). */
  spending(since: string): Promise<Spending>;
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
  surroundings: {
    board: LiveBoard;
    scheduler: Scheduler;
    slots: Pick<Slots, "total">;
    pauseReason: () => string | null;
    /** The other workers. */
    known: () => KnownWorkers;
    /** By a worker's uuid. */
    workerName: (id: string) => string;
  },
): Queries {
  const { store } = context;
  const { board, workerName } = surroundings;
  const { index } = store;
  const heads = new RecentHeads(store);
  const texts = new SearchTexts(store, heads);
  const summaries = taskSummaries(context, surroundings);
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
    spending: (since) => readSpending({ store, board, heads }, { since }),
    pendingCounts() {
      const order = summaries.order();
      return { ready: order.size("ready"), waiting: order.size("waiting"), stuck: order.size("stuck") };
    },
    heard(committed) {
      for (const head of committed) {
        heads.keep(head);
        texts.forget(head.id);
      }
    },
    async read(id, { at } = {}) {
      const current = await require(id);
      requireEvent(current, at);
      if (at !== undefined && at < current.seq) return await readPast(store, current, { at, workerName });
      await board.resolve();
      const dependants = await index.dependants(id, { limit: dependantsShown });
      return { ...summaries.of(current), ...await wholeTexts(store, current), dependants };
    },
    async list(query) {
      await board.resolve();
      const { limit, cursor, ...filter } = query;
      const before = cursor === null ? Number.MAX_SAFE_INTEGER : Number(cursor);
      const { q, repo, outcome, label } = filter;
      if (!q && !repo && !outcome && !label) {
        const { tasks, next } = await readTaskPage(sources, { status: filter.status, limit, before });
        return { tasks: summaries.ofAll(tasks), next, hits: [] };
      }
      const monotonic = () => context.clock.monotonic();
      const found = await searchTasks({ ...sources, texts, monotonic }, filter, { limit, before });
      return { ...found, tasks: summaries.ofAll(found.tasks) };
    },
    async board() {
      await board.resolve();
      return await readBoard(sources);
    },
  };
}

/** Throws `DomainError("not_found")` when a task has no event of that number yet. */
export function requireEvent({ id, seq }: Task, at: number | undefined): void {
  if (at === undefined || at <= seq) return;
  throw new DomainError("not_found", `Task ${id} has no event ${at}: its last one is ${seq}`);
}

async function readPast(
  store: Store,
  { id, seq }: Task,
  { at, workerName }: { at: number; workerName: (id: string) => string },
): Promise<TaskView> {
  if (at < 1) throw new DomainError("invalid", `at must be from 1 to ${seq}`);
  const then = (await store.log.headAt(id, at))!;
  const worker = workerOf(then);
  const worker_name = worker === null ? null : workerName(worker);
  return taskView(then, { ...noContext, worker_name }, await wholeTexts(store, then));
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
