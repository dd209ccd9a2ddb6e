// Refs: read, created, deleted; which ones the service keeps is in ref_names.ts.
//
// Writers hold the repository's turn (turns.ts), and no agent writes these refs: a lock on one of them was left by a
// git that was killed, and would be in the way for ever.

import { join } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import { git, gitLine, isCommitId, linesOf } from "./git.ts";
import { branchRef, isOwnedRef } from "./ref_names.ts";
import { readTextIfThere } from "./small_files.ts";

/** The commit of a full ref name, or `null`. */
export async function commitOf(repo: string, ref: string): Promise<string | null> {
  return await gitLine(["rev-parse", "--verify", "--quiet", `${ref}^{commit}`], { cwd: repo, codes: [1, 128] }) || null;
}

/** A repository and the git folder that all its worktrees share. */
export interface RefStore {
  repo: string;
  common: string;
}

/** A ref by its full name, and what it names. */
export interface Ref {
  name: string;
  commit: string;
}

/** A pattern is a full ref name, a folder of refs, or a glob. */
export async function listRefs(repo: string, ...patterns: string[]): Promise<Ref[]> {
  const { text } = await git(["for-each-ref", "--format=%(objectname) %(refname)", ...patterns], { cwd: repo });
  return linesOf(text).map((line) => {
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

/** The branch that does not count for `isSaved` and `isMerged`, and the commit that it started from. */
export interface Beside {
  branch: string;
  base: string;
}

/**
 * Whether a commit can be reached without the branch: from the base, or from any other ref that is not mere book-keeping. Those
 * in the folder of refs `first`, if any, are asked first: of a repository with thousands, git would look at each.
 */
export async function isSaved(
  repo: string,
  commit: string,
  { first, ...beside }: Beside & { first: string | null },
): Promise<boolean> {
  return await isInBase(repo, commit, beside) ||
    first !== null && await isInAny(repo, commit, beside, [first]) ||
    await isInAny(repo, commit, beside, []);
}

/** Whether a commit is part of the base, or of a branch (local or remote) other than the one named. */
export async function isMerged(repo: string, commit: string, beside: Beside): Promise<boolean> {
  return await isInBase(repo, commit, beside) ||
    await isInAny(repo, commit, beside, ["refs/heads/", "refs/remotes/"]);
}

async function isInBase(repo: string, commit: string, { base }: Beside): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", commit, base];
  return (await git(args, { cwd: repo, codes: [1, 128] })).code === 0;
}

async function isInAny(repo: string, commit: string, { branch }: Beside, patterns: string[]): Promise<boolean> {
  const containing = ["for-each-ref", `--contains=${commit}`, "--format=%(refname)", ...patterns];
  const names = linesOf((await git(containing, { cwd: repo })).text);
  return names.some((name) => name !== branchRef(branch) && !isOwnedRef(name));
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
  const commit = looseCommit(store, branch) ?? await commitOf(store.repo, branch);
  if (commit === null) throw new DomainError("unavailable", `Cannot make branch ${branch}: it is gone again`);
  return commit;
}

/** The commit of a ref in a file of its own, without starting git; `null` where git keeps it otherwise, or there is none. */
export function looseCommit({ common }: RefStore, name: string): string | null {
  const text = readTextIfThere(join(common, name));
  return text !== null && isCommitId(text) ? text : null;
}

/**
 * Deletes a ref if it still names `commit`. git locks the packed refs for that, and a kill at that moment leaves their lock
 * for ever. A note of ours, written before and removed after, tells that it was our git that was killed: only then, and only
 * when git has waited for the lock in vain, is it taken away. Called by one process at a time (see turns.ts).
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
