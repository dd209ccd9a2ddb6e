// A worktree that was moved: with its repository, with the folder of all worktrees, or both. git knows it by two files that
// name each other's old place; with these put right it is the worktree that it was.
//
// It is followed only where nothing else can be meant: git's entry carries our mark, the folder's own `.git` file names that
// entry, and what either of them names besides is not there any more. A copy, whose original still stands, is not followed.

import { basename, dirname, join } from "@std/path";
import { messageOf } from "../../domain/error.ts";
import { git } from "./git.ts";
import { writeWhole } from "./small_files.ts";
import { type Entry, listEntries } from "./worktree_entry.ts";

/** Whether the worktree of the store's that was `name` is at `to` now; then its entry says so, and it belongs to `common`. */
export async function followMove(
  common: string,
  { store, name, to }: { store: string; name: string; to: string },
): Promise<boolean> {
  const link = await linkOf(to);
  if (link === null) return false;
  const entries = listEntries(common);
  const entry = entries.find((entry) => entry.mark?.store === store && basename(entry.folder) === basename(link));
  if (!entry || entry.isHalfRemoved || basename(entry.path) !== name) return false;
  if (entry.path !== to && !await isGone(entry.path)) return false;
  if (link !== entry.folder && (basename(dirname(link)) !== "worktrees" || !await isGone(link))) return false;
  point(entry, to);
  return true;
}

/** What the `.git` file of a worktree names; null when it is no worktree. */
async function linkOf(path: string): Promise<string | null> {
  try {
    // A link in its place may lead anywhere.
    if (!(await Deno.lstat(path)).isDirectory || !(await Deno.lstat(join(path, ".git"))).isFile) return null;
    return /^gitdir: (\/.+)$/.exec((await Deno.readTextFile(join(path, ".git"))).trim())?.[1] ?? null;
  } catch {
    return null;
  }
}

function point(entry: Entry, to: string): void {
  writeWhole(join(to, ".git"), `gitdir: ${entry.folder}\n`);
  writeWhole(join(entry.folder, "gitdir"), `${join(to, ".git")}\n`);
}

/** Whether a folder is not there; false when that cannot be told. */
async function isGone(folder: string): Promise<boolean> {
  try {
    await Deno.lstat(folder);
    return false;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return true;
    if (!(error instanceof Deno.errors.NotCapable)) return false;
  }
  // A place that is configured no more is none that we may look at, under limited permissions. git may.
  const said = await git(["-C", folder, "version"]).then(() => "", messageOf);
  return said.includes("No such file or directory");
}
