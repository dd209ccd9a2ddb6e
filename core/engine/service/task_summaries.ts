// Tasks as clients see them: a head together with what the whole board says about it now.

import type { DispatchOrder } from "../../domain/dispatch_order.ts";
import { blockers, obstacleOf } from "../../domain/plan.ts";
import { canRun, type KnownWorkers } from "../../domain/worker.ts";
import { isAtRest, isOver, type Task } from "../../domain/task.ts";
import { type TaskContext, type TaskView, taskView, workerOf } from "../../view/task_view.ts";
import { obstacleSentence, planWaits, waitingSentence } from "../../view/waiting.ts";
import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";
import type { Slots } from "../dispatch/slots.ts";

export interface TaskSummaries {
  /** A summary: long texts as excerpts. */
  of(task: Task): TaskView;
  /** The same for many, with the order of dispatch looked at once. */
  ofAll(tasks: Task[]): TaskView[];
  /** The order of dispatch as it is now. */
  order(): DispatchOrder;
}

interface Surroundings {
  board: LiveBoard;
  scheduler: Pick<Scheduler, "view">;
  slots: Pick<Slots, "total">;
  /** Why nothing is claimed now, or null. */
  pauseReason: () => string | null;
  /** The other workers. */
  known: () => KnownWorkers;
  /** By a worker's uuid. */
  workerName: (id: string) => string;
}

export function taskSummaries(
  { clock }: Pick<EngineContext, "clock">,
  surroundings: Surroundings,
): TaskSummaries {
  const { board, scheduler } = surroundings;
  function order(): DispatchOrder {
    board.order.refresh({ now: clock.now(), view: scheduler.view() });
    return board.order;
  }
  const view = (task: Task, order: DispatchOrder) =>
    taskView(task, contextOf(task, { ...surroundings, order, now: clock.now() }));
  return {
    of: (task) => view(task, order()),
    ofAll(tasks) {
      const now = order();
      return tasks.map((task) => view(task, now));
    },
    order,
  };
}

interface Moment extends Surroundings {
  order: DispatchOrder;
  now: number;
}

/** What the whole board says about one task now. */
function contextOf(task: Task, moment: Moment): TaskContext {
  const { board, order } = moment;
  const worker = workerOf(task);
  const worker_name = worker === null ? null : moment.workerName(worker);
  const blocked_by = isAtRest(task) ? [] : blockers(task, board);
  const context = {
    blocked_by,
    dependants: board.dependants(task.id),
    waiting: null,
    queue_position: null,
    worker_name,
  };
  if (task.cancel_requested && !isOver(task.status)) {
    return { ...context, waiting: obstacleSentence({ kind: "cancelling" }) };
  }
  if (task.status === "awaiting_approval") return { ...context, waiting: planWaits };
  if (task.status !== "pending" || !board.entry(task.id)) return context;
  const queue_position = order.rank(task.id);
  return { ...context, queue_position, waiting: waitingOf(task, queue_position, moment) };
}

function waitingOf(
  task: Task,
  position: number | null,
  { board, scheduler, pauseReason, known, now, slots }: Moment,
): string {
  const view = scheduler.view();
  const entry = board.entry(task.id)!;
  const obstacle = obstacleOf(entry, { board, now, view });
  const others = [...known().values()].some((one) => canRun(one, entry));
  const pause = pauseReason();
  return waitingSentence({ obstacle, pause, position, slots: { free: view.free_slots, total: slots.total }, others });
}
