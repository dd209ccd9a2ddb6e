// Folders in which the result of a landing was checked and that are still there: a crash cut their removal short, git refused
// it, or the landing was cancelled, or taken over by another worker, while nobody here was up.

import { taskOfCheckout } from "../../domain/slug.ts";
import { type EngineContext, isOurs } from "../context.ts";

/** Removes them from a repository in which nothing of ours lands now. Never rejects. */
export async function removeLeftCheckouts(context: EngineContext, repo: string): Promise<void> {
  const { landings, worktrees, store, warn } = context;
  try {
    for (const name of await worktrees.names(repo)) {
      const id = taskOfCheckout(name);
      const task = id === null ? null : await store.log.head(id);
      if (!task?.place) continue;
      // Another worker may use the same repository; what it has taken over does not land here any more.
      if (isOurs(context, task.place.worker) || !task.landing) await landings.removeCheckout(repo, { name });
    }
  } catch (error) {
    warn(`Cannot remove what landings left in repository ${repo}`, error);
  }
}
