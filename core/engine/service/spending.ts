// What was spent since a moment: what the runs cost that ended since, and what those that are open cost so far.

import { lessSure } from "../../domain/usage.ts";
import type { Spending } from "../../view/api_view.ts";
import type { Store } from "../../kv/store.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { RecentHeads } from "./recent_heads.ts";

/** Milestones looked at for one answer at most, in pages. */
const pagesAtMost = 20;

/** `since`: ISO 8601, UTC. */
export async function readSpending(
  { store, board, heads }: { store: Pick<Store, "milestones">; board: LiveBoard; heads: RecentHeads },
  { since }: { since: string },
): Promise<Spending> {
  const spending: Spending = { since, cost_usd: 0, cost_basis: "reported", running_usd: 0, tasks: 0, whole: true };
  const tasks = new Set<number>();
  let pages = 0;
  for await (const page of store.milestones.newestFirst(since)) {
    if (++pages > pagesAtMost) {
      spending.whole = false;
      break;
    }
    for (const { task, milestone } of page) {
      if (milestone.type !== "run.finished") continue;
      tasks.add(task);
      spending.cost_usd += milestone.cost_usd;
      spending.cost_basis = lessSure(spending.cost_basis, milestone.cost_basis);
    }
  }
  const running = [...board.entries].filter(({ status }) => status === "in_progress").map(({ id }) => id);
  for (const { id, run } of await heads.read(running)) {
    if (run === null) continue;
    tasks.add(id);
    spending.running_usd += run.estimated_cost_usd ?? 0;
  }
  return { ...spending, tasks: tasks.size };
}
