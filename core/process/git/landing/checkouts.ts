// Worktrees of ours on no branch, for a look at what a landing would make. They are claimed and marked as those of tasks are
// (ownership.ts), so what a crash leaves of one is known as ours.

import { join } from "@std/path";
import { DomainError } from "../../../domain/error.ts";
import { requirePlainName } from "../add_worktree.ts";
import { eraseHalfMade, eraseWorktree } from "../erase_worktree.ts";
import { contentOverrides, git } from "../git.ts";
import { checkOut } from "../make_worktree.ts";
import { claimOf, isForeign, tipOf } from "../ownership.ts";
import { ownedRef } from "../ref_names.ts";
import type { Site } from "../sites.ts";
import { findEntry } from "../worktree_entry.ts";
import { requireFullId } from "./target.ts";

/** See `Landings.addCheckout`. */
export async function addCheckout(
  site: Site,
  { name, commit, task }: { name: string; commit: string; task: number },
): Promise<{ path: string }> {
  requirePlainName(name);
  requireFullId(commit);
  return await site.takeTurn(async () => {
    await erase(site, name);
    await git(["update-ref", ownedRef(site.store, name), commit, ""], { cwd: site.repo });
    const content = await contentOverrides({ cwd: site.repo });
    try {
      return { path: await checkOut(site, name, { task, content, commit }) };
    } catch (error) {
      await erase(site, name).catch(() => {});
      throw error;
    }
  });
}

/** See `Landings.removeCheckout`. */
export async function removeCheckout(site: Site, { name }: { name: string }): Promise<void> {
  requirePlainName(name);
  await site.takeTurn(() => erase(site, name));
}

/** Saves nothing: nobody works in there. */
async function erase(site: Site, name: string): Promise<void> {
  const path = join(site.root, name);
  await eraseHalfMade(site);
  const entry = findEntry(site.common, path);
  const claim = await claimOf(site, name);
  const isBranch = await tipOf(site, name) !== null || (entry?.branch ?? null) !== null;
  if (isBranch || await isForeign(site, path, { entry, claim })) {
    throw new DomainError("conflict", `Cannot use ${path} for a checkout: the name is not free`);
  }
  await eraseWorktree(site, name, { entry, tip: null });
}
