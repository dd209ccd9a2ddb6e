// The removal of worktrees that are over: of any that is ours, its commits kept first, and of those that lose nothing.

import { basename } from "@std/path";
import { DomainError } from "../../domain/error.ts";
import { eraseWorktree } from "./erase_worktree.ts";
import { isMerged } from "./git_refs.ts";
import { keepNestedOf, keepUnsaved } from "./keep_work.ts";
import { hasNestedWork } from "./nested_repositories.ts";
import { claimOf, folderAt, isElsewhere, isForeign, isOurs, standingEntry, tipOf } from "./ownership.ts";
import type { Located, Site } from "./sites.ts";
import { countUncommitted } from "./worktree_content.ts";
import { type Entry, findEntry } from "./worktree_entry.ts";
import { fileTreeOf, headOf } from "./worktree_index.ts";
import type { Place } from "./worktrees.ts";

/** See `Worktrees.remove`. */
export async function removeWorktree({ site, path }: Located, place: Place): Promise<void> {
  const name = place.branch;
  await site.takeTurn(async () => {
    const entry = findEntry(site.common, path);
    const claim = await claimOf(site, name);
    if (await isForeign(site, path, { entry, claim }) || basename(path) !== name) {
      throw new DomainError("conflict", `Cannot remove worktree ${path}: it is not marked as ours`);
    }
    const isBranchOurs = (claim !== null || entry !== null) && !await isElsewhere(site, name, path);
    const tip = isBranchOurs ? await tipOf(site, name) : null;
    await keepCommits(site, place, { entry, tip });
    await eraseWorktree(site, name, { entry, tip });
  });
}

/** Keeps the commits that go with a worktree. Its files are not looked at: they were saved, or are not to be. */
async function keepCommits(
  site: Site,
  { branch, base_commit: base }: Place,
  { entry, tip }: { entry: Entry | null; tip: string | null },
): Promise<void> {
  const task = entry?.mark?.task ?? branch;
  const head = entry === null || entry.isHalfMade ? null : await headOf(entry);
  const commits = new Set([tip, head].filter((commit) => commit !== null));
  await keepUnsaved(site, commits, { task, branch, base });
  if (entry === null || entry.isHalfMade || entry.isHalfRemoved) return;
  await keepNestedOf(site, entry, { task, base, message: `Kept from the worktree of ${branch}`, files: false });
}

/** See `WorktreeUpkeep.mergedCommit`. */
export async function mergedCommit({ site, path }: Located, place: Place): Promise<string | null> {
  const { branch, base_commit: base } = place;
  const entry = await standingEntry(site, path);
  if (entry === null && await folderAt(path) !== "none") return null;
  if (await isElsewhere(site, branch, path)) return null;
  if (entry !== null) {
    const tree = await fileTreeOf(entry);
    if (await countUncommitted(tree) > 0) return null;
    if (await hasNestedWork(tree, { repo: site.repo, common: site.common, base })) return null;
  }
  const tip = await tipOf(site, branch);
  const head = entry === null ? tip : await headOf(entry);
  if (tip === null || head === null) return null;
  for (const commit of new Set([tip, head])) {
    if (!await isMerged(site.repo, commit, { branch, base })) return null;
  }
  return tip;
}

/** See `WorktreeUpkeep.removeMerged`. */
export async function removeMerged({ site, path }: Located, place: Place): Promise<void> {
  await site.takeTurn(async () => {
    const entry = findEntry(site.common, path);
    const tip = await tipOf(site, place.branch);
    const isGoing = entry?.isHalfRemoved && isOurs(site, entry, null);
    const isGone = entry === null && tip === null;
    if (!isGoing && !isGone && await mergedCommit({ site, path }, place) === null) {
      throw new DomainError("conflict", `Cannot remove worktree ${path}: it has work that no other branch has`);
    }
    await eraseWorktree(site, place.branch, { entry, tip });
  });
}
