// The fold of what comes after the work: comments on it, its landing, and where else it goes.

import type { TaskEvent, TaskEventOf } from "./event.ts";
import { clip } from "./excerpt.ts";
import { leftName } from "./holding.ts";
import type { CommentHead, LandingEnd, Point, Task } from "./task.ts";

const pointsKept = 20;
const conflictsKept = 10;
const pathKept = 300;

type ReviewType =
  | `work.${"saved" | "committed" | "exchanged" | "left"}`
  | "files.kept"
  | "merge.started"
  | "task.accepted"
  | "task.discarded"
  | `comment.${"added" | "edited" | "deleted" | "resolved"}`
  | `landing.${"requested" | "integrated" | "finished"}`
  | "branch.pushed"
  | `pull_request.${"opened" | "changed"}`;

export type ReviewEvent = Extract<TaskEvent, { type: ReviewType }>;

/** What the event changes of its task; null when it is of another kind. */
export function changeByReview(task: Task, event: ReviewEvent): Partial<Task> {
  switch (event.type) {
    case "work.saved": {
      const { name, commit } = event.data;
      return { points: withPoint(task, { name, seq: event.seq, at: event.at, commit }) };
    }
    case "files.kept":
      return { files: { commit: event.data.commit, after: event.data.after } };
    case "work.committed":
      return { committed: event.data };
    case "work.exchanged": {
      const { commit, commits, content = commit } = event.data;
      return { committed: { commit, commits }, exchanged: { seq: event.seq, commit, commits, content } };
    }
    case "work.left":
      return {
        points: withPoint(task, {
          name: leftName(event.data.run),
          seq: event.seq,
          at: event.at,
          commit: event.data.commit,
        }),
      };
    case "merge.started":
      return { merge: null };
    case "task.accepted":
      return { review: "accepted" };
    case "task.discarded":
      return { review: "discarded" };
    case "comment.added":
    case "comment.edited":
    case "comment.deleted":
    case "comment.resolved":
      return changeByComment(task, event);
    case "branch.pushed":
      return { pushed: { seq: event.seq, at: event.at, ...event.data } };
    case "pull_request.opened":
      return { pull_request: { ...event.data, state: "open" } };
    case "pull_request.changed": {
      const { pull_request } = task;
      const { url, state } = event.data;
      return pull_request?.url === url ? { pull_request: { ...pull_request, state } } : {};
    }
    case "landing.requested":
    case "landing.integrated":
    case "landing.finished":
      return changeByLanding(task, event);
    default:
      return nothingOf(event);
  }
}

function withPoint({ points }: Task, point: Point): Point[] {
  return [...points.filter(({ name }) => name !== point.name), point].slice(-pointsKept);
}

/** A type that this program does not know changes nothing; one that it knows and that was forgotten does not compile. */
function nothingOf(_unknown: never): Partial<Task> {
  return {};
}

function changeByLanding(
  task: Task,
  event: TaskEventOf<"landing.requested" | "landing.integrated" | "landing.finished">,
): Partial<Task> {
  const { landing } = task;
  switch (event.type) {
    case "landing.requested": {
      const { method, target, auto = false, leave_uncommitted = false } = event.data;
      const { seq, at } = event;
      return {
        landing: { seq, at, method, target, auto, leave_uncommitted, step: null, integrated: null },
        ...(auto && { lands_itself: true }),
      };
    }
    case "landing.integrated": {
      const { target_commit, commit } = event.data;
      return { landing: landing && { ...landing, step: null, integrated: { target_commit, commit } } };
    }
    case "landing.finished": {
      const isLanded = event.data.outcome === "landed";
      return {
        landing: null,
        last_landing: endOf(task, event),
        ...(isLanded && { review: "landed", solved: 0 }),
      };
    }
  }
}

function endOf({ landing }: Task, { seq, at, data }: TaskEventOf<"landing.finished">): LandingEnd {
  const { conflicts = [], error, ...end } = data;
  return {
    ...{ ...end, seq, at },
    conflicts: conflicts.slice(0, conflictsKept).map((path) => path.slice(0, pathKept)),
    error: error === null ? null : clip(error),
    auto: landing?.auto ?? false,
  };
}

function changeByComment(
  { comments, last_comment }: Task,
  event: TaskEventOf<"comment.added" | "comment.edited" | "comment.deleted" | "comment.resolved">,
): Partial<Task> {
  const { id } = event.data;
  const comments_seq = event.seq;
  const change = (changes: Partial<CommentHead>) => comments.map((one) => one.id === id ? { ...one, ...changes } : one);
  switch (event.type) {
    case "comment.added": {
      const comment: CommentHead = { id, added: event.seq, text: event.seq, sent: null, resolved: false };
      return { comments: [...comments, comment], last_comment: Math.max(last_comment, id), comments_seq };
    }
    case "comment.edited":
      return { comments: change({ text: event.seq }), comments_seq };
    case "comment.deleted":
      return { comments: comments.filter((one) => one.id !== id), comments_seq };
    case "comment.resolved":
      return { comments: change({ resolved: event.data.resolved }), comments_seq };
  }
}

/** The comments of a task once those of `ids` were sent with event `seq`. */
export function sentWith(
  { comments }: Task,
  { ids, seq }: { ids: readonly number[] | undefined; seq: number },
): Partial<Task> {
  if (!ids) return {};
  return { comments: comments.map((one) => ids.includes(one.id) ? { ...one, sent: seq } : one), comments_seq: seq };
}
