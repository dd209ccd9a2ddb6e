// The refs that the service keeps in a repository, all under `refs/coder/`:
//
//   refs/coder/task-{id}/run-{n}               the work of a run whose worktree was removed (with -2, -3 if taken)
//   refs/coder/kept/task-{id}-{n}              what a stale branch or worktree of ours held before it was replaced
//   refs/coder/task-{id}/run-{n}-nested/{path} what a repository inside such a worktree alone held (with -2, -3 if taken),
//   refs/coder/kept/task-{id}-nested/{path}    the path in letters, digits and dashes
//   refs/coder/owned/{store}/{branch}          "this branch name is ours": the commit it started from
//
// All but the last are only ever created, never moved; only retention, when it is asked for, deletes the refs of runs. The
// last is book-keeping and goes with its branch.
//
// Writers hold the repository's turn (git_worktrees.ts), and no agent writes these refs: a lock on one of them was left by a
// git that was killed, and would be in the way for ever.

import { join } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import { git, gitLine, isCommitId } from "./git.ts";

export function ownedRef(store: string, branch: string): string {
  return `refs/coder/owned/${store}/${branch}`;
}

export function branchRef(branch: string): string {
  return `refs/heads/${branch}`;
}

/** The commit of a full ref name, or `null`. */
export async function commitOf(repo: string, ref: string): Promise<string | null> {
  return await gitLine(["rev-parse", "--verify", "--quiet", `${ref}^{commit}`], { cwd: repo, codes: [1, 128] }) || null;
}

/** A repository and the git folder that all its worktrees share. */
export interface RefStore {
  repo: string;
  common: string;
}

export interface Ref {
  name: string;
  commit: string;
}

/** A pattern is a full ref name, a folder of refs, or a glob. */
export async function listRefs(repo: string, ...patterns: string[]): Promise<Ref[]> {
  const { text } = await git(["for-each-ref", "--format=%(objectname) %(refname)", ...patterns], { cwd: repo });
  return text.split("\n").filter((line) => line !== "").map((line) => {
    const space = line.indexOf(" ");
    return { commit: line.slice(0, space), name: line.slice(space + 1) };
  });
}

/**
 * Saves a commit under the first free one of `names`, or under that of them which holds the same work already. Returns the
 * ref's name and its commit. Never moves a ref.
 */
export async function createRef(
  store: RefStore,
  commit: string,
  { names, isSameWork }: { names: (n: number) => string; isSameWork?: (other: string) => Promise<boolean> },
): Promise<Ref> {
  for (let n = 1; n <= 10_000; n++) {
    const name = names(n);
    const other = await commitOf(store.repo, name);
    if (other === null) {
      // The empty old value means: only if it does not exist.
      await removeLock(store, name);
      await git(["update-ref", name, commit, ""], { cwd: store.repo });
      return { name, commit };
    }
    if (other === commit || await isSameWork?.(other)) return { name, commit: other };
  }
  throw new DomainError("unavailable", `Cannot save commit ${commit}: ${names(1)} and its 9999 successors are taken`);
}

/** Whether two commits differ in nothing but their time: the same work, saved twice. */
export async function isSameWork(repo: string, one: string, other: string): Promise<boolean> {
  const workOf = (commit: string) => gitLine(["show", "--no-patch", "--format=%T %P%n%an%n%B", commit], { cwd: repo });
  return await workOf(one) === await workOf(other);
}

/** Whether a commit can be reached without the branch: from the base, or from any other ref that is not mere book-keeping. */
export async function isSaved(
  repo: string,
  commit: string,
  options: { branch: string; base: string },
): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", commit, options.base];
  if ((await git(args, { cwd: repo, codes: [1, 128] })).code === 0) return true;
  const { text } = await git(["for-each-ref", `--contains=${commit}`, "--format=%(refname)"], { cwd: repo });
  return text.split("\n").some((ref) =>
    ref !== "" && ref !== branchRef(options.branch) && !ref.startsWith("refs/coder/owned/")
  );
}

/** Whether a commit is part of the base, or of a branch (local or remote) other than the one named. */
export async function isMerged(
  repo: string,
  commit: string,
  options: { branch: string; base: string },
): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", commit, options.base];
  if ((await git(args, { cwd: repo, codes: [1, 128] })).code === 0) return true;
  const patterns = ["refs/heads/", "refs/remotes/"];
  const { text } = await git(["for-each-ref", `--contains=${commit}`, "--format=%(refname)", ...patterns], {
    cwd: repo,
  });
  return text.split("\n").some((ref) => ref !== "" && ref !== branchRef(options.branch));
}

/**
 * Claims a name and makes its branch, both at the commit that `base` names, in one transaction of one git. Returns the commit.
 * git writes the refs of a transaction in the order in which they are given, so what a kill half-way leaves is the claim.
 * Throws when the branch exists, or `base` names no commit.
 */
export async function createClaimed(
  store: RefStore,
  { claim, branch, base }: { claim: string; branch: string; base: string },
): Promise<string> {
  await Promise.all([removeLock(store, claim), removeLock(store, branch)]);
  await git(["update-ref", "-m", `branch: Created from ${base}`, "--stdin", "-z"], {
    cwd: store.repo,
    stdin: `update ${claim}\0${base}^{commit}\0\0create ${branch}\0${base}^{commit}\0`,
  });
  const commit = await looseCommit(store, branch) ?? await commitOf(store.repo, branch);
  if (commit === null) throw new DomainError("unavailable", `Cannot make branch ${branch}: it is gone again`);
  return commit;
}

/** The commit of a ref in a file of its own, as git has just written it; `null` where it keeps refs otherwise. */
async function looseCommit({ common }: RefStore, name: string): Promise<string | null> {
  const text = (await Deno.readTextFile(join(common, name)).catch(() => "")).trim();
  return isCommitId(text) ? text : null;
}

/**
 * Deletes a ref if it still names `commit`. git locks the packed refs for that, and a kill at that moment leaves their lock
 * for ever. A note of ours, written before and removed after, tells that it was our git that was killed: only then, and only
 * when git has waited for the lock in vain, is it taken away. Called by one process at a time (see git_worktrees.ts).
 */
export async function deleteRef(store: RefStore, { name, commit }: Ref): Promise<void> {
  await removeLock(store, name);
  const note = join(store.common, "personal-coder.deleting");
  const wasKilled = await Deno.stat(note).then(() => true, () => false);
  await Deno.writeTextFile(note, `${name}\n`);
  const remove = () =>
    git(["-c", "core.packedRefsTimeout=3000", "update-ref", "-d", name, commit], { cwd: store.repo });
  try {
    await remove();
  } catch (error) {
    if (!wasKilled || !messageOf(error).includes("packed-refs")) {
      if (!wasKilled) await Deno.remove(note);
      throw error;
    }
    for (const left of ["packed-refs.lock", "packed-refs.new"]) {
      await Deno.remove(join(store.common, left)).catch(() => {});
    }
    await remove();
  }
  await Deno.remove(note);
}

/** For refs that only we write, and for a task's branch when nothing of its run is alive. */
export async function removeLock({ common }: RefStore, name: string): Promise<void> {
  await Deno.remove(join(common, `${name}.lock`)).catch(() => {});
}
