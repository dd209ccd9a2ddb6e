// The questions: tasks as clients see them, pages of them, the board, and what a history says.

import { DomainError } from "../../domain/error.ts";
import type { DispatchOrder, Lane } from "../../domain/dispatch_order.ts";
import { blockers, inDispatchOrder, obstacleOf } from "../../domain/plan.ts";
import { isOver, type Status, type Task } from "../../domain/task.ts";
import { obstacleSentence, type TaskContext, type TaskView, taskView, type WholeTexts } from "../../view/task_view.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { EngineContext } from "../context.ts";
import type { BoardView, Measures, TaskPage } from "./service.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";

export interface Queries {
  /** The head, or `not_found`. */
  require(id: number): Promise<Task>;
  /** A summary: long texts as excerpts. */
  summary(task: Task): TaskView;
  read(id: number, options?: { at?: number }): Promise<TaskView>;
  list(options: { status: Status | null; q: string | null; limit: number; cursor: string | null }): Promise<TaskPage>;
  board(): Promise<BoardView>;
  counts(): Promise<Record<Status, number>>;
  /** Pending tasks by what they can do now. */
  pendingCounts(): Measures["pending"];
  /** Takes over heads as they were committed. */
  heard(heads: Task[]): void;
}

/** Heads looked at for one page of a search at most; the cursor goes on from there. */
const scanBound = 5_000;
const columnLength = 100;
const headsKept = 2_000;

