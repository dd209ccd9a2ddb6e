// What a landing would do, by each method.

import type { LandingMethod } from "../../../domain/event.ts";
import { contentOverrides, git } from "../git.ts";
import type { Overrides } from "../git_programs.ts";
import type { LandingPreview } from "../landings.ts";
import { both } from "../make_worktree.ts";
import type { Site } from "../sites.ts";
import { filesInTheWay } from "./in_the_way.ts";
import { mergeBase } from "./integrate.ts";
import { type Merged, mergeTree } from "./merge_tree.ts";
import { replay } from "./replay.ts";
import { requireFullId, requireTarget } from "./target.ts";
import { checkoutsOfTarget } from "./target_checkouts.ts";
import { doesNotApply, filesConflict, hasAll, movedOn, noCommonHistory } from "./words.ts";

const conflictsShown = 200;

/** Target and work, and how far they are apart. */
interface Distance {
  repo: string;
  target: string;
  onto: string;
  commit: string;
  ahead: number;
  behind: number;
  /** Null: no history in common. */
  base: string | null;
  content: Overrides;
}

/** See `Landings.preview`. */
export async function preview(
  site: Site,
  { target, commit }: { target: string; commit: string },
): Promise<LandingPreview> {
  requireFullId(commit);
  const { repo } = site;
  const onto = await requireTarget(site, target);
  const [content, [ahead, behind]] = await both(contentOverrides({ cwd: repo }), countApart(repo, onto, commit));
  const base = behind === 0 ? onto : ahead === 0 ? commit : await mergeBase(repo, onto, commit);
  const distance = { repo, target, onto, commit, ahead, behind, base, content };
  const merged = await mergedBy(distance);
  return {
    ...{ target, target_commit: onto, commit, merge_base: base, ahead, behind },
    conflicts: (merged.conflicts ?? []).slice(0, conflictsShown),
    is_landed: ahead === 0,
    methods: await methodsFor(distance, merged),
    checkout: await checkoutOf(site, { target, onto, tree: merged.tree }),
  };
}

/** Commits of the work alone, and of the target alone. */
async function countApart(repo: string, onto: string, commit: string): Promise<[ahead: number, behind: number]> {
  const args = ["rev-list", "--left-right", "--count", `${onto}...${commit}`];
  const [behind, ahead] = (await git(args, { cwd: repo })).text.trim().split("\t").map(Number);
  return [ahead!, behind!];
}

/** The tree of both together; a merge is made only where each has something that the other has not. */
async function mergedBy({ repo, onto, commit, ahead, behind, base, content }: Distance): Promise<Merged> {
  if (ahead === 0) return { tree: onto, conflicts: null };
  if (behind === 0) return { tree: commit, conflicts: null };
  return base === null ? { tree: null, conflicts: [] } : await mergeTree(repo, [onto, commit], content);
}

async function methodsFor(distance: Distance, merged: Merged): Promise<LandingPreview["methods"]> {
  const { target, ahead, behind, base } = distance;
  const all = (why: string): Record<LandingMethod, string> => ({ ff: why, merge: why, squash: why, rebase: why });
  if (ahead === 0) return all(hasAll(target));
  if (base === null) return all(noCommonHistory(target));
  const conflict = merged.conflicts === null ? null : filesConflict(merged.conflicts);
  return {
    ff: behind === 0 ? null : movedOn(target, behind),
    merge: conflict,
    squash: conflict,
    rebase: await whyNoRebase(distance),
  };
}

async function whyNoRebase({ repo, target, onto, commit, content }: Distance): Promise<string | null> {
  const replayed = await replay(repo, { onto, commit, content });
  if ("at" in replayed) return doesNotApply(replayed.at, replayed.conflicts);
  return replayed.tip === onto ? hasAll(target) : null;
}

async function checkoutOf(
  site: Site,
  { target, onto, tree }: { target: string; onto: string; tree: string | null },
): Promise<LandingPreview["checkout"]> {
  const [checkout] = await checkoutsOfTarget(site, target);
  if (checkout === undefined) return null;
  const { path } = checkout;
  return { path, in_the_way: tree === null ? [] : await filesInTheWay(checkout, { from: onto, to: tree }) };
}
