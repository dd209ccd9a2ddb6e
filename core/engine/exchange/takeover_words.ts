// What a takeover says of the work so far, to the agent that goes on and to the person who looks at it. Pure.

import type { Task } from "../../domain/task.ts";

/** What became of the work that another worker had begun. */
export type Takeover =
  /** It goes on from what the exchange had, at `commit`; `lacking` commits were not given. */
  | { kind: "taken"; from: string; commit: string; lacking: number }
  /** Nothing of it is here: it begins again. `commits`: how many are known to be there. */
  | { kind: "anew"; from: string; commits: number };

/** The name of the worker that has the work of a task. */
export function holderName({ place }: Task): string {
  return place?.worker_name ?? `worker ${place?.worker.slice(0, 8) ?? ""}`;
}

/** For its agent. */
export function takeoverWords(takeover: Takeover): string {
  const { from } = takeover;
  if (takeover.kind === "anew") {
    const what = takeover.commits === 0
      ? `nothing of what was done on ${from} is here`
      : `${commitsAre(takeover.commits)} on ${from}, and not here`;
    return `Work on this task was begun on another machine, ${from}, which cannot be reached now: ${what}. Begin again.`;
  }
  const lack = takeover.lacking === 0
    ? ""
    : ` ${upper(later(takeover.lacking))} on ${from} only: what they hold is to be done again.`;
  return `Work on this task was done on another machine, ${from}, in a session that is not here. What was handed over is in ` +
    `this folder: look at git log and git status first.${lack}`;
}

/** For a person, in one line. */
export function takeoverNotice(takeover: Takeover): string {
  const { from } = takeover;
  if (takeover.kind === "anew") {
    const what = takeover.commits === 0 ? "what it had is there only" : `${commitsAre(takeover.commits)} there only`;
    return `Begun again: ${from}, which had this work, is away; ${what}`;
  }
  const lack = takeover.lacking === 0 ? "" : `; ${later(takeover.lacking)} on ${from} only`;
  return `Taken over from ${from}: it goes on in a new session at ${
    takeover.commit.slice(0, 12)
  }, as the exchange has it${lack}`;
}

function commitsAre(count: number): string {
  return count === 1 ? "1 commit is" : `${count} commits are`;
}

function later(count: number): string {
  return count === 1 ? "1 later commit is" : `${count} later commits are`;
}

function upper(words: string): string {
  return words.charAt(0).toUpperCase() + words.slice(1);
}