export function queries(
  { store, clock, settings }: EngineContext,
  { board, scheduler, pauseReason }: { board: LiveBoard; scheduler: Scheduler; pauseReason: () => string | null },
): Queries {
  /** The newest heads that were asked for or committed, so that the board reads few. */
  const heads = new Map<number, Task>();

  async function require(id: number): Promise<Task> {
    const [head] = id === 0 ? [] : await headsOf([id]);
    if (!head) throw new DomainError("not_found", `There is no task ${id}`);
    return head;
  }

  /** What the whole board says about one task now. */
  function contextOf(task: Task, order: DispatchOrder): TaskContext {
    const entry = board.entry(task.id);
    const blocked_by = isOver(task.status) ? [] : blockers(task, board);
    const context = { blocked_by, dependants: board.dependants(task.id), waiting: null, queue_position: null };
    if (task.cancel_requested && !isOver(task.status)) return { ...context, waiting: "Being cancelled" };
    if (task.status === "awaiting_approval") return { ...context, waiting: "Its plan waits for approval" };
    if (task.status !== "pending" || !entry) return context;
    const queue_position = order.rank(task.id);
    return { ...context, queue_position, waiting: waitingOf(task, queue_position) };
  }

  function waitingOf(task: Task, position: number | null): string {
    const entry = board.entry(task.id)!;
    const view = scheduler.view();
    const obstacle = obstacleOf(entry, { board, now: clock.now(), view });
    if (obstacle) return obstacleSentence(obstacle);
    const reason = pauseReason();
    if (reason) return `Dispatch is paused: ${reason}`;
    if (view.free_slots <= 0) {
      const slots = busyWords(settings.maxConcurrent);
      return position === 1 ? `Next; ${slots.toLowerCase()}` : slots;
    }
    return "Starting";
  }

  function orderNow(): DispatchOrder {
    board.order.refresh({ now: clock.now(), view: scheduler.view() });
    return board.order;
  }

  function summary(task: Task): TaskView {
    return taskView(task, contextOf(task, orderNow()));
  }

  function summaries(tasks: Task[]): TaskView[] {
    const order = orderNow();
    return tasks.map((task) => taskView(task, contextOf(task, order)));
  }

  async function wholeTexts(task: Task): Promise<WholeTexts> {
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

  async function headsOf(ids: number[]): Promise<Task[]> {
    // What others wrote to a shared store is known here a moment later: there each question reads.
    const missing = ids.filter((id) => store.shared || !heads.has(id));
    for (const head of await store.log.heads(missing)) if (head) keep(head);
    return ids.map((id) => heads.get(id)).filter((head) => head !== undefined);
  }

  /** Keeps a head until it is one of the least recently needed; an older one never replaces a newer. */
  function keep(head: Task): void {
    const known = heads.get(head.id);
    heads.delete(head.id);
    heads.set(head.id, known && known.seq > head.seq ? known : head);
    if (heads.size > headsKept) heads.delete(heads.keys().next().value!);
  }

  /** Ids of `status` before `before`, newest first. */
  async function idsOf(status: Status, { before, limit }: { before: number; limit: number }): Promise<number[]> {
    if (!isOver(status)) {
      const ids = [...board.entries].filter((entry) => entry.status === status && entry.id < before).map(({ id }) =>
        id
      );
      return ids.sort((a, b) => b - a).slice(0, limit);
    }
    return await store.index.finished(status, { before, limit });
  }

  async function idsBefore(before: number, limit: number): Promise<number[]> {
    const ids: number[] = [];
    const last = Math.min(before - 1, await store.index.lastId());
    for (let id = last; id >= 1 && ids.length < limit; id--) ids.push(id);
    return ids;
  }

  async function counts(): Promise<Record<Status, number>> {
    const all = { pending: 0, in_progress: 0, awaiting_approval: 0, completed: 0, failed: 0, cancelled: 0 };
    const order = orderNow();
    all.pending = order.size("ready") + order.size("waiting") + order.size("stuck");
    all.in_progress = order.size("running");
    all.awaiting_approval = order.size("approval");
    Object.assign(all, await board.ended.read());
    const total = await store.index.lastId();
    // Most tasks complete: counting the rest is cheaper than counting them.
    const others = all.pending + all.in_progress + all.awaiting_approval + all.failed + all.cancelled;
    all.completed = Math.max(0, total - others);
    return all;
  }

  return {
    require,
    summary,
    counts,
    pendingCounts() {
      const order = orderNow();
      return { ready: order.size("ready"), waiting: order.size("waiting"), stuck: order.size("stuck") };
    },
    heard(committed) {
      for (const head of committed) keep(head);
    },
    async read(id, { at } = {}) {
      const current = await require(id);
      if (at !== undefined && at < current.seq) {
        if (at < 1) throw new DomainError("invalid", `at must be from 1 to ${current.seq}`);
        const then = await store.log.headAt(id, at);
        return taskView(then!, undefined, await wholeTexts(then!));
      }
      await board.resolve();
      const dependants = await store.index.dependants(id, { limit: 200 });
      const view = summary(current);
      const texts = await wholeTexts(current);
      return { ...view, ...texts, dependants };
    },
    async list({ status, q, limit, cursor }) {
      await board.resolve();
      let before = cursor === null ? Number.MAX_SAFE_INTEGER : Number(cursor);
      const found: Task[] = [];
      const wanted = q?.toLowerCase() ?? null;
      for (let scanned = 0; scanned < scanBound;) {
        const size = wanted === null ? limit + 1 - found.length : 100;
        const ids = status ? await idsOf(status, { before, limit: size }) : await idsBefore(before, size);
        for (const head of await headsOf(ids)) {
          if (status && head.status !== status) continue;
          if (wanted === null || matches(head, wanted)) found.push(head);
          if (found.length > limit) break;
        }
        scanned += ids.length;
        if (found.length > limit) {
          found.length = limit;
          return { tasks: summaries(found), next: String(found.at(-1)!.id) };
        }
        if (ids.length < size) return { tasks: summaries(found), next: null };
        before = ids.at(-1)!;
      }
      return { tasks: summaries(found), next: String(before) };
    },
    async board() {
      await board.resolve();
      const order = orderNow();
      const first = (...lanes: Lane[]) => lanes.flatMap((lane) => order.first(lane, columnLength));
      const asking = first("approval", "stuck").sort(inDispatchOrder);
      const columns = {
        needs_you: asking.map(({ id }) => id),
        running: first("running").map(({ id }) => id),
        queue: first("ready", "waiting").map(({ id }) => id),
      };
      const sizes = {
        needs_you: order.size("approval") + order.size("stuck"),
        running: order.size("running"),
        queue: order.size("ready") + order.size("waiting"),
      };
      const newest = { before: Number.MAX_SAFE_INTEGER, limit: columnLength };
      const failed = await idsOf("failed", newest);
      const over = [...await idsOf("completed", newest), ...await idsOf("cancelled", newest)];
      const all = await counts();
      const view = async (ids: number[]) => summaries(await headsOf(ids.slice(0, columnLength)));
      const done = await view(over.sort((a, b) => b - a));
      return {
        needs_you: await view([...columns.needs_you, ...failed]),
        running: await view(columns.running),
        queue: await view(columns.queue),
        done: done.sort((a, b) => (b.completed_at ?? "").localeCompare(a.completed_at ?? "")),
        counts: {
          needs_you: sizes.needs_you + all.failed,
          running: sizes.running,
          queue: sizes.queue,
          done: all.completed + all.cancelled,
        },
      };
    },
  };
}

function matches(task: Task, wanted: string): boolean {
  return task.title.toLowerCase().includes(wanted) || task.prompt.text.toLowerCase().includes(wanted) ||
    `#${task.id}` === wanted;
}

function busyWords(slots: number): string {
  if (slots === 1) return "The only slot is busy";
  return slots === 2 ? "Both slots are busy" : `All ${slots} slots are busy`;
}
