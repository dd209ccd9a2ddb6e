// The board: which tasks stand in which column, in what order, and how many there are.

import type { DispatchOrder } from "../../domain/dispatch_order.ts";
import { inDispatchOrder } from "../../domain/plan.ts";
import type { Status } from "../../domain/task.ts";
import type { Store } from "../../kv/store.ts";
import { columnContents, type ColumnName } from "../../view/board_view.ts";
import type { TaskView } from "../../view/task_view.ts";
import type { LiveBoard } from "../dispatch/board.ts";
import type { RecentHeads } from "./recent_heads.ts";
import type { BoardView } from "./service.ts";
import { idsOf } from "./task_pages.ts";
import type { TaskSummaries } from "./task_summaries.ts";

const columnLength = 100;
const completedAtOnce = 200;

interface Sources {
  index: Store["index"];
  board: LiveBoard;
  heads: RecentHeads;
  summaries: TaskSummaries;
}

/** The board with the first hundred tasks of each column. Call it with the dependencies resolved. */
export async function readBoard(sources: Sources): Promise<BoardView> {
  const { summaries } = sources;
  const order = summaries.order();
  const first = (name: ColumnName) => columnContents[name].lanes.flatMap((lane) => order.first(lane, columnLength));
  const asking = first("needs_you").sort(inDispatchOrder);
  const columns = { asking, running: first("running"), queue: first("queue") };
  const sizes = sizesOf(order);
  const newest = { before: Number.MAX_SAFE_INTEGER, limit: columnLength };
  const failed = await idsOf(sources, "failed", newest);
  const inReview = await sources.index.inReview();
  const over = [...await doneIds(sources, new Set(inReview)), ...await idsOf(sources, "cancelled", newest)];
  const all = await readCounts(sources);
  const view = async (ids: number[]): Promise<TaskView[]> =>
    summaries.ofAll(await sources.heads.read(ids.slice(0, columnLength)));
  const done = await view(over.sort((a, b) => b - a));
  return {
    needs_you: await view([...columns.asking.map(({ id }) => id), ...failed]),
    review: await view(inReview),
    running: await view(columns.running.map(({ id }) => id)),
    queue: await view(columns.queue.map(({ id }) => id)),
    done: done.sort((a, b) => (b.completed_at ?? "").localeCompare(a.completed_at ?? "")),
    counts: {
      ...sizes,
      needs_you: sizes.needs_you + all.failed,
      review: inReview.length,
      done: Math.max(0, all.completed - inReview.length) + all.cancelled,
    },
  };
}

/** Of the newest completed tasks those that nobody is to look at any more. */
async function doneIds(sources: Sources, inReview: ReadonlySet<number>): Promise<number[]> {
  const ids: number[] = [];
  let before = Number.MAX_SAFE_INTEGER;
  while (ids.length < columnLength) {
    const page = await idsOf(sources, "completed", { before, limit: completedAtOnce });
    ids.push(...page.filter((id) => !inReview.has(id)));
    if (page.length < completedAtOnce) break;
    before = page.at(-1)!;
  }
  return ids.slice(0, columnLength);
}

function sizesOf(order: DispatchOrder): { needs_you: number; running: number; queue: number } {
  const size = (name: ColumnName) => columnContents[name].lanes.reduce((sum, lane) => sum + order.size(lane), 0);
  return { needs_you: size("needs_you"), running: size("running"), queue: size("queue") };
}

/** How many tasks of the whole store have each status. */
export async function readCounts(
  { index, board, summaries }: Omit<Sources, "heads">,
): Promise<Record<Status, number>> {
  const order = summaries.order();
  const open = {
    pending: order.size("ready") + order.size("waiting") + order.size("stuck"),
    in_progress: order.size("running"),
    awaiting_approval: order.size("approval"),
  };
  const { failed, cancelled } = await board.ended.read();
  // Most tasks complete: counting the rest is cheaper than counting them.
  const others = open.pending + open.in_progress + open.awaiting_approval + failed + cancelled;
  const completed = Math.max(0, await index.lastId() - others);
  return { ...open, completed, failed, cancelled };
}
