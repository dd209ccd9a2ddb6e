// Who runs next. Pure: the board and the clock come in, the order and its reasons go out.
//
// Order: priority (higher first), then id. A task that cannot run now never holds back one that can.

import type { ClaimReason } from "./event.ts";
import { dueInMs } from "./retry.ts";
import type { DependencyStatus, Status, Task } from "./task.ts";

/** What the scheduler needs to know of an unfinished task; kept small, it is the value of the `active` index. */
export interface BoardEntry {
  id: number;
  status: Status;
  priority: number;
  depends_on: number[];
  due_at: string | null;
  repo: string;
  cancel_requested: boolean;
  /** The worker that holds its run. */
  runner: string | null;
  /** The worker that has its worktree, or is to put it back. */
  holder: string | null;
  /** Its run is over, but its worktree is not put away yet. */
  ending: boolean;
}

export function boardEntry(task: Task): BoardEntry {
  return {
    id: task.id,
    status: task.status,
    priority: task.priority,
    depends_on: task.depends_on,
    due_at: task.due_at,
    repo: task.repo,
    cancel_requested: task.cancel_requested,
    runner: task.run?.worker ?? null,
    holder: task.place && (task.place.present || isToPutBack(task)) ? task.place.worker : null,
    ending: task.ending !== null,
  };
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
}

export interface WorkerView {
  /** Its uuid; null when no other worker can have its store: then it is the holder of whatever is held. */
  worker: string | null;
  /** Names of the repositories it has. */
  repos: ReadonlySet<string>;
  /** Why nothing of a repository is started for now, by its name. */
  paused_repos?: ReadonlyMap<string, string>;
  free_slots: number;
  /** Workers that no longer beat: what they held must be begun anew elsewhere. */
  dead: ReadonlySet<string>;
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

/** Higher priority first, then the older one. */
export function inDispatchOrder(a: BoardEntry, b: BoardEntry): number {
  return b.priority - a.priority || a.id - b.id;
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
  | { kind: "due"; due_at: string }
  | { kind: "repository"; repo: string }
  | { kind: "paused_repository"; repo: string; reason: string }
  | { kind: "elsewhere"; worker: string };

export function obstacleOf(
  entry: BoardEntry,
  { board, now, view }: { board: Pick<Board, "statusOf">; now: number; view: WorkerView },
): Obstacle | null {
  if (entry.cancel_requested) return { kind: "cancelling" };
  const blocked_by = blockers(entry, board);
  if (blocked_by.length > 0) return { kind: "dependencies", blocked_by };
  if (entry.due_at !== null && dueInMs(entry.due_at, now) > 0) return { kind: "due", due_at: entry.due_at };
  if (!view.repos.has(entry.repo)) return { kind: "repository", repo: entry.repo };
  const isElsewhere = entry.holder !== null && view.worker !== null && entry.holder !== view.worker;
  if (isElsewhere && !view.dead.has(entry.holder!)) {
    return { kind: "elsewhere", worker: entry.holder! };
  }
  const reason = view.paused_repos?.get(entry.repo);
  if (reason !== undefined) return { kind: "paused_repository", repo: entry.repo, reason };
  return null;
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
      const due = Date.parse(obstacle.due_at);
      nextDueAt = nextDueAt === null ? due : Math.min(nextDueAt, due);
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
