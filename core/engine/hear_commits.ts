// What a commit means to the parts of a process: the board first, since the others ask it; then whoever shows or schedules.

import type { LiveTail } from "../kv/live_tail.ts";
import type { LiveBoard } from "./dispatch/board.ts";
import type { MergeQueue } from "./land/merge_queue.ts";
import type { Feeds } from "./service/feeds.ts";
import type { Queries } from "./service/queries.ts";

/** Passes every commit on, in commit order; returns what ends it. `wake`: the scheduler may find something to do. */
export function hearCommits(
  tail: Pick<LiveTail, "subscribe">,
  { board, queries, feeds, mergeQueue, wake }: {
    board: Pick<LiveBoard, "apply">;
    queries: Pick<Queries, "heard">;
    feeds: Pick<Feeds, "heard">;
    mergeQueue: Pick<MergeQueue, "apply">;
    wake(): void;
  },
): () => void {
  return tail.subscribe((committed) => {
    let isBoardChanged = false;
    for (const head of committed.heads) isBoardChanged = board.apply(head) || isBoardChanged;
    for (const head of committed.heads) mergeQueue.apply(head);
    queries.heard(committed.heads);
    if (isBoardChanged) wake();
    feeds.heard(committed, { isBoardChanged });
  });
}
