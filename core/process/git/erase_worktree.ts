// The end of a worktree: folder, git's entry, branch and claim, in the order that lets a later call go on after a crash.
// Callers hold the repository's turn.
//
// A half-written entry makes git fail for *every* worktree of the repository, so whoever makes one first removes all that are
// ours.

import { basename, join } from "@std/path";
import type { Records } from "./folder_look.ts";
import { deleteRef, listRefs } from "./git_refs.ts";
import { keepUnsaved, saveFiles } from "./keep_work.ts";
import { claimOf, folderAt, tipOf } from "./ownership.ts";
import { branchRef, ownedRef } from "./ref_names.ts";
import { removeFolder } from "../remove_folder.ts";
import { forgetEntry, type Site } from "./sites.ts";
import { type Entry, findEntry, isStray, markRemoving, readEntry, straysOf } from "./worktree_entry.ts";

/** Removes all of a name of ours, saving nothing. `tip`: where its branch is, when that is to go too. */
export async function eraseWorktree(
  site: Site,
  name: string,
  { entry, tip }: { entry: Entry | null; tip: string | null },
): Promise<void> {
  const claim = await claimOf(site, name);
  if (entry !== null) await eraseEntry(site, name, entry);
  if (entry === null && claim === null) return;
  await eraseRemnants(site, name);
  if (tip !== null) await deleteRef(site, { name: branchRef(name), commit: tip });
  if (claim !== null) await deleteRef(site, { name: ownedRef(site.store, name), commit: claim });
}

/** Removes a worktree's folder and git's entry of it. Its branch stays. */
export async function eraseEntry(site: Site, name: string, entry: Entry): Promise<void> {
  forgetEntry(site, basename(entry.folder));
  markRemoving(entry);
  // Not by `git worktree remove`: when that fails half-way it drops the entry, and with it our mark.
  await removeFolder(join(site.root, name));
  await removeFolder(entry.folder);
}

/** Removes an empty folder of a name of ours, and entries that were begun for it. */
export async function eraseRemnants(site: Site, name: string): Promise<void> {
  const path = join(site.root, name);
  if (await folderAt(path) === "empty") await Deno.remove(path);
  for (const stray of straysOf(site.common, name)) await removeFolder(stray.folder);
}

/**
 * Saves what a stale name of ours holds, then removes it all. Returns the refs under which it was saved. Throws
 * `DomainError("unavailable")`, with all still there, when something cannot be saved.
 */
export async function eraseStale(site: Site, name: string, task: number | string): Promise<string[]> {
  const entry = findEntry(site.common, join(site.root, name));
  const base = await claimOf(site, name);
  const tip = await tipOf(site, name);
  const message = `Kept from a stale worktree of ${name}`;
  const { kept, work } = await saveFiles(site, name, { entry, task, base, tip, message });
  if (tip !== null) work.push(tip);
  // The claim is where the branch started: what can be reached from there is no work of ours.
  kept.push(...await keepUnsaved(site, work, { task, branch: name, base }));
  await eraseWorktree(site, name, { entry, tip });
  return kept;
}

/** Removes what a killed `add` or `restore` left of any name of ours; no agent ran in there. Returns what is there then. */
export async function eraseHalfMade(site: Site): Promise<Records> {
  const records = await site.baselines.records(site.common);
  const { unfinished } = records;
  const halfMade = [...unfinished].map((name) => readEntry(join(site.common, "worktrees", name)))
    .filter(({ isHalfMade }) => isHalfMade);
  if (halfMade.length === 0) return records;
  const prefix = ownedRef(site.store, "");
  for (const claim of await listRefs(site.repo, prefix)) {
    const name = claim.name.slice(prefix.length);
    const entry = halfMade.find(({ path }) => path === join(site.root, name)) ?? null;
    if (entry === null && !halfMade.some((entry) => isStray(entry, name))) continue;
    const tip = await tipOf(site, name);
    if (tip === null || tip === claim.commit) {
      await eraseStale(site, name, name);
      continue;
    }
    // It was being put back: there is work on the branch, and the next `restore` goes on from it.
    if (entry !== null) await eraseEntry(site, name, entry);
    await eraseRemnants(site, name);
  }
  return await site.baselines.records(site.common);
}
