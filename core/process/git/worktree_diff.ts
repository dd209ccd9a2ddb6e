// A place against the commit that it started from: as counts and as a diff. Of a worktree that is gone its branch speaks.

import { join } from "@std/path";
import { DomainError } from "../../domain/error.ts";
import type { DiffFiles } from "./diff_files.ts";
import { isCommitId } from "./git.ts";
import { standingEntry, tipOf } from "./ownership.ts";
import type { Located, Site } from "./sites.ts";
import { countChanges, countLines, lookAtContent, writeDiff } from "./worktree_content.ts";
import type { Entry } from "./worktree_entry.ts";
import { fileTreeOf } from "./worktree_index.ts";
import type { Changes, Place } from "./worktrees.ts";

/** In a repository's git folder. */
const DIFFS = "personal-coder-diffs";

/** See `Worktrees.changes`. */
export async function changesOf({ site, path }: Located, place: Place): Promise<Changes> {
  const base = requireCommitId(place.base_commit);
  const entry = await standingEntry(site, path);
  if (entry !== null) return await countChanges(await fileTreeOf(entry), base);
  return await countLines(site.repo, base, await requireTip(site, place));
}

/** See `Worktrees.diff`. */
export async function diffOf(
  { site, path }: Located,
  place: Place,
  { commit, diffs }: { commit: string | null; diffs: DiffFiles },
): Promise<ReadableStream<Uint8Array>> {
  const base = requireCommitId(place.base_commit);
  if (commit !== null) return await diffOfCommit(site, diffs, { base, commit: requireCommitId(commit) });
  const entry = await standingEntry(site, path);
  if (entry !== null) return await diffOfWorktree(site, diffs, { base, entry });
  return await diffOfCommit(site, diffs, { base, commit: await requireTip(site, place) });
}

function diffOfCommit(
  { repo, common }: Site,
  diffs: DiffFiles,
  { base, commit }: { base: string; commit: string },
): Promise<ReadableStream<Uint8Array>> {
  const key = `${base}-${commit}`;
  return diffs.open({
    folder: join(common, DIFFS),
    subject: `${common} ${key}`,
    compare: (make) => make(key, async (file) => (await writeDiff(repo, file, { base, commit }), true)),
  });
}

async function diffOfWorktree(
  { common }: Site,
  diffs: DiffFiles,
  { base, entry }: { base: string; entry: Entry },
): Promise<ReadableStream<Uint8Array>> {
  const tree = await fileTreeOf(entry);
  return await diffs.open({
    folder: join(common, DIFFS),
    subject: `${entry.folder} ${base}`,
    compare: (make) => lookAtContent(tree, base, ({ fingerprint, write }) => make(`${base}-${fingerprint}`, write)),
  });
}

async function requireTip(site: Site, place: Place): Promise<string> {
  const tip = await tipOf(site, place.branch);
  if (tip !== null) return tip;
  throw new DomainError(
    "not_found",
    `Cannot compare worktree ${place.path}: neither it nor branch ${place.branch} exists`,
  );
}

/** Throws `DomainError("invalid")` for what is no full commit id; returns it else. */
export function requireCommitId(commit: string): string {
  if (isCommitId(commit)) return commit;
  throw new DomainError("invalid", `Cannot compare with ${JSON.stringify(commit)}: no commit id`);
}
