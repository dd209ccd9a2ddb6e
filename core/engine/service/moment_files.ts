// The files of a task as they were at any event: as its tools left them on the way, or as they were saved beside.

import { DomainError } from "../../domain/error.ts";
import { ownPoints } from "../../domain/holding.ts";
import type { Point, Task } from "../../domain/task.ts";
import type { EngineContext } from "../context.ts";

/** How far behind a moment its files may have been kept, in events: that happens beside the agent. */
const lookedAt = 1_000;

/** A commit with the files, and the event that they are known to be from: at most the one that was asked for. */
export interface MomentFiles {
  commit: string;
  after: number;
}

/**
 * The files right after event `at`. While tools worked that is as the last one before left them whose files were kept (`after`).
 * Throws `DomainError("not_found")` when there was no worktree yet, and `conflict` when nothing was kept.
 */
export async function filesAt({ store }: EngineContext, task: Task, at: number): Promise<MomentFiles> {
  const then = await store.log.headAt(task.id, at);
  if (!then?.place?.base_commit) throw new DomainError("not_found", `Task ${task.id} had no worktree then`);
  const claimed = then.claimed_seq ?? 0;
  const kept = await keptFor(store, task, { at, last: then.files ?? null });
  const point = ownPoints(then.points).at(-1);
  if (then.run === null) {
    // Of the last run, and of none before it.
    if (point && point.seq > claimed) return { commit: point.commit, after: at };
    if (kept && kept.after > claimed) return kept;
    throw notKept(task, at, "nobody saved them");
  }
  if (kept && kept.after > claimed) return kept;
  // As the run before left them, until something changes them.
  const before = then.next.kind === "fresh" ? { commit: then.place.base_commit } : point ?? then.files;
  if (before) return { commit: before.commit, after: then.run.started_at === null ? at : claimed };
  throw notKept(task, at, `run ${then.run.epoch} was working`);
}

/** What was kept for the last tool call up to `at`: it is told a little later. */
async function keptFor(
  { log }: EngineContext["store"],
  { id, seq }: Task,
  { at, last }: { at: number; last: MomentFiles | null },
): Promise<MomentFiles | null> {
  const page = at < seq ? await log.read(id, { after: at, limit: lookedAt }) : [];
  for (const { event } of page) {
    if (event.type === "run.claimed") break;
    if (event.type !== "files.kept") continue;
    const { commit, after } = event.data;
    if (after <= at) return { commit, after };
    break;
  }
  return last;
}

function notKept({ points }: Task, at: number, why: string): DomainError {
  return new DomainError(
    "conflict",
    `The files at event ${at} were not kept: ${why}. What was kept: ${namesIn(points)}`,
  );
}

/** `run-1 (event 40), message-52 (event 53)`. */
export function namesIn(points: readonly Point[]): string {
  return points.length === 0 ? "nothing else" : points.map(({ name, seq }) => `${name} (event ${seq})`).join(", ");
}
