// The end of work that has landed or was discarded: it is saved under a ref, and worktree and branch go. Every step is an event,
// and each can be repeated after a crash.

import { landingEntry } from "../../domain/landing_order.ts";
import type { NewEvent } from "../../domain/event.ts";
import type { EngineContext } from "../context.ts";
import { handleCommand } from "../handle_command.ts";
import { saveAndRemove } from "../run/archive_worktree.ts";
import { cleanUp } from "../run/clean_up.ts";

/** Puts the worktree of task `id` away, if that is due. When `signal` aborts meanwhile, all waits for another time. */
export async function putAway(context: EngineContext, id: number, { signal }: { signal: AbortSignal }): Promise<void> {
  const { store, worker } = context;
  const task = await store.log.head(id);
  const entry = task && landingEntry(task);
  if (!task?.place || !entry || entry.landing !== null) return;
  const holder = task.place.worker;
  const write = (events: NewEvent[]) =>
    handleCommand(context, id, { type: "archive_worktree", holder, events }, { by: worker.name, until: "written" });
  if (!await cleanUp(context, task, task.place, { write, signal }) || signal.aborted) return;
  await saveAndRemove(context, task, task.place, { run: task.epoch, reason: task.review!, write });
}
