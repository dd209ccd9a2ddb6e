// Whose is it? A task's branch and folder have the same name. The name is claimed by a ref, `refs/coder/owned/{store}/{name}`,
// written only when neither a branch, a folder nor a worktree of that name exists; after `git worktree add` the worktree's
// own git folder gets a mark with the store's uuid and the task. A kill -9 between any two steps leaves one of these, and
// each has an answer:
//
//   claim only                          free: nothing was made yet
//   claim, branch                       ours: `worktree add` had not come further, or `remove` had only the branch to go
//   claim, branch, entry (+ folder)     ours though unmarked: the entry has our claimed branch checked out. While git's own
//                                       "initializing" lock is on it the agent never ran: nothing in it to save
//   entry without its folder's path     ours when the name is claimed (isStray)
//   the same, the branch with work      ours: put back (`restore`) and not come further; the branch stays as it is
//   mark, folder partly deleted         ours; the "removing" file beside the mark says that nothing in it is to be saved
//   an index.lock or a ref's lock       removed before the next use: nothing of the run is alive when we are called
//
// Anything else of that name is somebody's: it is left alone.

import { basename, join } from "@std/path";
import { type Records, textOf, type Unit } from "./folder_look.ts";
import { commitOf, listRefs } from "./git_refs.ts";
import { branchRef, ownedRef } from "./ref_names.ts";
import type { Site } from "./sites.ts";
import { readTextIfThere } from "./small_files.ts";
import { countUncommitted } from "./worktree_content.ts";
import { type Entry, findEntry, readEntry } from "./worktree_entry.ts";
import { fileTreeOf, headOf } from "./worktree_index.ts";

/** The commit at which a name was claimed; null when it is not ours. */
export async function claimOf(site: Site, name: string): Promise<string | null> {
  return await commitOf(site.repo, ownedRef(site.store, name));
}

/** The commit that a branch is at; null when there is none. */
export async function tipOf(site: Site, name: string): Promise<string | null> {
  return await commitOf(site.repo, branchRef(name));
}

/** Whether an entry is our store's: by its mark, or while it has none by the claim on its name (null: not claimed). */
export function isOurs(site: Site, entry: Entry, claim: string | null): boolean {
  if (entry.mark !== null) return entry.mark.store === site.store;
  return claim !== null && (entry.branch === null || entry.branch === branchRef(basename(entry.path)));
}

/** Whether an entry can be of this task: one without a mark can. */
export function isOfTask(entry: Entry, task: number): boolean {
  return (entry.mark?.task ?? task) === task;
}

/** Whether what is at a path is not ours to touch. `entry`: git's record of the path; `claim`: on its name. */
export async function isForeign(
  site: Site,
  path: string,
  { entry, claim }: { entry: Entry | null; claim: string | null },
): Promise<boolean> {
  const folder = await folderAt(path);
  return folder === "other" || (entry === null ? folder === "folder" : !isOurs(site, entry, claim));
}

/** The folders in which a branch (full name) is checked out; the repository's own working tree is `common`. `records`: of now. */
export async function checkoutsOf(
  { common, baselines }: Pick<Site, "common" | "baselines">,
  branch: string,
  records?: Records,
): Promise<string[]> {
  const head = `ref: ${branch}`;
  const isAtBranch = ({ path, files }: Unit) => {
    const seen = files.get("HEAD");
    if (path === null || seen === undefined || seen.size < head.length || textOf(seen).trim() !== head) return false;
    // Where it is half removed, nobody knows the folder any more.
    return textOf(files.get("gitdir")).trim() !== "";
  };
  const { units, unfinished } = records ?? await baselines.records(common);
  // What git is making counts for git, too.
  const made = [...unfinished].map((name) => readEntry(join(common, "worktrees", name)))
    .filter((entry) => entry.branch === branch && entry.path !== "");
  return [
    ...(readTextIfThere(join(common, "HEAD")) === head ? [common] : []),
    ...[...units.values()].filter(isAtBranch).map(({ path }) => path!),
    ...made.map(({ path }) => path),
  ];
}

/** Whether the branch is checked out in another worktree (a person looks at it there): deleting it would break that one. */
export async function isElsewhere(site: Site, name: string, path: string, records?: Records): Promise<boolean> {
  return (await checkoutsOf(site, branchRef(name), records)).some((other) => other !== path);
}

/** Whether a task may use a name: `free`, `ours` (to be saved and replaced), or `taken` by somebody else. */
export async function standingOf(
  site: Site,
  name: string,
  { task }: { task: number },
): Promise<"free" | "ours" | "taken"> {
  const path = join(site.root, name);
  const entry = findEntry(site.common, path);
  if (await isElsewhere(site, name, path)) return "taken";
  const owned = ownedRef(site.store, name);
  const [found, folder] = await Promise.all([listRefs(site.repo, branchRef(name), owned), folderAt(path)]);
  const claim = found.find((ref) => ref.name === owned)?.commit ?? null;
  const refs = found.filter((ref) => ref.name.startsWith(branchRef(name)));
  if (entry !== null) {
    return isOurs(site, entry, claim) && isOfTask(entry, task) && folder !== "other" ? "ours" : "taken";
  }
  // Refs below that name (`{name}/x`) are in the way of a branch too.
  if (refs.length > 0 && (claim === null || refs[0]!.name !== branchRef(name))) return "taken";
  if (folder === "none" || (folder === "empty" && claim !== null)) return refs.length > 0 ? "ours" : "free";
  return "taken";
}

/** The entry of the worktree at a path when that is ours, whole and in its place; else null. */
export async function standingEntry(site: Site, path: string): Promise<Entry | null> {
  const entry = findEntry(site.common, path);
  if (entry === null || entry.isHalfMade || entry.isHalfRemoved || await folderAt(path) !== "folder") return null;
  const claim = entry.mark === null ? await claimOf(site, basename(path)) : null;
  return isOurs(site, entry, claim) ? entry : null;
}

/** Whether a name claimed at commit `claim` holds nothing but what `add` made of it: nobody has worked there. */
export async function isUntouched(
  site: Site,
  name: string,
  { claim, entry, task }: { claim: string; entry: Entry | null; task: number },
): Promise<boolean> {
  const tip = await tipOf(site, name);
  if (tip !== null && tip !== claim) return false;
  const folder = await folderAt(join(site.root, name));
  if (entry === null) return folder === "none" || folder === "empty";
  if (!isOurs(site, entry, claim) || !isOfTask(entry, task)) return false;
  if (entry.isHalfMade || entry.isHalfRemoved || folder === "none") return true;
  return folder === "folder" && await headOf(entry) === claim &&
    await countUncommitted(await fileTreeOf(entry)) === 0;
}

/** What is at a path: nothing, an empty folder, a folder with something in it, or what is no folder (a link, say). */
export async function folderAt(path: string): Promise<"none" | "empty" | "folder" | "other"> {
  try {
    if (!(await Deno.lstat(path)).isDirectory) return "other";
    for await (const _ of Deno.readDir(path)) return "folder";
    return "empty";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none";
    throw error;
  }
}
