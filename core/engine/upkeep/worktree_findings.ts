// What a repository and the log say that does not agree, and the words for it. Pure.

import { createHash } from "node:crypto";
import { basename } from "@std/path";
import { landingEntry } from "../../domain/landing_order.ts";
import { branchName, checkoutName } from "../../domain/slug.ts";
import { isOver, type Task } from "../../domain/task.ts";
import type { Traces } from "../../process/git/worktrees.ts";

export interface Finding {
  /** Tells it from others, also after a restart. */
  id: string;
  text: string;
}

/** What kind of finding, and the names of what was found. */
export type Found = Record<"strayWorktrees" | "strayBranches" | "strayRefs" | "lostWorktrees", string[]>;

const words: Record<keyof Found, string> = {
  strayWorktrees: "worktrees of this store that its log does not know, left alone",
  strayBranches: "branches of this store that its log does not know, left alone",
  strayRefs: "refs of saved work that this log does not know, left alone",
  lostWorktrees: "worktrees that the log says are here but are gone",
};

const namesShown = 5;

/** The tasks that the traces in a repository are named after. */
export function tasksOf({ worktrees, branches, saved }: Traces): number[] {
  return [
    ...worktrees.map(({ branch, task }) => task ?? taskIn(branch)),
    ...branches.map(taskIn),
    ...saved.map(({ name }) => refParts(name)?.task ?? null),
  ].filter((id) => id !== null);
}

/** What carries our mark and the log, by the heads of the tasks it is named after, does not know. */
export function straysOf(
  { worktrees, branches, saved }: Traces,
  heads: Map<number, Task>,
): Omit<Found, "lostWorktrees"> {
  const isStray = ({ branch, task }: { branch: string; task: number | null }) =>
    !isExplained(branch, heads.get(task ?? taskIn(branch) ?? 0));
  return {
    strayWorktrees: worktrees.filter(isStray).map(({ path }) => path),
    strayBranches: branches.filter((branch) => isStray({ branch, task: null })),
    strayRefs: saved.filter(({ name }) => !isSavedByLog(name, heads)).map(({ name }) => name),
  };
}

/** One finding for each kind of which something was found. */
export function findingsOf(repo: string, found: Found): Finding[] {
  return (Object.keys(words) as (keyof Found)[]).filter((kind) => found[kind].length > 0)
    .map((kind) => findingOf(repo, kind, found[kind].toSorted()));
}

/** Whether the log accounts for a branch of ours, and for the worktree of that name. */
function isExplained(branch: string, head: Task | undefined): boolean {
  if (!head) return false;
  // The merge queue uses it, or removes it soon.
  if (branch === checkoutName(head.id)) return true;
  // At work: between `git worktree add` and its event, while it lands or is put away.
  if (head.run || head.ending || landingEntry(head) || (head.cancel_requested && !isOver(head.status))) return true;
  if (head.place?.present) return head.place.branch === branch;
  // A crash came between `git worktree add` and its event: the next run takes this name, and saves what is there.
  const name = head.place?.branch ?? branchName(head.id, head.title);
  return !isOver(head.status) && branch.startsWith(name);
}

function isSavedByLog(name: string, heads: Map<number, Task>): boolean {
  const head = heads.get(refParts(name)?.task ?? 0);
  return head !== undefined && isSavedBy(name, head);
}

/** Whether a ref of saved work is named after what the task of this head has: a run, or an event. */
export function isSavedBy(name: string, head: Task): boolean {
  const parts = refParts(name);
  // The head names its last snapshot only; an earlier run of a task that the log has is taken for its own, and so is a point
  // of such a run or of an event that it has.
  return parts?.task === head.id && (parts.run ?? 0) <= head.epoch && (parts.seq ?? 0) <= head.seq;
}

/** The task and the run, or the event, or both, that a ref of saved work is named after. */
function refParts(name: string): { task: number; run: number | null; seq: number | null } | null {
  // Of no run is what was kept, and where a branch was before the task landed in it.
  const other = /^refs\/coder\/(?:kept\/task-(\d+)-|task-(\d+)\/target-\d+$)/.exec(name);
  if (other) return { task: Number(other[1] ?? other[2]), run: null, seq: null };
  const match = /^refs\/coder\/task-(\d+)\/(?:(?:point-)?run|steps|git-folder|point-([a-z]+))-(\d+)(?:-[a-z]+-(\d+))?/
    .exec(
      name,
    );
  if (!match) return null;
  const [, task, word, number, later] = match;
  if (word !== undefined) return { task: Number(task), run: null, seq: Number(number) };
  return { task: Number(task), run: Number(number), seq: later === undefined ? null : Number(later) };
}

function taskIn(branch: string): number | null {
  const id = /^task-(\d{1,15})-/.exec(basename(branch))?.[1];
  return id === undefined ? null : Number(id);
}

/** What both looks found. */
export function both(one: Found, other: Found): Found {
  const kinds = Object.entries(one).map(([kind, names]) => {
    const again = new Set(other[kind as keyof Found]);
    return [kind, names.filter((name) => again.has(name))];
  });
  return Object.fromEntries(kinds) as Found;
}

function findingOf(repo: string, kind: keyof Found, names: string[]): Finding {
  const more = names.length > namesShown ? `, and ${names.length - namesShown} more` : "";
  const digest = createHash("sha256").update(names.join("\n")).digest("hex").slice(0, 16);
  const shown = names.slice(0, namesShown).join(", ") + more;
  return { id: `${kind}/${repo}/${digest}`, text: `Repository ${repo}: ${words[kind]} (${names.length}): ${shown}` };
}
