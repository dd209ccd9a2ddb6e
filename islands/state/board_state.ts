// The board as the browser keeps it: tasks by number, and the order the server gave them. Pure; every change gives a new
// value and keeps what did not change, so that a card is drawn again only when its task changed.

import { type BoardView, type ColumnName, columnNames, columnOf } from "../../core/view/board_view.ts";
import { inDispatchOrder } from "../../core/domain/plan.ts";
import type { TaskView } from "../../core/view/task_view.ts";
import { type BoardFilter, isChosen, isFiltered, matchesFilter } from "../../core/view/task_state.ts";

export interface BoardState {
  tasks: ReadonlyMap<number, TaskView>;
  /** Counts of the whole store; the done column holds only its newest. */
  counts: Record<ColumnName, number>;
}

export type Columns = Record<ColumnName, TaskView[]>;

export function boardState(board: BoardView, before?: BoardState): BoardState {
  const tasks = new Map<number, TaskView>();
  // The server sends the start of a long column; what was loaded of the rest on demand stays.
  for (const [id, task] of before?.tasks ?? []) {
    const name = columnOf(task);
    if (board.counts[name] > board[name].length) tasks.set(id, task);
  }
  for (const name of columnNames) {
    for (const task of board[name]) {
      const known = before?.tasks.get(task.id);
      tasks.set(task.id, known && isSame(known, task) ? known : task);
    }
  }
  return { tasks, counts: board.counts };
}

/** What only the whole board knows can change without an event of the task itself. */
function isSame(a: TaskView, b: TaskView): boolean {
  return a.seq === b.seq && a.queue_position === b.queue_position && a.waiting === b.waiting &&
    JSON.stringify(a.blocked_by) === JSON.stringify(b.blocked_by) &&
    a.dependants.length === b.dependants.length;
}

/** The board after newer summaries; an older one than what is known is dropped. */
export function withTasks(state: BoardState, changed: Iterable<TaskView>): BoardState {
  const tasks = new Map(state.tasks);
  const counts = { ...state.counts };
  for (const task of changed) {
    const known = tasks.get(task.id);
    if (known && known.seq > task.seq) continue;
    if (known) counts[columnOf(known)]--;
    counts[columnOf(task)]++;
    tasks.set(task.id, task);
  }
  return { tasks, counts };
}

/** Older finished tasks, loaded on demand: they are in the counts already. */
export function withOlder(state: BoardState, older: Iterable<TaskView>): BoardState {
  const tasks = new Map(state.tasks);
  for (const task of older) if (!tasks.has(task.id)) tasks.set(task.id, task);
  return { ...state, tasks };
}

/** Whether the order or the reasons of other tasks may be different after this change, so that the board is read again. */
export function movesOthers(before: TaskView | undefined, after: TaskView): boolean {
  return !before || before.status !== after.status || before.review !== after.review ||
    before.priority !== after.priority || before.order !== after.order ||
    before.due_at !== after.due_at || before.cancel_requested !== after.cancel_requested ||
    before.depends_on.join() !== after.depends_on.join();
}

/** The names of this worker's repositories and of those that tasks on the board are of. */
export function repositoriesOf(
  state: BoardState | null,
  { repos }: { repos: readonly { name: string }[] },
): ReadonlySet<string> {
  return new Set([...repos.map(({ name }) => name), ...[...state?.tasks.values() ?? []].map(({ repo }) => repo)]);
}

/** `found`: what the service found for the words of the filter. */
export function columnsOf(state: BoardState, filter: BoardFilter, found: ReadonlySet<number> = new Set()): Columns {
  const columns: Columns = { needs_you: [], review: [], running: [], queue: [], done: [] };
  const filtered = isFiltered(filter);
  for (const task of state.tasks.values()) {
    const fits = !filtered || matchesFilter(task, filter) || (found.has(task.id) && isChosen(task, filter));
    if (fits) columns[columnOf(task)].push(task);
  }
  columns.needs_you.sort((a, b) => b.updated_at.localeCompare(a.updated_at) || b.id - a.id);
  columns.running.sort((a, b) => (a.run_started_at ?? "").localeCompare(b.run_started_at ?? "") || a.id - b.id);
  columns.queue.sort((a, b) =>
    (a.queue_position ?? Infinity) - (b.queue_position ?? Infinity) || inDispatchOrder(a, b)
  );
  columns.review.sort((a, b) => (b.completed_at ?? "").localeCompare(a.completed_at ?? "") || b.id - a.id);
  columns.done.sort((a, b) => (b.completed_at ?? "").localeCompare(a.completed_at ?? "") || b.id - a.id);
  return columns;
}
