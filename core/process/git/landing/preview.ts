// What a landing would do, by each method.

import type { LandingMethod } from "../../../domain/event.ts";
import { contentOverrides } from "../git.ts";
import type { LandingPreview } from "../../../domain/landing_preview.ts";
import { both } from "../make_worktree.ts";
import type { Site } from "../sites.ts";
import { listEntries } from "../worktree_entry.ts";
import { type History, historyOf } from "./history.ts";
import { filesInTheWay } from "./in_the_way.ts";
import { mergedTree } from "./integrate.ts";
import { type Merged, treeMerger } from "./merge_tree.ts";
import { replay, type Replayed } from "./replay.ts";
import { requireFullId, requireTarget } from "./target.ts";
import { checkoutsOfTarget } from "./target_checkouts.ts";
import { doesNotApply, filesConflict, hasAll, movedOn, noCommonHistory } from "./words.ts";

const conflictsShown = 200;

/** See `Landings.preview`. */
export async function preview(
  site: Site,
  { target, commit }: { target: string; commit: string },
): Promise<LandingPreview> {
  requireFullId(commit);
  const { repo } = site;
  const onto = await requireTarget(site, target);
  const [content, history] = await both(
    contentOverrides({ cwd: repo, runsNoHook: true }),
    historyOf(repo, onto, commit),
  );
  const { base, ahead, behind } = history;
  const merge = treeMerger(repo, content);
  const [merged, replayed] = base === null
    ? [{ tree: null, conflicts: [] }, { steps: [] }]
    : await both(mergedTree(history, merge), replay(repo, history, merge));
  return {
    ...{ target, target_commit: onto, commit, merge_base: base, ahead: ahead.length, behind },
    conflicts: (merged.conflicts ?? []).slice(0, conflictsShown),
    is_landed: ahead.length === 0,
    methods: methodsFor(target, { history, merged, replayed }),
    checkout: await checkoutOf(site, { target, from: history.ontoTree, to: merged.tree }),
  };
}

function methodsFor(
  target: string,
  { history, merged, replayed }: { history: History; merged: Merged; replayed: Replayed },
): LandingPreview["methods"] {
  const { ahead, behind, base, ontoTree } = history;
  const all = (why: string): Record<LandingMethod, string> => ({ ff: why, merge: why, squash: why, rebase: why });
  if (ahead.length === 0) return all(hasAll(target));
  if (base === null) return all(noCommonHistory(target));
  const conflict = merged.conflicts === null ? null : filesConflict(merged.conflicts);
  return {
    ff: behind === 0 ? null : movedOn(target, behind),
    merge: conflict,
    squash: merged.tree === ontoTree ? hasAll(target) : conflict,
    rebase: whyNoRebase(target, replayed),
  };
}

function whyNoRebase(target: string, replayed: Replayed): string | null {
  if ("at" in replayed) return doesNotApply(replayed.at, replayed.conflicts);
  return replayed.steps.length === 0 ? hasAll(target) : null;
}

async function checkoutOf(
  site: Site,
  { target, from, to }: { target: string; from: string; to: string | null },
): Promise<LandingPreview["checkout"]> {
  const [checkout] = await checkoutsOfTarget(site, target, listEntries(site.common));
  if (checkout === undefined) return null;
  const inTheWay = to === null || to === from ? [] : await filesInTheWay(checkout, { from, to });
  return { path: checkout.path, in_the_way: inTheWay };
}
