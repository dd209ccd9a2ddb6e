// Which two commits a request means that names them by how they came to be.

import { DomainError } from "../../domain/error.ts";
import { git, gitLine, isCommitId, isRevision } from "./git.ts";
import { commitOf } from "./git_refs.ts";
import { standingEntry, tipOf } from "./ownership.ts";
import { branchRef } from "./ref_names.ts";
import type { Located, Site } from "./sites.ts";
import type { Entry } from "./worktree_entry.ts";
import { headOf } from "./worktree_index.ts";
import type { DiffFrom, Place } from "./worktrees.ts";

/** A commit; or a worktree as it stands, and the commit that is checked out in it. */
export type Moment = { commit: string; entry: null } | { commit: string | null; entry: Entry };

/** The place at a commit or "now". Throws what `Worktrees.diff` throws. */
export async function momentOf({ site, path }: Located, place: Place, at: string): Promise<Moment> {
  if (at !== "now") return { commit: await requireCommit(site, at), entry: null };
  const entry = await standingEntry(site, path);
  if (entry !== null) return { commit: await headOf(entry), entry };
  return { commit: await requireTip(site, place), entry: null };
}

/**
 * The commit that `from` means for a place whose other side is `to` (no commit: HEAD is broken), which may still be looked for.
 * Throws what `Worktrees.diff` throws.
 */
export async function startOf(
  site: Site,
  place: Place,
  { from, to }: { from?: DiffFrom; to: Pick<Moment, "commit"> | Promise<Pick<Moment, "commit">> },
) {
  const base = requireCommitId(place.base_commit);
  if (from === undefined) return base;
  if (typeof from === "string") return await requireCommit(site, from);
  const [branch, { commit }] = await Promise.all([branchCommit(site, from.mergeBaseWith), to]);
  if (branch === null || commit === null) return base;
  const [common] = (await git(["merge-base", commit, branch], { cwd: site.repo, codes: [1] })).text.split("\n");
  return common && common !== commit ? common : base;
}

/** The commit of a local branch by its name, which may be any text; null when there is none. */
async function branchCommit({ repo }: Site, name: string): Promise<string | null> {
  if (!isRevision(name)) return null;
  // Takes a name for a name, and no expression.
  const args = ["show-ref", "--verify", "--hash", branchRef(name)];
  return await gitLine(args, { cwd: repo, codes: [1, 128] }) || null;
}

/** The commit that a place's branch is at. Throws `DomainError("not_found")` when it is gone. */
export async function requireTip(site: Site, place: Place): Promise<string> {
  const tip = await tipOf(site, place.branch);
  if (tip !== null) return tip;
  throw new DomainError(
    "not_found",
    `Cannot compare worktree ${place.path}: neither it nor branch ${place.branch} exists`,
  );
}

/** A commit id that the repository knows. Throws `DomainError("invalid")` or `DomainError("not_found")` else. */
export async function requireCommit({ repo }: Site, commit: string): Promise<string> {
  if (await commitOf(repo, requireCommitId(commit)) === commit) return commit;
  throw new DomainError("not_found", `There is no commit ${commit} in the repository`);
}

/** Throws `DomainError("invalid")` for what is no full commit id; returns it else. */
export function requireCommitId(commit: string): string {
  if (isCommitId(commit)) return commit;
  throw new DomainError("invalid", `Cannot compare with ${JSON.stringify(commit)}: no commit id`);
}
