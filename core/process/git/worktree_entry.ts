// git's own record of a worktree: the folder `.git/worktrees/{id}` with HEAD, index and, when it is ours, our mark.
//
// It is found by the path that git noted in it, not by asking the worktree: the agent can write to the worktree's `.git`
// file and may have deleted or replaced it. Commands for a worktree therefore name both folders (`treeEnvironment`).

import { basename, dirname, join, resolve } from "@std/path";
import { readTextIfThere, writeWhole } from "./small_files.ts";

/** What makes a worktree ours. */
export interface Mark {
  /** The uuid of the store whose log knows this worktree. */
  store: string;
  task: number;
}

/** What git recorded of a worktree, and we beside it. */
export interface Entry {
  /** `.git/worktrees/{id}`, absolute. */
  folder: string;
  /** The worktree; empty while git has not noted it. */
  path: string;
  mark: Mark | null;
  /** The full name of the branch that is checked out, or `null`. */
  branch: string | null;
  /** `git worktree add` has not finished, and never will if no git runs. */
  isHalfMade: boolean;
  /** Its removal has begun: what lies in the folder is not the task's work any more. */
  isHalfRemoved: boolean;
}

const MARK = "personal-coder";
const REMOVING = "personal-coder-removing";

/**
 * The entry of the worktree at `path` (absolute, real) in the repository whose git folder is `common`. Others are looked at only
 * when none of its name is at that path: git names an entry after the folder that it was made for.
 */
export function findEntry(common: string, path: string): Entry | null {
  const named = readEntry(join(common, "worktrees", basename(path)));
  return named.path === path ? named : listEntries(common).find((entry) => entry.path === path) ?? null;
}

/** `findEntry` for a worktree that git has just made, whose `.git` file can be believed. */
export function newEntry(common: string, path: string): Entry | null {
  const link = readTextIfThere(join(path, ".git"));
  const folder = join(common, "worktrees", basename(link ?? ""));
  if (link !== `gitdir: ${folder}`) return null;
  const entry = readEntry(folder);
  return entry.path === path ? entry : null;
}

/**
 * All entries. Read from the files and not with `git worktree list`, because an entry that a kill left half-written makes
 * every git command fail that looks at worktrees ("failed to read .git/worktrees/x/commondir").
 */
export function listEntries(common: string): Entry[] {
  return [...entryNames(common)].map((name) => readEntry(join(common, "worktrees", name)));
}

/** The entry in a folder; one that is not there has no path. */
export function readEntry(folder: string): Entry {
  const [noted, head, mark, lock, removing] = ["gitdir", "HEAD", MARK, "locked", REMOVING].map((file) =>
    readTextIfThere(join(folder, file))
  );
  return {
    folder,
    path: noted ? dirname(resolve(folder, noted)) : "",
    mark: parseMark(mark ?? null),
    branch: head?.startsWith("ref: ") ? head.slice("ref: ".length) : null,
    // git holds this lock from the entry's first moment until the files are checked out; then comes our mark.
    isHalfMade: !mark && (!noted || lock === "initializing" || lock === ""),
    isHalfRemoved: typeof removing === "string",
  };
}

/** Whether there is an entry of that name, of whatever path. */
export function hasEntryOf(common: string, name: string): boolean {
  try {
    Deno.lstatSync(join(common, "worktrees", name));
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** Whether an entry was begun for a folder called `name` and left before git noted the folder's path in it. */
export function isStray(entry: Entry, name: string): boolean {
  return entry.path === "" && isNumberedAfter(basename(entry.folder), name);
}

/** The entries that were begun for a folder called `name` and left so. */
export function straysOf(common: string, name: string): Entry[] {
  return [...entryNames(common)].filter((id) => isNumberedAfter(id, name))
    .map((id) => readEntry(join(common, "worktrees", id))).filter((entry) => entry.path === "");
}

/** git names an entry after its folder, and numbers it when that name is taken. */
function isNumberedAfter(id: string, name: string): boolean {
  return id.startsWith(name) && /^\d*$/.test(id.slice(name.length));
}

/** The names of the entries of all worktrees of a repository. */
export function entryNames(common: string): Set<string> {
  const names = new Set<string>();
  try {
    for (const { name, isDirectory } of Deno.readDirSync(join(common, "worktrees"))) if (isDirectory) names.add(name);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  }
  return names;
}

/** Marks a worktree as ours. */
export function writeMark(entry: Entry, mark: Mark): void {
  writeWhole(join(entry.folder, MARK), JSON.stringify(mark));
}

/** Says that what lies in the worktree is not to be saved any more: its removal begins. */
export function markRemoving(entry: Entry): void {
  Deno.writeTextFileSync(join(entry.folder, REMOVING), "");
}

/** Whether the worktree's `.git` file still leads to its entry, so that a git that is run inside works on it. */
export function isLinked(entry: Entry): boolean {
  const link = readTextIfThere(join(entry.path, ".git"));
  return link !== null && link.startsWith("gitdir: ") &&
    resolve(entry.path, link.slice("gitdir: ".length)) === entry.folder;
}

/** The mark in a text; null when there is none in it. */
export function parseMark(text: string | null): Mark | null {
  try {
    const { store, task } = JSON.parse(text ?? "");
    return typeof store === "string" && typeof task === "number" ? { store, task } : null;
  } catch {
    return null;
  }
}
