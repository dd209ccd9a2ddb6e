// What a task's worktree holds goes to the exchange of its repository, when it has one: after each run, each snapshot and each
// landing. What cannot be given now is told, noted, and made up for (unsent_work.ts).

import { DomainError, isFenced, messageOf } from "../../domain/error.ts";
import type { NewEvent } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";
import type { Given } from "../../process/git/exchange.ts";
import type { Place } from "../../process/git/worktrees.ts";
import { type EngineContext, isOurs } from "../context.ts";
import { handleCommand, untilStoreAnswers } from "../handle_command.ts";

export interface GiveOptions {
  /** The commit with all files of the place; null: that of its branch. */
  content: string | null;
  write: (events: NewEvent[]) => Promise<unknown>;
}

/** Whether the work of a task goes to an exchange. A trial has none. */
export function isToGive({ exchange }: Pick<EngineContext, "exchange">, { repo, trial }: Task): boolean {
  return exchange.has(repo) && !trial;
}

/**
 * Gives the exchange what a task's place holds. True when it has all of it, or there is none to give to. Throws
 * `DomainError("fenced")` when the run was taken over; what else goes wrong is told in the log.
 */
export async function giveWork(
  context: EngineContext,
  task: Task,
  place: Place,
  { content, write }: GiveOptions,
): Promise<boolean> {
  const { store, worker, worktrees } = context;
  const note = (change: (ids: number[]) => number[]) =>
    untilStoreAnswers(context, task.id, () => store.notes.changeUnsent(worker.id, change));
  const others = (ids: number[]) => ids.filter((id) => id !== task.id);
  if (!isToGive(context, task)) return true;
  try {
    const progress = await worktrees.progress(place);
    const { url, commit } = await giveAll(context, task, place);
    if (commit !== null) {
      const commits = progress?.commits ?? 0;
      const whole = content !== null && content !== commit ? { content } : {};
      await write([{ type: "work.exchanged", data: { url, branch: place.branch, commit, commits, ...whole } }]);
    }
    await note(others);
    return true;
  } catch (error) {
    if (isFenced(error)) throw error;
    // The last of them next time: it holds up nobody else's.
    await note((ids) => [...others(ids), task.id]);
    const text = `The exchange does not have this work yet, and is tried again: ${messageOf(error)}`;
    await write([{ type: "output.notice", data: { kind: "exchange", text } }]);
    return false;
  }
}

/**
 * Whoever has the task has its branch: what another worker gave meanwhile, of an earlier attempt or in the moment in which it was
 * taken over, is kept there beside it.
 */
async function giveAll(context: EngineContext, task: Task, place: Place): Promise<Given> {
  const { store, exchange } = context;
  try {
    return await exchange.give(place, { task: task.id });
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "conflict")) throw error;
    const now = await store.log.head(task.id);
    const holder = (now?.run ?? now?.place)?.worker;
    if (now?.epoch !== task.epoch || holder === undefined || !isOurs(context, holder)) throw error;
    return await exchange.give(place, { task: task.id, keepOther: true });
  }
}

/** The same for a task that does not run. `tells`: whether its log says so when it does not go. */
export async function giveResting(context: EngineContext, task: Task, { tells }: { tells: boolean }): Promise<boolean> {
  const { id, epoch, place, snapshot } = task;
  if (!place?.base_commit || !isOurs(context, place.worker)) return true;
  const write = async (events: NewEvent[]) => {
    for (const event of tells ? events : events.filter(({ type }) => type === "work.exchanged")) {
      const command = { type: "note_outgoing", event, epoch } as const;
      await handleCommand(context, id, command, { by: context.worker.name, until: "written" });
    }
  };
  return await giveWork(context, task, place, { content: place.present ? null : snapshot?.commit ?? null, write });
}
