// What changed in the whole store since a position in its commit order.

import type { TaskView } from "../../view/task_view.ts";
import type { Store } from "../../kv/store.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { Queries } from "./queries.ts";

/** Commits looked back for a page that reconnects; beyond that it reloads. */
const lookBack = 5_000;

/** Summaries of all tasks that changed after the commit `versionstamp`; null when that is too long ago. */
export async function changedSince(
  versionstamp: string,
  { store, board, queries }: {
    store: Pick<Store, "all">;
    board: Pick<LiveBoard, "dependants">;
    queries: Pick<Queries, "require" | "summary">;
  },
): Promise<TaskView[] | null> {
  const ids = await store.all.changedSince(versionstamp, { lookBack });
  if (ids === null) return null;
  // Who waits for a changed task looks different, too.
  for (const id of [...ids]) for (const dependant of board.dependants(id)) ids.add(dependant);
  const changed: TaskView[] = [];
  for (const id of ids) changed.push(queries.summary(await queries.require(id)));
  return changed;
}
