// What becomes of finished work, in words, and what a person can say about it. Pure.

import type { LandingMethod, LandingOutcome } from "../domain/event.ts";
import type { LandingView, TaskView } from "./task_view.ts";
import { firstLine, plural } from "./format.ts";

export const methodNames: Record<LandingMethod, string> = {
  ff: "Fast forward",
  merge: "Merge",
  squash: "Squash",
  rebase: "Rebase",
};

/** As in `Landed in main by squash`. */
export const byMethod: Record<LandingMethod, string> = {
  ff: "fast forward",
  merge: "a merge commit",
  squash: "squash",
  rebase: "rebase",
};

export const phaseNames: Record<LandingView["phase"], string> = {
  waiting: "Waiting for its turn",
  setup: "Setup of the result",
  check: "Check of the result",
  moving: "Moving the target",
};

/** How a landing that did not land ended, in a word or two. */
export const failureNames: Record<Exclude<LandingOutcome, "landed">, string> = {
  conflict: "Conflicts",
  check_failed: "Red when landing",
  moved: "Target moved",
  refused: "Not landed",
};

/** What a person can say about a task's work now. */
export function offersOf(task: TaskView): { land: boolean; accept: boolean; discard: boolean; cancelLanding: boolean } {
  const { review, landing, status, worktree } = task;
  const isFree = status === "completed" && landing === null;
  return {
    land: isFree && (review === "open" || review === "accepted") && worktree !== null,
    accept: isFree && review === "open",
    discard: isFree && (review === "open" || review === "accepted"),
    cancelLanding: landing !== null && landing.phase !== "moving",
  };
}

/** Whether a retry puts new work in the place of what there is. */
export function replacesWork({ status, worktree }: Pick<TaskView, "status" | "worktree">): boolean {
  return status === "completed" && worktree !== null;
}

export interface LandingEndWords {
  tone: "done" | "need" | "fail";
  text: string;
  /** What to do about it. */
  advice: string | null;
}

/** How the last landing ended; null when there was none. */
export function landingEndWords({ last_landing: end }: Pick<TaskView, "last_landing">): LandingEndWords | null {
  if (end === null) return null;
  const { outcome, target, commit, method, error } = end;
  if (outcome === "landed") {
    const at = commit === null ? "" : ` as ${commit.slice(0, 9)}`;
    return { tone: "done", text: `Landed in ${target}${at} by ${byMethod[method]}`, advice: null };
  }
  const tone = outcome === "check_failed" ? "fail" : "need";
  return { tone, text: `Not landed in ${target}: ${error ?? failureNames[outcome]}`, advice: advice[outcome] };
}

const advice: Record<Exclude<LandingOutcome, "landed">, string> = {
  conflict: "Let the agent solve it, or merge in the worktree yourself; then land again.",
  check_failed: "The transcript has what the check said. Tell the agent what to change, then land again.",
  moved: "Others landed meanwhile, again and again. Land again.",
  refused: "Clear what it names, then land again.",
};

/** What became of work that is no longer up for review; null while it is. */
export function verdictWords(task: TaskView): LandingEndWords | null {
  switch (task.review) {
    case "landed":
      return landingEndWords(task) ?? { tone: "done", text: "Landed", advice: null };
    case "accepted":
      return { tone: "done", text: "Accepted: the work was taken elsewhere", advice: null };
    case "discarded":
      return { tone: "need", text: "Discarded", advice: task.snapshot && `Its work is saved as ${task.snapshot.ref}` };
    default:
      return null;
  }
}

/** The line of a card of completed work: what matters most of its review; null: nothing does. */
export function reviewLine(task: TaskView): string | null {
  const { landing, last_landing } = task;
  if (landing) return `${phaseNames[landing.phase]}, into ${landing.target}`;
  if (task.review !== "open" || last_landing === null || last_landing.outcome === "landed") return null;
  return firstLine(last_landing.error ?? failureNames[last_landing.outcome]);
}

/** What else a card of completed work tells, each in a few words. */
export function reviewChips({ review, comments, pull_request }: TaskView): string[] {
  const chips: string[] = [];
  if (review === "open" && comments.unsent > 0) chips.push(`${plural(comments.unsent, "comment")} not sent`);
  if (pull_request) chips.push(`pull request #${pull_request.number} ${pull_request.state}`);
  return chips;
}

/** What lands by itself. */
export function landWords({ land }: Pick<TaskView, "land">): string {
  if (land === undefined) return "as the repository says";
  return land === "auto" ? "by itself, when it is good" : "when somebody says so";
}
