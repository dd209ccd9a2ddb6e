// What a run left on this worker when its task went on elsewhere: after a crash, or a time away that was too long. It is saved under
// a ref of its own, given to the exchange, and told in the task's log, so that a person can look at it and have it brought in.
// The worktree stays as it is.

import { leftName } from "../../domain/holding.ts";
import type { Task } from "../../domain/task.ts";
import type { Place, Traces } from "../../process/git/worktrees.ts";
import { type EngineContext, isOurs } from "../context.ts";
import { handleCommand } from "../handle_command.ts";

const eventsAtOnce = 500;

/** Offers what of a repository's worktrees of ours belongs to tasks that are elsewhere now, and was not offered yet. */
export async function offerLeftWork(
  context: EngineContext,
  repo: string,
  { worktrees, heads }: { worktrees: Traces["worktrees"]; heads: ReadonlyMap<number, Task> },
): Promise<void> {
  if (!context.store.shared) return;
  for (const { path, branch, task: id } of worktrees) {
    const task = heads.get(id ?? 0);
    if (!task?.place?.base_commit || isOurs(context, task.place.worker) || task.repo !== repo) continue;
    // Its run was not closed yet: it may be one of ours that is being taken over.
    if (task.run && isOurs(context, task.run.worker)) continue;
    const run = await lastRunHere(context, task);
    if (run === null || task.points.some(({ name }) => name === leftName(run))) continue;
    const { base, base_commit } = task.place;
    await offer(context, task, { place: { repo, branch, path, base, base_commit }, run }).catch((error) =>
      context.warn(`Cannot offer what run ${run} of task ${task.id} left here`, error, { task: task.id, run })
    );
  }
}

async function offer(
  context: EngineContext,
  task: Task,
  { place, run }: { place: Place; run: number },
): Promise<void> {
  const { worktrees, exchange, worker } = context;
  const { ref, commit } = await worktrees.savePoint(place, { task: task.id, name: leftName(run) });
  const commits = ref === null ? 0 : await worktrees.countBeyond(place.repo, {
    commit,
    bases: [place.base_commit, task.exchanged?.commit, task.exchanged?.content].filter((one) => one !== undefined),
  });
  // All of it was handed over.
  if (ref === null || commits === 0) return;
  const exchanged = exchange.has(place.repo) && await exchange.give(place, { task: task.id, refsOnly: true })
    .then(() => true, () => false);
  const data = { run, worker: worker.id, worker_name: worker.name, ref, commit, commits, exchanged };
  const event = { type: "work.left" as const, data };
  await handleCommand(context, task.id, { type: "note_outgoing", event }, { by: worker.name, until: "written" });
}

/** The number of the last run of a task that was this worker's; null: none was. */
async function lastRunHere({ store, worker }: EngineContext, { id, seq }: Task): Promise<number | null> {
  let last: number | null = null;
  for (let after = 0; after < seq;) {
    const page = await store.log.read(id, { after, limit: eventsAtOnce });
    if (page.length === 0) break;
    for (const { event } of page) {
      if (event.type === "run.claimed" && event.data.worker === worker.id) last = event.data.epoch;
    }
    after = page.at(-1)!.event.seq;
  }
  return last;
}
