// The order of the queue by hand: a pending task gets another place among those of its priority.

import { DomainError } from "../../domain/error.ts";
import { type BoardEntry, inDispatchOrder } from "../../domain/plan.ts";
import { type Place, placesAt } from "../../domain/queue_place.ts";
import type { Task } from "../../domain/task.ts";
import type { EngineContext } from "../context.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import { handleCommand } from "../handle_command.ts";
import type { Caller, QueueTarget } from "./service.ts";

/**
 * Moves task `id`. Rejects with `DomainError("conflict")` when it is not pending, or has another priority than the task that
 * it is to stand next to: higher priority goes first, whatever the order.
 */
export async function moveInQueue(
  context: EngineContext,
  id: number,
  { target, by, board }: Caller & { target: QueueTarget; board: LiveBoard },
): Promise<Task> {
  const entry = board.entry(id);
  // What the board has not heard of, the rules refuse in their words.
  const others = entry ? pendingLike(entry, board) : [];
  const { index, next } = placeOf(id, { target, others, entry, board });
  const places = placesAt(id, { index, others });
  const own = places.at(-1)!;
  for (const place of places.slice(0, -1)) await move(context, place, { by });
  return await move(context, { ...own, ...next }, { by });
}

async function move(
  context: EngineContext,
  { id, ...place }: Place & { before?: number; after?: number },
  { by }: Caller,
): Promise<Task> {
  return (await handleCommand(context, id, { type: "move", ...place }, { by, until: "answered" })).head;
}

/** The other pending tasks of its priority, in their order. */
function pendingLike({ id, priority }: BoardEntry, board: LiveBoard): BoardEntry[] {
  const others: BoardEntry[] = [];
  for (const one of board.entries) {
    if (one.id !== id && one.priority === priority && one.status === "pending" && !one.cancel_requested) {
      others.push(one);
    }
  }
  return others.sort(inDispatchOrder);
}

/** Before which of the others it is to stand, and what the log says of that. */
function placeOf(
  id: number,
  { target, others, entry, board }: {
    target: QueueTarget;
    others: BoardEntry[];
    entry: BoardEntry | undefined;
    board: LiveBoard;
  },
): { index: number; next: { before?: number; after?: number } } {
  const [first, last] = [others.at(0), others.at(-1)];
  if ("to" in target) {
    if (target.to === "first") return { index: 0, next: first ? { before: first.id } : {} };
    return { index: others.length, next: last ? { after: last.id } : {} };
  }
  const wanted = "before" in target ? target.before : target.after;
  const at = others.findIndex((one) => one.id === wanted);
  if (at < 0 && entry) throw new DomainError("conflict", refusal(id, { wanted, entry, other: board.entry(wanted) }));
  return "before" in target ? { index: at, next: { before: wanted } } : { index: at + 1, next: { after: wanted } };
}

function refusal(
  id: number,
  { wanted, entry, other }: { wanted: number; entry: BoardEntry; other: BoardEntry | undefined },
): string {
  const start = `Cannot move task ${id} next to task ${wanted}`;
  if (id === wanted) return `${start}: they are the same`;
  if (other?.status !== "pending" || other.cancel_requested) return `${start}: that one is not pending`;
  return `${start}: its priority is ${entry.priority}, that one's ${other.priority}; change its priority first`;
}
