// What a task's work was at a moment, kept under a ref with a name, so that it can be compared, fetched and gone back to
// whatever becomes of the branch. Made after each run: where all is committed it costs two short gits and no look at files.

import { DomainError } from "../../domain/error.ts";
import { knownIn } from "./find_nested.ts";
import { listRefs, looseCommit } from "./git_refs.ts";
import { holdCommit } from "./keep_work.ts";
import { standingEntry, tipOf } from "./ownership.ts";
import { isPointName, isPointRef, isStepsRef, numbered, pointRef, taskRefs } from "./ref_names.ts";
import type { Located, Site } from "./sites.ts";
import { saveContent } from "./snapshots.ts";
import { commitContent } from "./worktree_content.ts";
import type { Entry } from "./worktree_entry.ts";
import { fileTreeOf, headOf } from "./worktree_index.ts";
import type { Place, Point, Snapshot } from "./worktrees.ts";

/** See `Worktrees.savePoint`. */
export async function savePoint(
  { site, path }: Located,
  place: Place,
  { task, name, uncommitted }: { task: number; name: string; uncommitted?: number },
): Promise<Point> {
  if (!isPointName(name)) {
    throw new DomainError("invalid", `Cannot save a point ${JSON.stringify(name)}: no word and number`);
  }
  const entry = await standingEntry(site, path);
  const ref = pointRef(task, name);
  const commit = entry !== null && uncommitted === 0
    ? await committedIn(site, entry) ?? await tipOf(site, place.branch)
    : await contentOf(site, entry, { place, ref, message: `Task ${task}, ${name}: uncommitted work` });
  if (commit === null) {
    throw new DomainError(
      "not_found",
      `Cannot save a point of ${place.path}: neither it nor branch ${place.branch} exists`,
    );
  }
  if (commit === place.base_commit) return { ref: null, commit };
  const held = await site.takeTurn(() => holdCommit(site, commit, numbered(ref)));
  return { ref: held.name, commit: held.commit };
}

/** HEAD's commit; that of a branch is mostly in a file, and whether it is there git says when the ref is made. */
async function committedIn(site: Site, entry: Entry): Promise<string | null> {
  return (entry.branch && looseCommit(site, entry.branch)) || await headOf(entry);
}

/** A commit of all that is there; unlike before a removal, what lies in folders that are excluded stays where it is. */
async function contentOf(
  site: Site,
  entry: Entry | null,
  { place, ref, message }: { place: Place; ref: string; message: string },
): Promise<string | null> {
  const tip = await tipOf(site, place.branch);
  if (entry === null) return tip;
  const tree = await fileTreeOf(entry);
  if ((await knownIn(tree)).size === 0) return await commitContent(tree, { message, fallback: tip, links: new Map() });
  return (await saveContent(site, entry, { base: place.base_commit, tip, ref, message })).commit;
}

/** See `WorktreeUpkeep.points`. */
export async function pointsOf(site: Site, task: number): Promise<Snapshot[]> {
  const refs = await listRefs(site.repo, taskRefs(task));
  return refs.filter(({ name }) => isPointRef(name, task) || isStepsRef(name, task))
    .map(({ name, commit }) => ({ ref: name, commit }));
}
