// Where several workers share a store, the log says how far the branch of a run is while it works, and the exchange of the
// repository is given what is committed: whoever takes the run over goes on from there, or knows what is missing.

import type { TaskPlace } from "../../domain/task.ts";
import { giveWork, isToGive } from "../exchange/give_work.ts";
import type { RunScope } from "./run_scope.ts";

const lookMs = 5_000;

/** Looks now and then until it is disposed of, which waits for what it is doing. */
export function watchCommits(scope: RunScope, place: TaskPlace): AsyncDisposable {
  const ended = new AbortController();
  const watching = scope.context.store.shared && !scope.task.trial
    ? watch(scope, place, ended.signal)
    : Promise.resolve();
  return {
    async [Symbol.asyncDispose]() {
      ended.abort();
      await watching;
    },
  };
}

async function watch(scope: RunScope, place: TaskPlace, ended: AbortSignal): Promise<void> {
  const { context: { clock, worktrees, warn }, about, task } = scope;
  let known = await worktrees.progress(place).catch(() => null);
  try {
    while (!ended.aborted) {
      await clock.sleep(lookMs, { signal: ended }).catch(() => {});
      if (ended.aborted) return;
      const now = await worktrees.progress(place, known).catch(() => null);
      if (now === null || now.commit === known?.commit) continue;
      known = now;
      await tell(scope, place, now);
    }
  } catch (error) {
    // The run was taken over, or the log cannot be written: others see to that.
    if (!ended.aborted) warn(`Cannot follow the commits of task ${task.id}`, error, about);
  }
}

async function tell(
  { context, task, log }: RunScope,
  place: TaskPlace,
  progress: { commit: string; commits: number },
): Promise<void> {
  if (!isToGive(context, task)) {
    await log.record({ type: "work.committed", data: progress });
    return;
  }
  const isGiven = await giveWork(context, task, place, {
    content: null,
    // At the end of the run it is told whether the exchange has it.
    write: (events) => log.record(...events.filter(({ type }) => type === "work.exchanged")),
  });
  if (!isGiven) await log.record({ type: "work.committed", data: progress });
}
