// Events of finished work by name, and the histories that lead there.

import type { LandingResult } from "../../core/domain/command.ts";
import type { NewEvent } from "../../core/domain/event.ts";
import type { TaskSpec } from "../../core/domain/task_spec.ts";
import { begun, events } from "./world.ts";

export const accepted = (): NewEvent => ({ type: "task.accepted", data: {} });
export const discarded = (): NewEvent => ({ type: "task.discarded", data: {} });

export const landingRequested = (changes: { auto?: true; target?: string } = {}): NewEvent => ({
  type: "landing.requested",
  data: { method: "squash", target: "main", message: null, ...changes },
});

export const integrated = (commit = "d".repeat(40)): NewEvent => ({
  type: "landing.integrated",
  data: { method: "squash", target: "main", target_commit: "c".repeat(40), commit },
});

export const landingFinished = (
  outcome: LandingResult["outcome"],
  changes: Partial<LandingResult> = {},
): NewEvent => ({
  type: "landing.finished",
  data: {
    ...{ method: "squash", target: "main", target_commit: null, commit: null, backup_ref: null, error: null },
    ...changes,
    outcome,
  },
});

export const commentAdded = (id: number): NewEvent => ({
  type: "comment.added",
  data: { id, path: "a.txt", side: "new", line: id, quote: `line ${id}`, blob: null, text: "Why?" },
});

export const kept = (): NewEvent => ({
  type: "worktree.kept",
  data: {
    path: "/tmp/demo-worktrees/task-12-greet-in-french",
    branch: "task-12-greet-in-french",
    reason: "somebody works in it",
  },
});

/** Up to a task that is completed and changed something. */
export const reviewHistory = (changes: Partial<TaskSpec> = {}): NewEvent[] => [
  ...begun(1, changes),
  events.finished(1, "succeeded", "complete"),
  { type: "task.completed", data: { output: "Done.", review: true } },
];

export const landed = (): NewEvent[] => [
  ...reviewHistory(),
  landingRequested(),
  integrated(),
  landingFinished("landed", { target_commit: "c".repeat(40), commit: "d".repeat(40) }),
];
