// A place against another moment of it: as counts and as a diff. Of a worktree that is gone its branch speaks.

import { join } from "@std/path";
import { momentOf, requireCommitId, requireTip, startOf } from "./compared.ts";
import type { DiffFiles } from "./diff_files.ts";
import { standingEntry } from "./ownership.ts";
import type { Located, Site } from "./sites.ts";
import { countChanges, countLines, lookAtContent, writeDiff } from "./worktree_content.ts";
import type { Entry } from "./worktree_entry.ts";
import { fileTreeOf } from "./worktree_index.ts";
import type { Changes, Compared, DiffOptions, Place } from "./worktrees.ts";

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
  located: Located,
  place: Place,
  { from, to = "now", ignoreSpace = false, diffs }: DiffOptions & { diffs: DiffFiles },
): Promise<Compared> {
  const { site } = located;
  const end = momentOf(located, place, to);
  const [{ commit, entry }, start] = await Promise.all([end, startOf(site, place, { from, to: end })]);
  const options = { base: start, ignoreSpace };
  return {
    ...{ from: start, to: entry === null ? commit : null },
    stream: entry === null
      ? await diffOfCommit(site, diffs, { ...options, commit })
      : await diffOfWorktree(site, diffs, { ...options, entry }),
  };
}

function diffOfCommit(
  { repo, common }: Site,
  diffs: DiffFiles,
  { base, commit, ignoreSpace }: { base: string; commit: string; ignoreSpace: boolean },
): Promise<ReadableStream<Uint8Array>> {
  const key = `${base}-${commit}${suffixOf(ignoreSpace)}`;
  return diffs.open({
    folder: diffFolder(common),
    subject: `${common} ${key}`,
    compare: (make) => make(key, async (file) => (await writeDiff(repo, file, { base, commit, ignoreSpace }), true)),
  });
}

async function diffOfWorktree(
  { common }: Site,
  diffs: DiffFiles,
  { base, entry, ignoreSpace }: { base: string; entry: Entry; ignoreSpace: boolean },
): Promise<ReadableStream<Uint8Array>> {
  const tree = await fileTreeOf(entry);
  const suffix = suffixOf(ignoreSpace);
  return await diffs.open({
    folder: diffFolder(common),
    subject: `${entry.folder} ${base}${suffix}`,
    compare: (make) =>
      lookAtContent(
        tree,
        { base, ignoreSpace },
        ({ fingerprint, write }) => make(`${base}-${fingerprint}${suffix}`, write),
      ),
  });
}

function suffixOf(ignoreSpace: boolean): string {
  return ignoreSpace ? "-w" : "";
}

/** Where the diffs of a repository are. */
export function diffFolder(common: string): string {
  return join(common, DIFFS);
}
