// The commit that a target would become: made, and nothing moved.

import type { LandingMethod } from "../../../domain/event.ts";
import { contentOverrides } from "../git.ts";
import type { Integration } from "../landings.ts";
import { both } from "../make_worktree.ts";
import type { Site } from "../sites.ts";
import { type History, historyOf } from "./history.ts";
import { type Merged, type MergeTrees, treeMerger } from "./merge_tree.ts";
import { commitTree } from "./new_commit.ts";
import { commitSteps, replay } from "./replay.ts";
import { requireFullId, requireTarget } from "./target.ts";
import { movedOn, noCommonHistory } from "./words.ts";

/** For each method. */
interface Work {
  repo: string;
  target: string;
  history: History;
  message: string;
  merge: MergeTrees;
}

/** An integration without the target's commit. */
type Outcome = Integration extends infer One ? One extends Integration ? Omit<One, "target_commit"> : never : never;

const methods: Record<LandingMethod, (work: Work) => Promise<Outcome>> = {
  ff: fastForward,
  merge: mergeCommit,
  squash,
  rebase,
};

/** See `Landings.integrate`. */
export async function integrate(
  site: Site,
  { target, commit, method, message }: { target: string; commit: string; method: LandingMethod; message: string },
): Promise<Integration> {
  requireFullId(commit);
  const { repo } = site;
  const onto = await requireTarget(site, target);
  const [content, history] = await both(
    contentOverrides({ cwd: repo, runsNoHook: true }),
    historyOf(repo, onto, commit),
  );
  const outcome = await outcomeOf(method, { repo, target, history, message, merge: treeMerger(repo, content) });
  return { target_commit: onto, ...outcome };
}

async function outcomeOf(method: LandingMethod, work: Work): Promise<Outcome> {
  const { ahead, base } = work.history;
  if (ahead.length === 0) return { kind: "already" };
  if (base === null) return { kind: "refused", reason: noCommonHistory(work.target) };
  return await methods[method](work);
}

/** The tree of both together; a merge is made only where each has something that the other has not. */
export async function mergedTree(history: History, merge: MergeTrees): Promise<Merged> {
  const { onto, commit, ahead, behind, ontoTree, commitTree } = history;
  if (ahead.length === 0) return { tree: ontoTree, conflicts: null };
  return behind === 0 ? { tree: commitTree, conflicts: null } : await merge(onto, commit);
}

function fastForward({ target, history: { commit, behind } }: Work): Promise<Outcome> {
  return Promise.resolve(
    behind === 0 ? { kind: "integrated", commit } : { kind: "refused", reason: movedOn(target, behind) },
  );
}

async function mergeCommit({ repo, history, message, merge }: Work): Promise<Outcome> {
  const { tree, conflicts } = await mergedTree(history, merge);
  if (tree === null) return { kind: "conflict", conflicts };
  const parents = [history.onto, history.commit];
  return { kind: "integrated", commit: await commitTree(repo, { tree, parents, message }) };
}

async function squash({ repo, history, message, merge }: Work): Promise<Outcome> {
  const { tree, conflicts } = await mergedTree(history, merge);
  if (tree === null) return { kind: "conflict", conflicts };
  if (tree === history.ontoTree) return { kind: "already" };
  return { kind: "integrated", commit: await commitTree(repo, { tree, parents: [history.onto], message }) };
}

async function rebase({ repo, history, merge }: Work): Promise<Outcome> {
  const replayed = await replay(repo, history, merge);
  if ("at" in replayed) return { kind: "conflict", ...replayed };
  if (replayed.steps.length === 0) return { kind: "already" };
  return { kind: "integrated", commit: await commitSteps(repo, history.onto, replayed.steps) };
}
