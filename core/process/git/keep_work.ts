// Work that would go with a worktree or branch, kept under refs of ours before that is removed or replaced. A save that fails
// ends the removal. Callers hold the repository's turn.

import { join } from "@std/path";
import { createRef, isSameWork, isSaved, type Ref } from "./git_refs.ts";
import { keepNested, type KeptNested } from "./nested_repositories.ts";
import { folderAt } from "./ownership.ts";
import { keptRef, nestedRef, numbered, taskRefs } from "./ref_names.ts";
import type { Site } from "./sites.ts";
import { commitContent } from "./worktree_content.ts";
import type { Entry } from "./worktree_entry.ts";
import { fileTreeOf } from "./worktree_index.ts";

/** Saves a commit under the first free one of `names`, or finds the same work under one of them; the ref it is under. */
export async function holdCommit(site: Site, commit: string, names: (n: number) => string): Promise<Ref> {
  return await createRef(site, commit, { names, isSameWork: (other) => isSameWork(site.repo, commit, other) });
}

/** Keeps a commit of a task, or of a branch name when the task is not known; the name of its ref. */
export async function keepCommit(site: Site, commit: string, task: number | string): Promise<string> {
  return (await holdCommit(site, commit, (n) => `${keptRef(task)}-${n}`)).name;
}

/**
 * Keeps those commits that cannot be reached without the branch, neither from `base` nor from another ref; without a `base`,
 * all of them. Returns the names of their refs.
 */
export async function keepUnsaved(
  site: Site,
  commits: Iterable<string>,
  { task, branch, base }: { task: number | string; branch: string; base: string | null },
): Promise<string[]> {
  const kept: string[] = [];
  const first = typeof task === "number" ? taskRefs(task) : null;
  for (const commit of commits) {
    if (base !== null && await isSaved(site.repo, commit, { branch, base, first })) continue;
    kept.push(await keepCommit(site, commit, task));
  }
  return kept;
}

/**
 * Keeps what repositories in a worktree alone hold, beside what is kept of a task: commits, and with `files` also what is not
 * committed. `links` is for `commitContent`. Throws `DomainError("unavailable")` when something cannot be kept.
 */
export async function keepNestedOf(
  site: Site,
  entry: Entry,
  { task, base, ...options }: { task: number | string; base: string | null; message: string; files: boolean },
): Promise<{ links: Map<string, string>; kept: KeptNested[] }> {
  return await keepNested(await fileTreeOf(entry), {
    ...{ repo: site.repo, common: site.common, base, ...options },
    hold: (name, commit) => holdCommit(site, commit, numbered(nestedRef(keptRef(task), name))),
  });
}

/** Of a worktree that is to be removed. */
export interface SaveOptions {
  /** Git's record of it; null when there is none, and so nothing to save. */
  entry: Entry | null;
  task: number | string;
  /** The commit it started from, where that is known. */
  base: string | null;
  /** The commit its branch is at: the parent of what is saved when its HEAD names no commit. */
  tip: string | null;
  /** Of the commits that are made. */
  message: string;
}

/**
 * Makes a commit of what lies in a worktree that is to be removed, and keeps what repositories inside it alone hold. `work` is
 * that commit, for the caller to keep; `kept` are the refs under which the rest is. Of one that is half made or half removed
 * nothing is to be saved. Throws `DomainError("unavailable")` when something cannot be saved.
 */
export async function saveFiles(
  site: Site,
  name: string,
  { entry, tip, ...options }: SaveOptions,
): Promise<{ kept: string[]; work: string[] }> {
  if (entry === null || entry.isHalfMade || entry.isHalfRemoved) return { kept: [], work: [] };
  const { links, kept } = await keepNestedOf(site, entry, { ...options, files: true });
  const isThere = await folderAt(join(site.root, name)) === "folder";
  const content = { message: options.message, fallback: tip, links };
  return {
    kept: kept.map((ref) => ref.name),
    work: isThere ? [await commitContent(await fileTreeOf(entry), content)] : [],
  };
}
