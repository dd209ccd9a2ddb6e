// Where a branch is checked out, by anybody: in the repository's own folder or in any other worktree. Read from git's files, as
// worktree_entry.ts does, and more than `%(worktreepath)` says: a rebase or bisect has its branch checked out too, while HEAD
// names none.

import { join } from "@std/path";
import { DomainError } from "../../../domain/error.ts";
import { git } from "../git.ts";
import { branchRef } from "../ref_names.ts";
import type { Site } from "../sites.ts";
import { readTextIfThere } from "../small_files.ts";
import type { Entry } from "../worktree_entry.ts";

/** A folder with a branch checked out. */
export interface Checkout {
  /** Its git folder. */
  folder: string;
  path: string;
  /** What is going on in it, such as "a rebase"; null when nothing is. */
  operation: string | null;
}

/** What is there, in a worktree's git folder, while something is going on. */
const operations: Record<string, string> = {
  "MERGE_HEAD": "a merge",
  "CHERRY_PICK_HEAD": "a cherry-pick",
  "REVERT_HEAD": "a revert",
  "rebase-merge": "a rebase",
  "rebase-apply": "a rebase",
  "BISECT_LOG": "a bisect",
};

/**
 * The folders that have a branch checked out, by all `entries`, of which there is one at most unless somebody forced git. Throws
 * `DomainError("unavailable")` where git keeps its refs in no files.
 */
export async function checkoutsOfTarget(site: Site, target: string, entries: Entry[]): Promise<Checkout[]> {
  const linked = entries.filter(({ folder, path }) => path !== "" && hasCheckedOut(folder, target));
  const checkouts = linked.map(({ folder, path }) => ({ folder, path, operation: operationIn(folder) }));
  if (readTextIfThere(join(site.common, "HEAD")) === "ref: refs/heads/.invalid") {
    throw new DomainError(
      "unavailable",
      `Cannot land in ${site.repo}: its refs are in a reftable, which is not read yet`,
    );
  }
  if (!hasCheckedOut(site.common, target)) return checkouts;
  const main = await mainFolder(site, entries);
  if (main === null) return checkouts;
  return [{ folder: site.common, path: main, operation: operationIn(site.common) }, ...checkouts];
}

function hasCheckedOut(folder: string, target: string): boolean {
  const read = (file: string) => readTextIfThere(join(folder, file));
  const ref = branchRef(target);
  return read("HEAD") === `ref: ${ref}` || read("rebase-merge/head-name") === ref ||
    read("rebase-apply/head-name") === ref || read("BISECT_START") === target;
}

/** What is going on in the worktree of a git folder, such as "a merge"; null when nothing is. */
export function operationIn(folder: string): string | null {
  const going = Object.keys(operations).find((name) => isThere(join(folder, name)));
  return going === undefined ? null : operations[going]!;
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

/** The first working tree of a repository, which is where ours is unless that is itself linked; null when it is bare. */
async function mainFolder({ repo, common }: Site, entries: Entry[]): Promise<string | null> {
  const own = await Deno.realPath(repo);
  if (!entries.some(({ path }) => path === own)) return own;
  // `worktree {path}\0bare\0\0` or `worktree {path}\0HEAD ...`: the main one comes first.
  const { text } = await git(["worktree", "list", "--porcelain", "-z"], { cwd: common });
  const [first, second] = text.split("\0");
  return second === "bare" ? null : first!.slice("worktree ".length);
}
