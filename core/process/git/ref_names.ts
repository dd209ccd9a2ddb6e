// The names of the refs that the service keeps in a repository, all under `refs/coder/`:
//
//   refs/coder/task-{id}/run-{n}               the work of a run whose worktree was removed (with -2, -3 if taken)
//   refs/coder/task-{id}/aside-{n}             what was not committed while the run's check looked at what is; goes with that
//   refs/coder/task-{id}/git-folder-{n}        what the run changed in the git folder besides its work, before that was undone
//   refs/coder/task-{id}/git-folder-{n}-{name} the same of what worked after that run: `cleanup-41`, `landing-38`
//   refs/coder/task-{id}/target-{n}            where a branch was before the task's work landed in it
//   refs/coder/kept/task-{id}-{n}              what a stale branch or worktree of ours held before it was replaced
//   refs/coder/kept/task-{id}-{commit}         in an exchange: what another clone had under a name that was taken there
//   refs/coder/task-{id}/point-{name}          the work as it was at the end of a run (`run-3`) or before a message was sent
//                                              (`message-41`); with -2, -3 if taken
//   refs/coder/task-{id}/run-{n}-nested/{path} what a repository inside such a worktree alone held (with -2, -3 if taken),
//   refs/coder/task-{id}/point-{name}-nested/{path}   or beside a point,
//   refs/coder/kept/task-{id}-nested/{path}    the path in letters, digits and dashes
//   refs/coder/task-{id}/steps-{run}           the files of the run after its tool calls, one commit after the other
//   refs/coder/owned/{store}/{branch}          "this branch name is ours": the commit it started from
//
// All but the last two are only ever created, never moved; the steps of a run move on while it works. Only retention, when it
// is asked for, deletes the refs of runs, points and steps. The last is book-keeping and goes with its branch.

import type { FolderWork } from "./worktrees.ts";

/** What saves work, and what claims names. */
export const ourRefs = "refs/coder/";
const OWNED = "refs/coder/owned/";

/** The full name of the ref that claims `branch` for the store of that uuid; with an empty `branch`, how all of them begin. */
export function ownedRef(store: string, branch: string): string {
  return `${OWNED}${store}/${branch}`;
}

/** Whether a full name is of a ref that claims a branch, by whatever store: it saves no work. */
export function isOwnedRef(name: string): boolean {
  return name.startsWith(OWNED);
}

/** The full name of a local branch. */
export function branchRef(branch: string): string {
  return `refs/heads/${branch}`;
}

/** Where the snapshots of all runs of a task are. */
export function taskRefs(task: number): string {
  return `refs/coder/task-${task}/`;
}

/** The first ref for the snapshots of a run. */
export function runRef(task: number, run: number): string {
  return `${taskRefs(task)}run-${run}`;
}

/** The first ref for what a run set aside while its check looked at what is committed. */
export function asideRef(task: number, run: number): string {
  return `${taskRefs(task)}aside-${run}`;
}

/** The first ref for what a run, or what worked after it, changed in the git folder. */
export function folderRef({ task, run, during }: FolderWork): string {
  return `${folderRefs(task)}${run}${during === undefined ? "" : `-${during}`}`;
}

/** What the refs of all that a task's runs changed in the git folder begin with. */
export function folderRefs(task: number): string {
  return `${taskRefs(task)}git-folder-`;
}

/**
 * Whether a ref is of a task's work, as other workers may have it: what runs changed in the git folder may hold secrets of this
 * machine, and is no work; what the files were on the way stays where that was.
 */
export function isWorkRef(name: string, { branch, task }: { branch: string; task: number }): boolean {
  if (name === branchRef(branch)) return true;
  const isSaved = name.startsWith(taskRefs(task)) && !name.startsWith(folderRefs(task)) &&
    !isStepsRef(name, task);
  return isSaved || name.startsWith(`${keptRef(task)}-`);
}

/** The first ref for a point of a task's work. */
export function pointRef(task: number, name: string): string {
  return `${taskRefs(task)}point-${name}`;
}

/** Whether it can be the name of a point: a word and a number. */
export function isPointName(name: string): boolean {
  return /^[a-z]+-\d{1,15}$/.test(name);
}

/** Whether a full name is of a ref that `savePoint` made for a task; what repositories in it held is beside that. */
export function isPointRef(ref: string, task: number): boolean {
  const first = firstRef(ref);
  return first.startsWith(pointRef(task, "")) && isPointName(first.slice(pointRef(task, "").length));
}

/** The first ref for the snapshots of the run, or for the point, that a ref is of. */
export function firstRef(ref: string): string {
  return ref.replace(/(\/(?:run|point-[a-z]+)-\d+)-\d+$/, "$1");
}

/** The ref for what the files of a run were on the way. */
export function stepsRef(task: number, run: number): string {
  return `${taskRefs(task)}steps-${run}`;
}

/** Whether a full name is of such a ref. */
export function isStepsRef(ref: string, task: number): boolean {
  const start = `${taskRefs(task)}steps-`;
  return ref.startsWith(start) && /^\d+$/.test(ref.slice(start.length));
}

/** The ref, from `n` = 1, for the commit that a branch was at before the task's work landed in it. */
export function targetRef(task: number, n: number): string {
  return `${taskRefs(task)}target-${n}`;
}

/** What the refs for what is kept of a task begin with; of a branch name, when the task is not known. */
export function keptRef(task: number | string): string {
  return `refs/coder/kept/${typeof task === "number" ? `task-${task}` : task}`;
}

/** The ref in an exchange for a commit of a task whose own name has other work there. */
export function otherRef(task: number, commit: string): string {
  return `${keptRef(task)}-${commit.slice(0, 12)}`;
}

/** The first ref for what a repository in a worktree held, beside a ref of the worktree's own. */
export function nestedRef(ref: string, name: string): string {
  return `${ref}-nested/${name}`;
}

/** The names to try, from `n` = 1: a ref itself, then with -2, -3 and so on. */
export function numbered(ref: string): (n: number) => string {
  return (n) => n === 1 ? ref : `${ref}-${n}`;
}

/** Whether a name is one of `numbered(ref)`. */
export function isNumbered(name: string, ref: string): boolean {
  return name.startsWith(ref) && /^(-\d+)?$/.test(name.slice(ref.length));
}
