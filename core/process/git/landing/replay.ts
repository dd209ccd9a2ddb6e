// The commits of a work, replayed on another commit one by one, as a rebase does, without a worktree. Merge commits are left
// out, and so is what changes nothing any more.

import { nameOf } from "../byte_names.ts";
import { git, gitLine, linesOf } from "../git.ts";
import type { Overrides } from "../git_programs.ts";
import { type Merged, mergeTree } from "./merge_tree.ts";
import { committerLine } from "./new_commit.ts";
import { type RawCommit, readCommits, writeCommit } from "./raw_commits.ts";

/** The last of the new commits (`onto` itself when nothing is left), or where it stopped. */
export type Replayed = { tip: string } | { at: string; conflicts: string[] };

/** For `replay`. */
export interface ReplayOptions {
  onto: string;
  /** The work's last commit. */
  commit: string;
  content: Overrides;
}

/** The commits of the work in the order in which they are replayed. */
export async function commitsToReplay(repo: string, onto: string, commit: string): Promise<string[]> {
  const args = ["rev-list", "--reverse", "--topo-order", "--no-merges", `${onto}..${commit}`];
  return linesOf((await git(args, { cwd: repo })).text);
}

/** Replays the commits; a commit that is where it belongs already stays as it is. Throws what git says. */
export async function replay(repo: string, { onto, commit, content }: ReplayOptions): Promise<Replayed> {
  const ids = await commitsToReplay(repo, onto, commit);
  const commits = await readCommits(repo, ids);
  let tip = { id: onto, tree: await gitLine(["rev-parse", `${onto}^{tree}`], { cwd: repo }) };
  let committer: string | null = null;
  for (const picked of commits) {
    if (picked.parents[0] === tip.id) {
      if (picked.tree !== tip.tree) tip = picked;
      continue;
    }
    committer ??= nameOf(await committerLine(repo));
    const merged = await pick(repo, { picked, tip, committer, content });
    if (merged.tree === null) return { at: picked.id, conflicts: merged.conflicts };
    if (merged.tree === tip.tree) continue;
    const { author, encoding, message } = picked;
    const parents = [tip.id];
    tip = {
      id: await writeCommit(repo, { tree: merged.tree, parents, author, committer, encoding, message }),
      tree: merged.tree,
    };
  }
  return { tip: tip.id };
}

/** What a commit changed, merged into another commit's tree. */
async function pick(
  repo: string,
  { picked, tip, committer, content }: {
    picked: RawCommit;
    tip: { id: string; tree: string };
    committer: string;
    content: Overrides;
  },
): Promise<Merged> {
  // `merge-tree` looks for the base of the merge itself, and is to find the parent of the commit: so both sides have that.
  const standIn = (tree: string, parents: string[]) =>
    writeCommit(repo, { tree, parents, author: committer, committer, encoding: null, message: "" });
  const { parents } = picked;
  if (parents.length > 0) return await mergeTree(repo, [await standIn(tip.tree, parents), picked.id], content);
  // A first commit, of another history that the work took in.
  const nothing = await gitLine(["hash-object", "-t", "tree", "-w", "--stdin"], { cwd: repo });
  const base = [await standIn(nothing, [])];
  return await mergeTree(repo, [await standIn(tip.tree, base), await standIn(picked.tree, base)], content);
}
