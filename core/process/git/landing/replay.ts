// The commits of a work, replayed on another commit one by one, as a rebase does, without a worktree. Merge commits are left
// out, and so is what changes nothing any more.

import { nameOf } from "../byte_names.ts";
import { gitLine } from "../git.ts";
import type { History, WorkCommit } from "./history.ts";
import type { Merged, MergeTrees } from "./merge_tree.ts";
import { committerLine } from "./new_commit.ts";
import { readCommits, writeCommit } from "./raw_commits.ts";

/** A commit of the work, and the tree that it makes where it is replayed. */
export interface Step {
  picked: WorkCommit;
  tree: string;
}

/** What is to be committed, or where it stopped. */
export type Replayed = { steps: Step[] } | { at: string; conflicts: string[] };

/** Of commits that are made for a merge alone. */
const NOBODY = "Personal Coder <personal-coder@localhost> 0 +0000";

/** Replays the commits of a work on the target, as trees: nothing is committed yet. */
export async function replay(repo: string, history: History, merge: MergeTrees): Promise<Replayed> {
  const steps: Step[] = [];
  let tree = history.ontoTree;
  // What the commits stand on already, as long as none was left out or changed.
  let tip: string | null = history.onto;
  for (const picked of history.ahead.filter(({ parents }) => parents.length < 2)) {
    const isThere: boolean = tip !== null && picked.parents[0] === tip;
    const merged = isThere
      ? { tree: picked.tree, conflicts: null }
      : await pick(repo, { picked, tree, isFirst: tree === history.ontoTree, history, merge });
    if (merged.tree === null) return { at: picked.id, conflicts: merged.conflicts };
    if (merged.tree === tree) continue;
    steps.push({ picked, tree: merged.tree });
    tree = merged.tree;
    tip = isThere ? picked.id : null;
  }
  return { steps };
}

/** What a commit changed, merged into another tree. */
async function pick(
  repo: string,
  { picked: { id, parents, tree: theirs }, tree, isFirst, history, merge }: {
    picked: WorkCommit;
    tree: string;
    /** The tree is still the target's. */
    isFirst: boolean;
    history: History;
    merge: MergeTrees;
  },
): Promise<Merged> {
  if (isFirst && parents[0] === history.base && history.isOneBase) return await merge(history.onto, id);
  // `merge-tree` looks for the base of the merge itself, and is to find the parent of the commit: so both sides have that.
  const standIn = (tree: string, parents: string[]) =>
    writeCommit(repo, { tree, parents, author: NOBODY, committer: NOBODY, encoding: null, message: "" });
  if (parents.length > 0) return await merge(await standIn(tree, parents), id);
  // A first commit, of another history that the work took in.
  const nothing = await gitLine(["hash-object", "-t", "tree", "-w", "--stdin"], { cwd: repo });
  const base = [await standIn(nothing, [])];
  return await merge(await standIn(tree, base), await standIn(theirs, base));
}

/** Makes the commits of a replay; the last of them. A commit that is where it belongs stays as it is. */
export async function commitSteps(repo: string, onto: string, steps: Step[]): Promise<string> {
  let tip = onto;
  let at = 0;
  for (; at < steps.length && steps[at]!.picked.parents[0] === tip; at++) tip = steps[at]!.picked.id;
  const rest = steps.slice(at);
  if (rest.length === 0) return tip;
  const committer = nameOf(await committerLine(repo));
  const commits = await readCommits(repo, rest.map(({ picked }) => picked.id));
  for (const [index, { author, encoding, message }] of commits.entries()) {
    const { tree } = rest[index]!;
    tip = await writeCommit(repo, { tree, parents: [tip], author, committer, encoding, message });
  }
  return tip;
}
