// Tasks as clients see them: a head together with what the whole board says about it now.

import type { DispatchOrder } from "../../domain/dispatch_order.ts";
import { blockers, obstacleOf } from "../../domain/plan.ts";
import { isOver, type Task } from "../../domain/task.ts";
import { type TaskContext, type TaskView, taskView } from "../../view/task_view.ts";
import { obstacleSentence, planWaits, waitingSentence } from "../../view/waiting.ts";
import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { Scheduler } from "../dispatch/scheduler.ts";

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
  /** Why nothing is claimed now, or null. */
  pauseReason: () => string | null;
}

export function taskSummaries(
  { clock, settings }: Pick<EngineContext, "clock" | "settings">,
  surroundings: Surroundings,
): TaskSummaries {
  const { board, scheduler } = surroundings;
  function order(): DispatchOrder {
    board.order.refresh({ now: clock.now(), view: scheduler.view() });
    return board.order;
  }
  const slots = settings.maxConcurrent;
  const view = (task: Task, order: DispatchOrder) =>
    taskView(task, contextOf(task, { ...surroundings, order, now: clock.now(), slots }));
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
  slots: number;
}

/** What the whole board says about one task now. */
function contextOf(task: Task, moment: Moment): TaskContext {
  const { board, order } = moment;
  const blocked_by = isOver(task.status) ? [] : blockers(task, board);
  const context = { blocked_by, dependants: board.dependants(task.id), waiting: null, queue_position: null };
  if (task.cancel_requested && !isOver(task.status)) {
    return { ...context, waiting: obstacleSentence({ kind: "cancelling" }) };
  }
  if (task.status === "awaiting_approval") return { ...context, waiting: planWaits };
  if (task.status !== "pending" || !board.entry(task.id)) return context;
  const queue_position = order.rank(task.id);
  return { ...context, queue_position, waiting: waitingOf(task, queue_position, moment) };
}

function waitingOf(task: Task, position: number | null, { board, scheduler, pauseReason, now, slots }: Moment): string {
  const view = scheduler.view();
  const obstacle = obstacleOf(board.entry(task.id)!, { board, now, view });
  const pause = pauseReason();
  return waitingSentence({ obstacle, pause, position, slots: { free: view.free_slots, total: slots } });
}
