// What the transcript says of landing, judging, comments and pushing. Pure.

import type { EventData, LandingOutcome, TaskEventOf } from "../../domain/event.ts";
import { byMethod } from "../review_words.ts";
import { firstLine, plural } from "../format.ts";
import type { LineTone } from "./transcript_words.ts";

/** What a message is besides a person's own words. */
export type MessageAbout = "words" | "comments" | "resolve";

export function messageAbout({ comments, resolve }: EventData["message.added"]): MessageAbout {
  if (resolve) return "resolve";
  return comments && comments.length > 0 ? "comments" : "words";
}

interface Line {
  tone: LineTone;
  text: string;
  detail: string | null;
}

type ReviewEvent = TaskEventOf<
  | `landing.${"requested" | "integrated" | "finished"}`
  | "merge.started"
  | "task.accepted"
  | "task.discarded"
  | "comment.added"
  | "branch.pushed"
  | "work.exchanged"
  | "work.left"
  | `pull_request.${"opened" | "changed"}`
>;

export function reviewEventLine(event: ReviewEvent): Line {
  const line = (tone: LineTone, text: string, detail: string | null = null): Line => ({ tone, text, detail });
  const by = event.by ? `by ${event.by}` : null;
  switch (event.type) {
    case "landing.requested": {
      const { target, method, auto, leave_uncommitted } = event.data;
      const details = [auto ? "by itself" : by, leave_uncommitted && "what is not committed stays behind"];
      return line("run", `Landing in ${target} by ${byMethod[method]}`, details.filter(Boolean).join(", ") || null);
    }
    case "landing.integrated": {
      const { target, target_commit, commit } = event.data;
      return line("wait", `Joined with ${target} in ${short(commit)}`, `${target} at ${short(target_commit)}`);
    }
    case "landing.finished":
      return landingEnd(event.data);
    case "merge.started": {
      const { target, commit, conflicts } = event.data;
      return line("need", `${target} at ${short(commit)} merged into the branch`, conflictsOf(conflicts));
    }
    case "task.accepted":
      return line("done", "Accepted: the work was taken elsewhere", by);
    case "task.discarded":
      return line("off", "Discarded", by);
    case "comment.added": {
      const { path, line: at, side, text } = event.data;
      return line("wait", `Comment on ${side === "plan" ? "the plan" : path}, line ${at}`, firstLine(text));
    }
    case "branch.pushed": {
      const { branch, remote, commit, url } = event.data;
      return line("done", `Pushed ${branch} to ${remote} at ${short(commit)}`, url);
    }
    case "work.exchanged": {
      const { branch, commit, url } = event.data;
      return line("wait", `Given to the exchange: ${branch} at ${short(commit)}`, url);
    }
    case "work.left": {
      const { run, worker_name, commits, exchanged, ref } = event.data;
      const where = exchanged ? "every worker can have it" : `it is in the clone of ${worker_name}`;
      return line(
        "need",
        `${worker_name} is back: what run ${run} had left there is kept (${plural(commits, "commit")})`,
        `${ref}; ${where}`,
      );
    }
    case "pull_request.opened":
      return line("done", `Pull request #${event.data.number} opened`, event.data.url);
    case "pull_request.changed": {
      const { state, url } = event.data;
      return line(state === "merged" ? "done" : "off", `Pull request is ${state}`, url);
    }
  }
}

const failedTones: Record<Exclude<LandingOutcome, "landed">, LineTone> = {
  conflict: "need",
  check_failed: "fail",
  moved: "need",
  refused: "need",
};

function landingEnd(
  { outcome, target, commit, method, backup_ref, error, conflicts }: EventData["landing.finished"],
): Line {
  if (outcome === "landed") {
    const at = commit === null ? "" : ` as ${short(commit)}`;
    const kept = backup_ref && `what it was at is kept under ${backup_ref}`;
    return { tone: "done", text: `Landed in ${target}${at} by ${byMethod[method]}`, detail: kept };
  }
  const detail = error ?? (conflicts ? conflictsOf(conflicts) : null);
  return { tone: failedTones[outcome], text: `Not landed in ${target}`, detail };
}

function conflictsOf(paths: readonly string[]): string {
  const more = paths.length - 10;
  return `${plural(paths.length, "file")} to solve: ${paths.slice(0, 10).join(", ")}${
    more > 0 ? ` and ${more} more` : ""
  }`;
}

function short(commit: string): string {
  return commit.slice(0, 9);
}
