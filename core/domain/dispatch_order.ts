// The unfinished tasks in lanes by what they can do now, each lane in dispatch order, kept current one change at a time. It
// says the same as `plan`, which computes it anew from the whole board; here a look costs what changed since the last one,
// however long the queue is.

import {
  blockers,
  type Board,
  type BoardEntry,
  inDispatchOrder,
  isBlockedByFailure,
  obstacleOf,
  type Plan,
  startsOf,
  type WorkerView,
} from "./plan.ts";

export type Lane =
  /** Could start now. */
  | "ready"
  /** Pending, with something in the way that passes by itself. */
  | "waiting"
  /** Pending, with a dependency in the way that ended badly. */
  | "stuck"
  | "running"
  | "approval";

export interface OrderedBoard extends Pick<Board, "statusOf" | "workOf"> {
  entry(id: number): BoardEntry | undefined;
}

interface Moment {
  now: number;
  view: WorkerView;
}

/** Beyond this many changes at once, sorting all is cheaper than moving each. */
const movedAtMost = 100;

export class DispatchOrder {
  readonly #board: OrderedBoard;
  readonly #lanes: Record<Lane, BoardEntry[]> = { ready: [], waiting: [], stuck: [], running: [], approval: [] };
  readonly #places = new Map<number, { lane: Lane; entry: BoardEntry }>();
  /** To be looked at again. */
  readonly #stale = new Set<number>();
  /** Of those that wait for a due time, ms since 1970. */
  readonly #due = new Map<number, number>();
  #nextDueAt: number | null = null;
  #last: Moment | null = null;

  constructor(board: OrderedBoard) {
    this.#board = board;
  }

  /** Entry `id` is new, changed or gone, or a task it depends on has another status. */
  touch(id: number): void {
    this.#stale.add(id);
  }

  /** Everything may have changed; `ids` are all there are now. */
  touchAll(ids: Iterable<number>): void {
    for (const id of this.#places.keys()) this.#stale.add(id);
    for (const id of ids) this.#stale.add(id);
  }

  /** Brings the lanes up to a moment; what is asked afterwards is answered for it. */
  refresh(moment: Moment): void {
    this.#touchWhatPassed(moment);
    this.#last = moment;
    if (this.#stale.size === 0) return;
    const isMany = this.#stale.size > movedAtMost;
    for (const id of this.#stale) {
      const before = this.#places.get(id);
      if (before && !isMany) remove(this.#lanes[before.lane], before.entry);
      this.#places.delete(id);
      this.#due.delete(id);
      const entry = this.#board.entry(id);
      if (!entry) continue;
      const lane = this.#laneOf(entry, moment);
      this.#places.set(id, { lane, entry });
      if (!isMany) insert(this.#lanes[lane], entry);
    }
    this.#stale.clear();
    if (isMany) this.#sortAll();
    this.#nextDueAt = null;
    for (const due of this.#due.values()) this.#nextDueAt = Math.min(this.#nextDueAt ?? due, due);
  }

  /** What to claim now, and when to look again (see `plan`). `free_slots`: by default as at the last refresh. */
  plan({ free_slots }: { free_slots: number } = this.#last?.view ?? { free_slots: 0 }): Omit<Plan, "order"> {
    return { starts: startsOf(this.#lanes.ready, { free_slots }), nextDueAt: this.#nextDueAt };
  }

  /** How many are in a lane. */
  size(lane: Lane): number {
    return this.#lanes[lane].length;
  }

  /** The first of a lane. */
  first(lane: Lane, limit: number): BoardEntry[] {
    return this.#lanes[lane].slice(0, limit);
  }

  /** 1 = the next to start; null when it could not start now. */
  rank(id: number): number | null {
    const place = this.#places.get(id);
    return place?.lane === "ready" ? indexIn(this.#lanes.ready, place.entry) + 1 : null;
  }

  /** What became due, and what the death or return of a worker frees or takes. */
  #touchWhatPassed({ now, view }: Moment): void {
    const last = this.#last;
    if (!last) return;
    if (this.#nextDueAt !== null && this.#nextDueAt <= now) {
      for (const [id, due] of this.#due) if (due <= now) this.#stale.add(id);
    }
    const isBack = now < last.now;
    const isOther = last.view.worker !== view.worker || last.view.repos !== view.repos ||
      last.view.labels !== view.labels || last.view.paused_repos !== view.paused_repos;
    const isHeld = !isSameSet(last.view.dead, view.dead) || !isSameSet(last.view.away, view.away) ||
      !isSameSet(last.view.yielding, view.yielding) || !isSameSet(last.view.exchanges, view.exchanges);
    if (!isBack && !isOther && !isHeld) return;
    for (const [id, { entry }] of this.#places) {
      if (isOther || (isBack && entry.due_at !== null) || (isHeld && needsOthers(entry))) this.#stale.add(id);
    }
  }

  #laneOf(entry: BoardEntry, moment: Moment): Lane {
    if (entry.status === "in_progress") return "running";
    if (entry.status === "awaiting_approval") return "approval";
    const obstacle = obstacleOf(entry, { board: this.#board, ...moment });
    if (!obstacle) return "ready";
    if (obstacle.kind === "due") this.#due.set(entry.id, obstacle.due_here);
    return isBlockedByFailure(blockers(entry, this.#board)) ? "stuck" : "waiting";
  }

  #sortAll(): void {
    for (const lane of Object.values(this.#lanes)) lane.length = 0;
    for (const { lane, entry } of this.#places.values()) this.#lanes[lane].push(entry);
    for (const lane of Object.values(this.#lanes)) lane.sort(inDispatchOrder);
  }
}

/** Where an entry is in a sorted lane, or would be. */
function indexIn(lane: BoardEntry[], entry: BoardEntry): number {
  let from = 0;
  let to = lane.length;
  while (from < to) {
    const middle = (from + to) >> 1;
    if (inDispatchOrder(lane[middle]!, entry) < 0) from = middle + 1;
    else to = middle;
  }
  return from;
}

function insert(lane: BoardEntry[], entry: BoardEntry): void {
  lane.splice(indexIn(lane, entry), 0, entry);
}

function remove(lane: BoardEntry[], entry: BoardEntry): void {
  lane.splice(indexIn(lane, entry), 1);
}

/** Whether it may depend on another worker whether an entry can start. */
function needsOthers({ holder, base_task }: BoardEntry): boolean {
  return holder !== null || base_task !== undefined;
}

const none: ReadonlySet<string> = new Set();

function isSameSet(one: ReadonlySet<string> = none, other: ReadonlySet<string> = none): boolean {
  return one === other || (one.size === other.size && [...one].every((value) => other.has(value)));
}
