// The names of the refs that the service keeps in a repository, all under `refs/coder/`:
//
//   refs/coder/task-{id}/run-{n}               the work of a run whose worktree was removed (with -2, -3 if taken)
//   refs/coder/task-{id}/aside-{n}             what was not committed while the run's check looked at what is; goes with that
//   refs/coder/task-{id}/target-{n}            where a branch was before the task's work landed in it
//   refs/coder/kept/task-{id}-{n}              what a stale branch or worktree of ours held before it was replaced
//   refs/coder/task-{id}/point-{name}          the work as it was at the end of a run (`run-3`) or before a message was sent
//                                              (`message-41`); with -2, -3 if taken
//   refs/coder/task-{id}/run-{n}-nested/{path} what a repository inside such a worktree alone held (with -2, -3 if taken),
//   refs/coder/task-{id}/point-{name}-nested/{path}   or beside a point,
//   refs/coder/kept/task-{id}-nested/{path}    the path in letters, digits and dashes
//   refs/coder/owned/{store}/{branch}          "this branch name is ours": the commit it started from
//
// All but the last are only ever created, never moved; only retention, when it is asked for, deletes the refs of runs and
// points. The last is book-keeping and goes with its branch.

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

/** The ref, from `n` = 1, for the commit that a branch was at before the task's work landed in it. */
export function targetRef(task: number, n: number): string {
  return `${taskRefs(task)}target-${n}`;
}

/** What the refs for what is kept of a task begin with; of a branch name, when the task is not known. */
export function keptRef(task: number | string): string {
  return `refs/coder/kept/${typeof task === "number" ? `task-${task}` : task}`;
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
