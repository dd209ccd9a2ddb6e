// Keeps the comments of a task as new as its summary says.

import { useEffect } from "preact/hooks";
import type { OpenTask } from "../state/open_task.ts";

/** A service that cannot be reached is asked again when the summary changes. */
export function useComments(open: OpenTask): void {
  const { comments } = open.task.value;
  const stamp = comments?.seq;
  useEffect(() => {
    if (stamp === undefined) return;
    open.review.comments.read().catch(() => {});
  }, [open, stamp]);
}
