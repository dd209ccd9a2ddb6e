// Repositories inside a worktree: submodules, clones, `git init`. For git each is but the id of a commit, and what it holds
// goes with the worktree. So before a worktree is removed, every commit that such a repository alone holds is copied into
// ours, and its uncommitted files are made a commit first: one ref of ours for each repository.
//
// "Holds": can be reached from its branches, tags, stash, any HEAD or any reflog. "Alone": not from a ref of ours, nor from
// what its remotes had when it last spoke to them, nor from the commit that the task's base names for it. Git folders of
// submodules lie in the worktree's own git folder (`modules/`) and are looked at there, checked out or not. Of a git folder
// that lies elsewhere and so stays (another worktree of some repository), only HEAD and files are at stake.
//
// Where the worktree excludes a folder, files in it are nobody's work, but commits are.

import { DomainError } from "../../domain/error.ts";
import { findNested, type Nested, type NestedOptions } from "./find_nested.ts";
import { COMMITTER, gitLine } from "./git.ts";
import type { Ref } from "./git_refs.ts";
import { copyCommits, lonelyTips, type Within } from "./lonely_commits.ts";
import { commitContent, countUncommitted, isBlank } from "./worktree_content.ts";
import { type FileTree, headOf } from "./worktree_index.ts";

/** What is to be kept, and how. */
export interface KeepOptions extends NestedOptions {
  /** Of the commits that are made. */
  message: string;
  /** Also files that are not committed. */
  files: boolean;
  /** Makes a ref for a commit that `repo` has. `name` is for a ref, made from the path. */
  hold(name: string, commit: string): Promise<Ref>;
}

/** The ref under which what a repository held is kept. */
export interface KeptNested extends Ref {
  /** Of the repository, in the worktree. */
  path: string;
}

/**
 * Keeps what the repositories in a worktree alone hold. `links` is for `commitContent`: at which commit each is that lies
 * directly in the worktree. Throws `DomainError("unavailable")` when something cannot be kept.
 */
export async function keepNested(
  tree: FileTree,
  options: KeepOptions,
): Promise<{ links: Map<string, string>; kept: KeptNested[] }> {
  const kept: KeptNested[] = [];
  const links = await keepAll(await findNested(tree, options), { ...options, top: tree }, kept);
  return { links, kept };
}

/** Whether removing the worktree would lose commits or files of a repository in it. */
export async function hasNestedWork(tree: FileTree, options: NestedOptions): Promise<boolean> {
  const queue = await findNested(tree, options);
  for (const nested of queue) {
    queue.push(...nested.within);
    if ((await lonelyTips(nested, { ...options, top: tree }, await headOf(nested))).length > 0) return true;
    if (nested.hasFiles && await countUncommitted(nested.tree!) > 0) return true;
  }
  return false;
}

async function keepAll(all: Nested[], options: KeepOptions & Within, kept: KeptNested[]): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  for (const nested of all) {
    const inner = await keepAll(nested.within, options, kept);
    try {
      let head = options.files && nested.hasFiles && !await isBlank(nested.tree!)
        ? await commitContent(nested.tree!, { message: options.message, fallback: null, links: inner })
        : await headOf(nested);
      const tips = await lonelyTips(nested, options, head);
      const commit = await takeTips(nested, tips, options);
      if (commit !== null) {
        const ref = await options.hold(refNameOf(nested.path), commit);
        kept.push({ path: nested.path, ...ref });
        // The same work may be kept already, as another commit.
        if (commit === head) head = ref.commit;
      }
      if (nested.hasFiles && head !== null) links.set(nested.name, head);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const reason = `${nested.path} is a repository of its own, and what it holds cannot be kept: ${error.message}`;
      throw new DomainError("unavailable", reason, { cause: error });
    }
  }
  return links;
}

/** A commit in `options.repo` from which all of `tips` can be reached; null when there are none. */
async function takeTips(nested: Nested, tips: string[], options: KeepOptions & Within): Promise<string | null> {
  const [first, ...others] = tips;
  if (first === undefined) return null;
  await copyCommits(nested, tips, options);
  if (others.length === 0) return first;
  const parents = tips.flatMap((tip) => ["-p", tip]);
  const message = `${options.message}\n\nEverything that ${nested.path} held, which was a repository of its own.`;
  return await gitLine(["commit-tree", `${first}^{tree}`, ...parents, "-m", message], {
    cwd: options.repo,
    env: COMMITTER,
  });
}

/** Letters, digits and dashes of the path: what else may be in a name of a ref is not worth knowing. */
function refNameOf(path: string): string {
  return path.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 60).replace(/^-|-$/g, "") || "repository";
}
