// What a review is made of: the JSON of comments, of a landing as it would be, and of where work can go besides.

import type { CommentAnchor, LandingMethod } from "../domain/event.ts";
import type { LandingPreview } from "../domain/landing_preview.ts";
import type { TaskView } from "./task_view.ts";
import type { WebHost } from "./web_links.ts";

/** `old` and `new` are the sides of a diff, `plan` is the source of the task's plan. */
export type CommentSide = CommentAnchor["side"];

/** What `POST /api/tasks/{id}/comments` carries. */
export type NewComment = Omit<CommentAnchor, "blob"> & { text: string; blob?: string | null };

/** A moment that a diff can be taken from or to, besides `merge-base`, `base` and `now`. */
export type ReviewPoint = TaskView["points"][number];

export interface CommentView {
  /** A number of the task's own. */
  id: number;
  /** Of the file; empty for a plan. */
  path: string;
  side: CommentSide;
  /** Where it is now, from 1; of one that is outdated, where it was. */
  line: number;
  /** The text of that line when it was written. */
  quote: string;
  text: string;
  /** The id of the file's content then, where it was known. */
  blob: string | null;
  /** ISO 8601, UTC. */
  at: string;
  /** `ui` or `api`. */
  by: string;
  resolved: boolean;
  /** The event that sent it to the agent; null: not yet. */
  sent: number | null;
  /** Its line is gone. */
  outdated: boolean;
  edited_at: string | null;
}

/** `GET /api/tasks/{id}/comments`, in the order in which they were written. */
export interface TaskComments {
  comments: CommentView[];
}

/** `GET /api/tasks/{id}/landing`. */
export interface LandingPreviewView extends LandingPreview {
  /** What is chosen, or holds by default. */
  method: LandingMethod;
  /** Files of the work that are not committed, the first 50. */
  uncommitted: { count: number; files: string[] };
  /** Of the commit that `merge` and `squash` make. */
  message: string;
  /** The command line that judges the result; null: none. */
  check: string | null;
}

/** `GET /api/tasks/{id}/outgoing`: where a branch can go. */
export interface OutgoingView {
  branch: string;
  target: string;
  /** Of the last push. */
  links: { host: WebHost | null; pull_request: string | null; branch: string | null } | null;
  gh: { found: boolean; logged_in: boolean; words: string };
}
