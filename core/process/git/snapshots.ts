// What a run left, saved under a ref of its own, so that its worktree can go.

import { dirname } from "@std/path";
import { DomainError } from "../../domain/error.ts";
import { commitOf, deleteRef, listRefs, type Ref } from "./git_refs.ts";
import { holdCommit } from "./keep_work.ts";
import { keepNested, type KeptNested } from "./nested_repositories.ts";
import { standingEntry, tipOf } from "./ownership.ts";
import { firstRef, isNumbered, nestedRef, numbered, runRef, taskRefs } from "./ref_names.ts";
import type { Located, Site } from "./sites.ts";
import { commitContent } from "./worktree_content.ts";
import type { Entry } from "./worktree_entry.ts";
import { fileTreeOf } from "./worktree_index.ts";
import type { Place, Snapshot } from "./worktrees.ts";

/** See `Worktrees.snapshot`. */
export async function takeSnapshot(
  { site, path }: Located,
  place: Place,
  { task, run }: { task: number; run: number },
): Promise<Snapshot> {
  const tip = await tipOf(site, place.branch);
  const entry = await standingEntry(site, path);
  if (entry === null) {
    // The folder is gone or going: an earlier call saved it, or nobody can; the commits are still there.
    const saved = await lastSnapshot(site, task, run);
    if (saved !== null) return { ref: saved.name, commit: saved.commit };
  }
  const { commit, nested } = entry === null ? { commit: tip, nested: [] } : await saveContent(site, entry, {
    ...{ base: place.base_commit, tip, ref: runRef(task, run) },
    message: `Task ${task}, run ${run}: uncommitted work`,
  });
  if (commit === null) {
    throw new DomainError(
      "not_found",
      `Cannot save worktree ${place.path}: neither it nor branch ${place.branch} exists`,
    );
  }
  const ref = await site.takeTurn(() => holdCommit(site, commit, numbered(runRef(task, run))));
  return {
    ...{ ref: ref.name, commit: ref.commit },
    ...(nested.length > 0 && { nested: nested.map(({ path, name, commit }) => ({ path, ref: name, commit })) }),
  };
}

/** A commit of everything in a worktree; what repositories in it alone hold is kept under refs beside `ref`. */
export async function saveContent(
  site: Site,
  entry: Entry,
  { base, tip, ref, message }: { base: string; tip: string | null; ref: string; message: string },
): Promise<{ commit: string; nested: KeptNested[] }> {
  const tree = await fileTreeOf(entry);
  const { links, kept } = await keepNested(tree, {
    ...{ repo: site.repo, common: site.common, base, message, files: true },
    hold: (name, commit) => site.takeTurn(() => holdCommit(site, commit, numbered(nestedRef(ref, name)))),
  });
  return { commit: await commitContent(tree, { message, fallback: tip, links }), nested: kept };
}

async function lastSnapshot(site: Site, task: number, run: number): Promise<Ref | null> {
  const saved = (await listRefs(site.repo, taskRefs(task))).filter(({ name }) => isNumbered(name, runRef(task, run)));
  const byNumber = (a: Ref, b: Ref) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1);
  return saved.sort(byNumber).at(-1) ?? null;
}

/** See `WorktreeUpkeep.hasSnapshot`. */
export async function hasSnapshot(site: Site, { ref, commit }: Snapshot): Promise<boolean> {
  return await commitOf(site.repo, ref) === commit;
}

/** See `WorktreeUpkeep.removeSnapshot`. */
export async function removeSnapshot(site: Site, { ref, commit }: Snapshot): Promise<void> {
  await site.takeTurn(async () => {
    if (await commitOf(site.repo, ref) === commit) await deleteRef(site, { name: ref, commit });
    // What repositories in it held is kept for the run or point, of which there may be several snapshots.
    const first = firstRef(ref);
    const all = await listRefs(site.repo, `${dirname(first)}/`);
    if (all.some(({ name }) => isNumbered(name, first))) return;
    const left = all.filter(({ name }) => name.startsWith(nestedRef(first, "")));
    for (const nested of left) await deleteRef(site, nested);
  });
}
