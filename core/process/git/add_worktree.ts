// A worktree and branch for a task, under the first name that is free or ours to replace.

import { join } from "@std/path";
import { DomainError, nullIfExpected } from "../../domain/error.ts";
import { eraseHalfMade, eraseStale } from "./erase_worktree.ts";
import type { Records } from "./folder_look.ts";
import { contentOverrides, isRevision, resolveCommit } from "./git.ts";
import type { Overrides } from "./git_programs.ts";
import { listRefs } from "./git_refs.ts";
import { both, claimName, makeWorktree } from "./make_worktree.ts";
import { folderAt, isElsewhere, isUntouched, standingOf } from "./ownership.ts";
import { ownedRef } from "./ref_names.ts";
import type { Site } from "./sites.ts";
import { findEntry, hasEntryOf } from "./worktree_entry.ts";
import type { AddedPlace, AddOptions } from "./worktrees.ts";

const MAX_NAMES = 100;

/** Throws `DomainError("invalid")` unless a text can be both a branch and a folder. */
export function requirePlainName(branch: string): void {
  if (/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(branch) && !branch.includes("..")) return;
  throw new DomainError("invalid", `Cannot add worktree ${JSON.stringify(branch)}: it is no plain name`);
}

/** See `Worktrees.add`. */
export async function addWorktree(site: Site, options: AddOptions): Promise<AddedPlace> {
  // Asked ahead: git is as long about it as we are about what comes first.
  const content = contentOverrides({ cwd: site.repo });
  try {
    return await site.takeTurn(async () => {
      const records = await eraseHalfMade(site);
      return await addUnknown(site, options, { records, content }) ?? await addByStanding(site, options);
    });
  } finally {
    await content.catch(() => {/* who needed it knows */});
  }
}

/**
 * As nearly always, nothing is known of the name: then git says what the base is, and whether the name is free, while it
 * claims it. Null when there is more to ask.
 */
async function addUnknown(
  site: Site,
  { repo, task, branch, base, baseCommit, onClaimed }: AddOptions,
  { records, content }: { records: Records; content: Promise<Overrides> },
): Promise<AddedPlace | null> {
  const from = baseCommit ?? base;
  const path = join(site.root, branch);
  if (!isRevision(from) || hasEntryOf(site.common, branch) || await folderAt(path) !== "none") return null;
  if (await isElsewhere(site, branch, path, records)) return null;
  const [commit, overrides] = await both(claimName(site, branch, from).catch(nullIfExpected), content);
  if (commit === null) return null;
  onClaimed?.();
  await makeWorktree(site, branch, { task, content: overrides });
  return { repo, branch, path, base, base_commit: commit, kept: [] };
}

/** Tries one name after another. */
async function addByStanding(
  site: Site,
  { repo, task, branch, base, baseCommit }: AddOptions,
): Promise<AddedPlace> {
  const commit = await resolveCommit(site.repo, baseCommit ?? base);
  for (let n = 1; n <= MAX_NAMES; n++) {
    const name = n === 1 ? branch : `${branch}-${n}`;
    const standing = await standingOf(site, name, { task });
    if (standing === "taken") continue;
    // What cannot be saved is not replaced either.
    const kept = standing === "ours" ? await eraseStale(site, name, task).catch(nullIfExpected) : [];
    if (kept === null) continue;
    await claimName(site, name, commit);
    const path = await makeWorktree(site, name, { task, content: await contentOverrides({ cwd: site.repo }) });
    return { repo, branch: name, path, base, base_commit: commit, kept };
  }
  throw new DomainError(
    "unavailable",
    `Cannot add worktree ${branch}: the names up to ${branch}-${MAX_NAMES} are taken`,
  );
}

/** See `Worktrees.sweep`. */
export async function sweepUntouched(
  site: Site,
  { task, prefix }: { task: number; prefix: string },
): Promise<void> {
  const claims = () => listRefs(site.repo, ownedRef(site.store, `${prefix}*`));
  if ((await claims()).length === 0) return;
  await site.takeTurn(async () => {
    await eraseHalfMade(site);
    for (const { name: ref, commit: claim } of await claims()) {
      const name = ref.slice(ownedRef(site.store, "").length);
      const path = join(site.root, name);
      if (await isElsewhere(site, name, path)) continue;
      const entry = findEntry(site.common, path);
      if (await isUntouched(site, name, { claim, entry, task })) await eraseStale(site, name, task);
    }
  });
}
