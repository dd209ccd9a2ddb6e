// A place whose folder is gone or broken: whether it can be put back, and putting it back.

import { DomainError } from "../../domain/error.ts";
import { eraseEntry, eraseHalfMade, eraseRemnants } from "./erase_worktree.ts";
import { contentOverrides, git } from "./git.ts";
import { commitOf, removeLock } from "./git_refs.ts";
import { keepUnsaved, saveFiles } from "./keep_work.ts";
import { checkOut } from "./make_worktree.ts";
import { checkoutsOf, claimOf, isForeign, standingEntry, tipOf } from "./ownership.ts";
import { branchRef, ownedRef } from "./ref_names.ts";
import type { Located, Site } from "./sites.ts";
import { type Entry, findEntry } from "./worktree_entry.ts";
import type { Place } from "./worktrees.ts";

/** From what a place can be put back; `obstacle` says in words that follow "because" why it cannot be. */
type Remains = { obstacle: string } | {
  obstacle: null;
  entry: Entry | null;
  claim: string | null;
  tip: string | null;
  /** The commit that the branch is to be at. */
  from: string;
};

/** See `Worktrees.whyNotRestorable`. */
export async function whyNotRestorable(
  { site, path }: Located,
  place: Place,
  commit: string | null,
): Promise<string | null> {
  if (await standingEntry(site, path) !== null) return null;
  return (await remainsOf({ site, path }, place, commit)).obstacle;
}

async function remainsOf({ site, path }: Located, place: Place, commit: string | null): Promise<Remains> {
  const name = place.branch;
  const entry = findEntry(site.common, path);
  const [claim, tip] = [await claimOf(site, name), await tipOf(site, name)];
  const other = (await checkoutsOf(site, branchRef(name))).find((folder) => folder !== path);
  if (other !== undefined) {
    return { obstacle: `branch ${name} is checked out in ${other === site.common ? site.repo : other}` };
  }
  if (await isForeign(site, path, { entry, claim })) return { obstacle: `${path} is not ours any more` };
  // A branch without a claim or an entry of ours is somebody's.
  const isOurBranch = tip !== null && (claim !== null || entry !== null);
  const from = isOurBranch ? tip : tip === null && commit !== null ? await commitOf(site.repo, commit) : null;
  if (from === null) return { obstacle: `neither worktree ${path} nor its branch is there any more` };
  return { obstacle: null, entry, claim, tip, from };
}

/** See `Worktrees.restore`. */
export async function restoreWorktree(
  { site, path }: Located,
  place: Place,
  { task, commit }: { task: number; commit: string | null },
): Promise<{ commit: string; kept: string[] }> {
  return await site.takeTurn(async () => {
    await eraseHalfMade(site);
    const remains = await remainsOf({ site, path }, place, commit);
    if (remains.obstacle !== null) {
      throw new DomainError("conflict", `Cannot put worktree ${path} back: ${remains.obstacle}`);
    }
    const kept = await eraseBroken(site, place, { ...remains, task });
    if (remains.claim === null) await createExact(site, ownedRef(site.store, place.branch), place.base_commit);
    await removeLock(site, branchRef(place.branch));
    if (remains.tip === null) await createExact(site, branchRef(place.branch), remains.from);
    await checkOut(site, place.branch, { task, content: await contentOverrides({ cwd: site.repo }) });
    return { commit: remains.from, kept };
  });
}

/** Saves what a broken folder holds, and removes it with its entry. The branch stays. Returns the refs. */
async function eraseBroken(
  site: Site,
  { branch, base_commit: base }: Place,
  { entry, tip, task }: { entry: Entry | null; tip: string | null; task: number },
): Promise<string[]> {
  const message = `Kept from a broken worktree of ${branch}`;
  const { kept, work } = await saveFiles(site, branch, { entry, task, base, tip, message });
  kept.push(...await keepUnsaved(site, work, { task, branch, base: tip ?? base }));
  if (entry !== null) await eraseEntry(site, branch, entry);
  await eraseRemnants(site, branch);
  return kept;
}

/** Fails when the ref exists. */
async function createExact(site: Site, ref: string, commit: string): Promise<void> {
  await git(["update-ref", ref, commit, ""], { cwd: site.repo });
}
