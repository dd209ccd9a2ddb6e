// Where the work is that a task goes on from or begins at: on the disk of the worker that made it, and in the exchange of the
// repository, when that was given all of it. Pure.

import { isOver, type Point, type Task } from "./task.ts";

/** Work as it stands on a worker's disk. */
export interface Holding {
  /** Its uuid. */
  worker: string;
  /** Its name then; null: not known. */
  name: string | null;
  /** The exchange of the repository has all of it. */
  exchanged: boolean;
}

/** Of work that others may begin from (`base: "task:12"`); null: there is none on any disk. */
export function holdingOf(task: Task): Holding | null {
  const { place, snapshot, status } = task;
  if (!place || !(place.present || (snapshot && isOver(status)))) return null;
  return { worker: place.worker, name: place.worker_name ?? null, exchanged: isExchanged(task) };
}

/** Whether what the last run left is in the exchange. */
export function isExchanged({ exchanged, claimed_seq, points }: Task): boolean {
  return exchanged !== null && exchanged.seq > Math.max(claimed_seq ?? 0, ownPoints(points).at(-1)?.seq ?? 0);
}

/** The point with what a run had left on another worker than the one that has the work now. */
export function leftName(run: number): string {
  return `left-${run}`;
}

/** Those of the work itself. */
export function ownPoints(points: readonly Point[]): Point[] {
  return points.filter(({ name }) => !name.startsWith("left-"));
}

/** Whether a task goes on with work that was good, or with words for the agent that made it: it never begins anew by itself. */
export function isFollowUp({ next, output, place }: Task): boolean {
  return next.kind === "resume" && place !== null && (next.because === "message" || output !== null);
}

/** The other workers, by what is known of them. */
export interface OtherWorkers {
  /** Their beat stands still: what they held is begun anew. */
  dead: ReadonlySet<string>;
  /** They stopped in good order a moment ago, and are waited for. */
  away?: ReadonlySet<string>;
  /** They live and start nothing now: all slots are busy, or they are paused or drain. */
  yielding?: ReadonlySet<string>;
}

/** Whether the work of a task that goes on may be gone on with by a worker that does not have it. */
export function mayCross(
  { worker, exchanged, follows }: Holding & { follows: boolean },
  { hasExchange, others }: { hasExchange: boolean; others: OtherWorkers },
): boolean {
  const crosses = exchanged && hasExchange;
  if (others.dead.has(worker)) return crosses || !follows;
  // Its session is where the work is: who has both goes first.
  if (others.away?.has(worker)) return crosses && follows;
  return crosses && (others.yielding?.has(worker) ?? false);
}
