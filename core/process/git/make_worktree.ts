// A new worktree. The steps are such that a kill between any two of them leaves what ownership.ts knows the answer to. Callers
// hold the repository's turn.

import { basename, join } from "@std/path";
import { DomainError } from "../../domain/error.ts";
import { markVariable } from "../process_table.ts";
import { eraseStale } from "./erase_worktree.ts";
import { noteExclusions } from "./exclusions.ts";
import { git } from "./git.ts";
import type { Overrides } from "./git_programs.ts";
import { createClaimed } from "./git_refs.ts";
import { recordWorktree } from "./record_worktree.ts";
import { branchRef, ownedRef } from "./ref_names.ts";
import { forgetEntry, type Site } from "./sites.ts";
import { turnMark } from "./turns.ts";
import { newEntry, writeMark } from "./worktree_entry.ts";
import { treeEnvironment } from "./worktree_index.ts";

/** What a worktree is made of. */
export interface MakeOptions {
  task: number;
  /** What keeps git from running programs of the repository (`contentOverrides`). */
  content: Overrides;
  /** What is checked out, on no branch; without it the branch of the worktree's name. */
  commit?: string;
}

/**
 * Claims a name and makes its branch; the commit it starts from. `worktree add -b` would start as many gits, and claim
 * nothing. Throws `DomainError("unavailable")` when the branch exists or `base` names no commit.
 */
export async function claimName(site: Site, name: string, base: string): Promise<string> {
  return await createClaimed(site, { claim: ownedRef(site.store, name), branch: branchRef(name), base });
}

/** Makes the worktree of a name that was just claimed; its path. Throws what git says, with nothing left of the name. */
export async function makeWorktree(site: Site, name: string, options: MakeOptions): Promise<string> {
  try {
    return await checkOut(site, name, options);
  } catch (error) {
    // Best effort: what stays behind is ours and is cleared by the next `add` of this name.
    await eraseStale(site, name, options.task).catch(() => {});
    throw error;
  }
}

/** Makes a marked worktree of a branch or commit that is there; its path. Throws `DomainError("unavailable")` when git refuses. */
export async function checkOut(site: Site, name: string, { task, content, commit }: MakeOptions): Promise<string> {
  const path = join(site.root, name);
  forgetEntry(site, name);
  const head = commit === undefined ? { branch: name } : { commit };
  const env = { [markVariable(await turnMark(site.common))]: "1" };
  // Without files, which come by a call on content: that one's stand-in for the git folder would be noted in the worktree.
  await recordWorktree(name, head, { repo: site.repo, common: site.common, path, env });
  const entry = newEntry(site.common, path);
  if (entry === null) throw new DomainError("unavailable", `Cannot add worktree ${path}: git did not record it`);
  await both(
    git(["reset", "--hard", "--quiet", "--no-recurse-submodules"], {
      ...{ cwd: path, env: { ...treeEnvironment(entry), ...env }, content },
    }),
    noteExclusions({
      ...{ folder: entry.folder, path, common: site.common, repo: site.repo },
      written: content.excludesFile,
    }),
  );
  Deno.removeSync(join(entry.folder, "locked"));
  writeMark(entry, { store: site.store, task });
  forgetEntry(site, basename(entry.folder));
  return path;
}

/** Both results; waits for both also when one fails, so that nothing is left running. */
export async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return await Promise.all([one, other]);
}
