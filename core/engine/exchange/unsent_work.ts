// What could not be given to the exchange when it was time is given later; and what stayed for that reason alone goes then.

import type { NewEvent } from "../../domain/event.ts";
import { landingEntry } from "../../domain/landing_order.ts";
import { isOver, type Task } from "../../domain/task.ts";
import { type EngineContext, isOurs } from "../context.ts";
import { handleCommand } from "../handle_command.ts";
import { saveAndRemove } from "../run/archive_worktree.ts";
import { giveResting } from "./give_work.ts";

/** Tries all that is noted once, one after another, and of each repository up to the first that does not go. Never rejects. */
export async function giveUnsent(context: EngineContext, { signal }: { signal: AbortSignal }): Promise<void> {
  const { store, worker, warn } = context;
  try {
    await context.exchange.look();
    // Where nothing crosses, it costs nothing.
    if (context.exchange.repos.size === 0) return;
    const away = new Set<string>();
    for (const id of await store.notes.unsent(worker.id)) {
      if (signal.aborted) return;
      const task = await store.log.head(id);
      // What runs is given at its end.
      if (task?.run || away.has(task?.repo ?? "")) continue;
      // A retry begins anew, and its run gives what the one before left.
      if (!task?.place?.base_commit || !isOurs(context, task.place.worker) || !context.exchange.has(task.repo)) {
        await store.notes.changeUnsent(worker.id, (ids) => ids.filter((other) => other !== id));
      } else if (!await giveNow(context, task)) away.add(task.repo);
    }
  } catch (error) {
    warn("Cannot give the exchange what it does not have yet", error);
  }
}

async function giveNow(context: EngineContext, task: Task): Promise<boolean> {
  // That it does not go was told.
  const isGiven = await giveResting(context, task, { tells: false });
  if (isGiven) await removeKept(context, task.id);
  return isGiven;
}

/** A worktree that was to go and stayed, because the exchange did not have what it holds. */
async function removeKept(context: EngineContext, id: number): Promise<void> {
  const task = await context.store.log.head(id);
  if (!task?.place?.present || !isOver(task.status) || landingEntry(task)) return;
  const wasToGo = task.status !== "completed" || task.place.kept;
  if (!wasToGo) return;
  const holder = task.place.worker;
  const write = (events: NewEvent[]) =>
    handleCommand(context, id, { type: "archive_worktree", holder, events }, {
      by: context.worker.name,
      until: "written",
    });
  const reason = task.status === "completed" ? task.review! : task.outcome ?? task.status;
  await saveAndRemove(context, task, task.place, { run: task.epoch, reason, write });
}
