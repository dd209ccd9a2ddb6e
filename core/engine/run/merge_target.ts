// A task that goes on because it conflicts with the branch that it is to land in: that branch is merged into its worktree, and
// what conflicts is left there for its agent.

import { DomainError } from "../../domain/error.ts";
import type { TaskPlace } from "../../domain/task.ts";
import type { RunScope } from "./run_scope.ts";

/** Begins the merge that the task waits for, if any. One that cannot begin is the agent's to make; its words say so. */
export async function mergeTarget({ context: { landings }, task, log }: RunScope, place: TaskPlace): Promise<void> {
  if (!task.merge) return;
  const { target, commit } = task.merge;
  try {
    const { conflicts } = await landings.mergeInto(place, { commit, message: `Merge ${target} into ${place.branch}` });
    await log.record({ type: "merge.started", data: { target, commit, conflicts } });
  } catch (error) {
    if (!(error instanceof DomainError && error.code !== "fenced")) throw error;
    const text = `${target} cannot be merged into ${place.branch}: ${error.message}`;
    await log.record({ type: "output.notice", data: { kind: "merge", text } });
  }
}
