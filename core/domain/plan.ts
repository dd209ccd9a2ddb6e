// Who runs next. Pure: the board and the clock come in, the order and its reasons go out.
//
// Order: priority (higher first), then the place that a person gave it, then id. A task that cannot run now never holds back one that can.

import type { ClaimReason } from "./event.ts";
import { type Holding, isExchanged, isFollowUp, mayCross, type OtherWorkers } from "./holding.ts";
import { hasLabels, type Labels } from "./labels.ts";
import { dueInMs } from "./retry.ts";
import type { DependencyStatus, Status, Task } from "./task.ts";

/** What the scheduler needs to know of an unfinished task; kept small, it is the value of the `active` index. */
export interface BoardEntry {
  id: number;
  status: Status;
  priority: number;
  /** Its place among those of its priority; absent: its id. */
  order?: number;
  depends_on: number[];
  due_at: string | null;
  /**
   * The same by the clock of this process, in ms since 1970, where it was seen when that time was set; never stored. The clock that
   * set it may be another one.
   */
  due_here?: number;
  repo: string;
  /** What its worker must have; absent: nothing. */
  labels?: Labels;
  cancel_requested: boolean;
  /** The worker that holds its run. */
  runner: string | null;
  /** The worker that has its worktree, or is to put it back. */
  holder: string | null;
  /** Its run is over, but its worktree is not put away yet. */
  ending: boolean;
  /** Absent, as the next ones, where there is nothing to say. The name of the holder. */
  holder_name?: string;
  /** The exchange has all of what the holder has. */
  exchanged?: true;
  /** It never begins anew by itself (`isFollowUp`). */
  follows?: true;
  /** The task whose work it is to begin from. */
  base_task?: number;
}

export function boardEntry(task: Task): BoardEntry {
  const holder = task.place && (task.place.present || isToPutBack(task)) ? task.place.worker : null;
  // Once its base is resolved, nothing more is needed of the other task.
  const base_task = task.status === "pending" && !task.place?.base_commit ? taskInBase(task.base) : null;
  return {
    id: task.id,
    status: task.status,
    priority: task.priority,
    ...(task.order !== null && { order: task.order }),
    depends_on: task.depends_on,
    due_at: task.due_at,
    repo: task.repo,
    ...(task.labels !== undefined && { labels: task.labels }),
    cancel_requested: task.cancel_requested,
    runner: task.run?.worker ?? null,
    holder,
    ending: task.ending !== null,
    ...(holder !== null && task.place?.worker_name !== undefined && { holder_name: task.place.worker_name }),
    ...(holder !== null && isExchanged(task) && { exchanged: true as const }),
    ...(isFollowUp(task) && { follows: true as const }),
    ...(base_task !== null && { base_task }),
  };
}

/** The task whose work a base names: `task:12`. */
export function taskInBase(base: string | null): number | null {
  const id = /^task:(\d+)$/.exec(base ?? "")?.[1];
  return id === undefined ? null : Number(id);
}

/** Its worktree was removed when it was completed; a follow-up goes on in it, where it was. */
function isToPutBack({ status, next }: Task): boolean {
  return status === "pending" && next.kind === "resume";
}

export interface Board {
  /** Every unfinished task. */
  entries: Iterable<BoardEntry>;
  /** How any task that a dependency names stands; undefined when it is not known yet. */
  statusOf(id: number): DependencyStatus | undefined;
  /** Where the work of a task is that a base names; null: nowhere; undefined when it is not known yet. */
  workOf?(id: number): Holding | null | undefined;
}

export interface WorkerView extends OtherWorkers {
  /** Its uuid; null when no other worker can have its store: then it is the holder of whatever is held. */
  worker: string | null;
  /** Names of the repositories it has. */
  repos: ReadonlySet<string>;
  /** What it is; absent: nothing that a task could ask for. */
  labels?: Labels;
  /** Why nothing of a repository is started for now, by its name. */
  paused_repos?: ReadonlyMap<string, string>;
  free_slots: number;
  /** Names of the repositories that have an exchange here. */
  exchanges?: ReadonlySet<string>;
}

export interface Plan {
  /** What to claim now, in this order. */
  starts: { id: number; why: ClaimReason }[];
  /** Ids of all tasks that could start now, in dispatch order. */
  order: number[];
  /** When the next waiting task becomes due, ms since 1970. */
  nextDueAt: number | null;
}

const candidatesKept = 10;

/** Higher priority first, then as they were ordered by hand, then the older one. */
export function inDispatchOrder(a: Ordered, b: Ordered): number {
  return b.priority - a.priority || (a.order ?? a.id) - (b.order ?? b.id) || a.id - b.id;
}

/** What the order of dispatch goes by. */
export interface Ordered {
  id: number;
  priority: number;
  order?: number | null;
}

