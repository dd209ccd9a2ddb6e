// What is not committed in a worktree, put out of the way while something looks at what is, and brought back. Saved as a commit
// under a ref of ours first, so that a kill at any moment loses nothing: bringing it back again finishes the work. The person's
// own stash, which all worktrees of a repository share, is not touched.
//
// Ignored files stay (a check needs what the setup installed), and so do repositories inside the worktree that git does not
// know.

import { DomainError } from "../../domain/error.ts";
import { git } from "./git.ts";
import { commitOf, deleteRef } from "./git_refs.ts";
import { holdCommit, keepCommit } from "./keep_work.ts";
import { standingEntry } from "./ownership.ts";
import { asideRef, numbered } from "./ref_names.ts";
import type { Located } from "./sites.ts";
import { commitContent } from "./worktree_content.ts";
import type { Entry } from "./worktree_entry.ts";
import { type FileTree, fileTreeOf, headOf, treeEnvironment, withRealIndexCopy } from "./worktree_index.ts";
import type { Aside } from "./worktrees.ts";

const namedAtMost = 50;

/** See `Worktrees.setAside`. */
export async function setAside(
  located: Located,
  { task, run }: { task: number; run: number },
): Promise<Aside | null> {
  const { site } = located;
  const entry = await entryOf(located);
  await requireNoOperation(entry);
  const tree = await fileTreeOf(entry);
  const head = await headOf(tree);
  if (head === null) return null;
  const message = `Task ${task}, run ${run}: not committed`;
  const commit = await commitContent(tree, { message, fallback: head, links: new Map() });
  if (commit === head) return null;
  const names = await namesBetween(tree, head, commit);
  const ref = await site.takeTurn(() => holdCommit(site, commit, numbered(asideRef(task, run))));
  await moveFiles(tree, { from: ref.commit, to: head });
  return { ref: ref.name, commit: ref.commit, count: names.length, files: names.slice(0, namedAtMost) };
}

/** See `Worktrees.bringBack`. */
export async function bringBack(
  located: Located,
  { ref, commit }: Pick<Aside, "ref" | "commit">,
  { task }: { task: number | string },
): Promise<void> {
  const { site } = located;
  if (await commitOf(site.repo, ref) !== commit) return;
  const entry = await entryOf(located);
  const tree = await fileTreeOf(entry);
  const head = await headOf(tree);
  if (head === null) throw new DomainError("conflict", "What was set aside cannot be brought back: HEAD is broken");
  try {
    await moveFiles(tree, { from: head, to: commit });
  } catch (error) {
    if (!(error instanceof DomainError)) throw error;
    // Something is in the way: files that were written meanwhile, or half of this that was done before a kill.
    const standing = await commitContent(tree, {
      message: "In the way of what was set aside",
      fallback: head,
      links: new Map(),
    });
    if (standing !== head && standing !== commit) await site.takeTurn(() => keepCommit(site, standing, task));
    await moveFiles(tree, { from: head, to: commit, force: true });
  }
  await resetIndex(tree, head);
  await site.takeTurn(() => deleteRef(site, { name: ref, commit }));
}

async function entryOf({ site, path }: Located): Promise<Entry> {
  const entry = await standingEntry(site, path);
  if (entry === null) throw new DomainError("not_found", `There is no worktree ${path}`);
  return entry;
}

/** In the middle of a merge or a rebase the index says more than a commit can. */
async function requireNoOperation({ folder }: Entry): Promise<void> {
  const operations = { MERGE_HEAD: "a merge", "rebase-merge": "a rebase", "rebase-apply": "a rebase" };
  for (const [name, words] of Object.entries({ ...operations, CHERRY_PICK_HEAD: "a cherry-pick" })) {
    if (!await Deno.lstat(`${folder}/${name}`).then(() => true, () => false)) continue;
    throw new DomainError("conflict", `The worktree is in the middle of ${words}: end it, and commit`);
  }
}

/** Takes the files of a worktree from one commit to another, by an index of our own; the worktree's own is at `to` then. */
async function moveFiles(
  tree: FileTree,
  { from, to, force = false }: { from: string; to: string; force?: boolean },
): Promise<void> {
  await withRealIndexCopy(tree, async (at) => {
    await git(["read-tree", "--reset", from], at);
    // So that git knows which files are as that index says.
    await git(["update-index", "-q", "--refresh"], { ...at, codes: [1] });
    await git(force ? ["read-tree", "--reset", "-u", to] : ["read-tree", "-m", "-u", from, to], at);
  });
  await resetIndex(tree, to);
}

/** The worktree's own index, as a commit says; what it knows of unchanged files stays. */
async function resetIndex(tree: FileTree, commit: string): Promise<void> {
  const at = { cwd: tree.path, env: treeEnvironment(tree) };
  await git(["read-tree", "--reset", commit], at);
  await git(["update-index", "-q", "--refresh"], { ...at, codes: [1] });
}

async function namesBetween({ path, folder }: FileTree, one: string, other: string): Promise<string[]> {
  const args = ["diff-tree", "-r", "--name-only", "--no-renames", "-z", one, other];
  const { bytes } = await git(args, { cwd: path, env: { GIT_DIR: folder } });
  return new TextDecoder().decode(bytes).split("\0").filter((name) => name !== "").sort();
}