/** A dependency that is not met. */
export interface Blocker {
  id: number;
  status: DependencyStatus;
}

/** Why an entry cannot start now on this worker; null when it can. */
export type Obstacle =
  | { kind: "cancelling" }
  | { kind: "dependencies"; blocked_by: Blocker[] }
  | { kind: "due"; due_at: string; due_here: number }
  | { kind: "repository"; repo: string }
  | { kind: "labels"; labels: Labels }
  | { kind: "paused_repository"; repo: string; reason: string }
  /** `isGone`: its beat stands still, or it stopped. */
  | { kind: "elsewhere"; worker: string; name: string | null; isGone: boolean; base?: number };

export function obstacleOf(
  entry: BoardEntry,
  { board, now, view }: { board: Pick<Board, "statusOf" | "workOf">; now: number; view: WorkerView },
): Obstacle | null {
  if (entry.cancel_requested) return { kind: "cancelling" };
  const blocked_by = blockers(entry, board);
  if (blocked_by.length > 0) return { kind: "dependencies", blocked_by };
  if (entry.due_at !== null) {
    const due_here = entry.due_here ?? Date.parse(entry.due_at);
    if (dueInMs(due_here, now) > 0) return { kind: "due", due_at: entry.due_at, due_here };
  }
  if (!view.repos.has(entry.repo)) return { kind: "repository", repo: entry.repo };
  const { labels = {} } = entry;
  if (!hasLabels(view.labels ?? {}, labels)) return { kind: "labels", labels };
  const elsewhere = elsewhereOf(entry, { board, view });
  if (elsewhere) return elsewhere;
  const reason = view.paused_repos?.get(entry.repo);
  if (reason !== undefined) return { kind: "paused_repository", repo: entry.repo, reason };
  return null;
}

/** The worker that is waited for because of what only it has. */
function elsewhereOf(
  entry: BoardEntry,
  { board, view }: { board: Pick<Board, "workOf">; view: WorkerView },
): Obstacle | null {
  if (view.worker === null) return null;
  const isGone = (worker: string) => view.dead.has(worker) || (view.away?.has(worker) ?? false);
  const hasExchange = view.exchanges?.has(entry.repo) ?? false;
  const { holder: worker, holder_name: name = null, exchanged = false, follows = false } = entry;
  if (worker !== null && worker !== view.worker) {
    if (mayCross({ worker, name, exchanged, follows }, { hasExchange, others: view })) return null;
    return { kind: "elsewhere", worker, name, isGone: isGone(worker) };
  }
  if (worker !== null || entry.base_task === undefined) return null;
  const base = board.workOf?.(entry.base_task);
  if (!base || base.worker === view.worker || (base.exchanged && hasExchange)) return null;
  return {
    kind: "elsewhere",
    worker: base.worker,
    name: base.name,
    isGone: isGone(base.worker),
    base: entry.base_task,
  };
}

/** The dependencies that are not met, each with how it stands. */
export function blockers(entry: { depends_on: number[] }, board: Pick<Board, "statusOf">): Blocker[] {
  const blocked: Blocker[] = [];
  for (const id of entry.depends_on) {
    const status = board.statusOf(id) ?? "pending";
    if (status !== "completed") blocked.push({ id, status });
  }
  return blocked;
}

/** The rule in its simplest form. The engine asks dispatch_order.ts, which is tested to say the same. */
export function plan(board: Board, { now, view }: { now: number; view: WorkerView }): Plan {
  const eligible: BoardEntry[] = [];
  let nextDueAt: number | null = null;
  for (const entry of board.entries) {
    if (entry.status !== "pending") continue;
    const obstacle = obstacleOf(entry, { board, now, view });
    if (!obstacle) eligible.push(entry);
    if (obstacle?.kind === "due") {
      nextDueAt = Math.min(nextDueAt ?? Infinity, obstacle.due_here);
    }
  }
  eligible.sort(inDispatchOrder);
  return { starts: startsOf(eligible, view), order: eligible.map(({ id }) => id), nextDueAt };
}

/** The first of those that could start, as many as there are slots, each with why. */
export function startsOf(eligible: BoardEntry[], { free_slots }: { free_slots: number }): Plan["starts"] {
  const slots = Math.max(0, free_slots);
  const order = eligible.slice(0, slots + candidatesKept).map(({ id }) => id);
  return order.slice(0, slots).map((id, index) => ({
    id,
    why: {
      free_slots: slots - index,
      rank: index + 1,
      candidates: order.slice(index + 1, index + 1 + candidatesKept),
      count: eligible.length,
    },
  }));
}

/** Whether a dependency that ended badly keeps the entry from ever starting by itself. */
export function isBlockedByFailure(blocked_by: Pick<Blocker, "status">[]): boolean {
  return blocked_by.some(({ status }) => status === "failed" || status === "cancelled" || status === "discarded");
}
