// The commit that a target would become: made, and nothing moved.

import type { LandingMethod } from "../../../domain/event.ts";
import { contentOverrides, git, gitLine } from "../git.ts";
import type { Overrides } from "../git_programs.ts";
import type { Integration } from "../landings.ts";
import { both } from "../make_worktree.ts";
import type { Site } from "../sites.ts";
import { mergeTree } from "./merge_tree.ts";
import { commitTree } from "./new_commit.ts";
import { replay } from "./replay.ts";
import { requireFullId, requireTarget } from "./target.ts";
import { movedOn, noCommonHistory } from "./words.ts";

/** Two commits that are to be one, and where their ways parted. */
interface Parted {
  repo: string;
  target: string;
  /** The target's commit. */
  onto: string;
  /** The work's commit. */
  commit: string;
  /** `onto` when the target has not moved on. */
  base: string;
  message: string;
  content: Overrides;
}

const methods: Record<LandingMethod, (parted: Parted) => Promise<Integration>> = {
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
  const [content, base] = await both(contentOverrides({ cwd: repo }), mergeBase(repo, onto, commit));
  if (base === commit) return { kind: "already", target_commit: onto };
  if (base === null) return { kind: "refused", target_commit: onto, reason: noCommonHistory(target) };
  return await methods[method]({ repo, target, onto, commit, base, message, content });
}

/** One of the newest commits that both have; null when they have none. */
export async function mergeBase(repo: string, one: string, other: string): Promise<string | null> {
  return await gitLine(["merge-base", one, other], { cwd: repo, codes: [1] }) || null;
}

async function fastForward({ repo, target, onto, commit, base }: Parted): Promise<Integration> {
  if (base === onto) return { kind: "integrated", target_commit: onto, commit };
  const args = ["rev-list", "--count", `${commit}..${onto}`];
  const behind = Number(await gitLine(args, { cwd: repo }));
  return { kind: "refused", target_commit: onto, reason: movedOn(target, behind) };
}

async function mergeCommit({ repo, onto, commit, base, message, content }: Parted): Promise<Integration> {
  const merged = base === onto ? { tree: `${commit}^{tree}` } : await mergeTree(repo, [onto, commit], content);
  if (merged.tree === null) return { kind: "conflict", target_commit: onto, conflicts: merged.conflicts };
  const made = await commitTree(repo, { tree: merged.tree, parents: [onto, commit], message });
  return { kind: "integrated", target_commit: onto, commit: made };
}

async function squash({ repo, onto, commit, base, message, content }: Parted): Promise<Integration> {
  const trees = git(["rev-parse", `${onto}^{tree}`, `${commit}^{tree}`], { cwd: repo });
  const [[before, work], merged] = await both(
    trees.then(({ text }) => text.trim().split("\n")),
    base === onto ? Promise.resolve(null) : mergeTree(repo, [onto, commit], content),
  );
  const tree = merged === null ? work! : merged.tree;
  if (tree === null) return { kind: "conflict", target_commit: onto, conflicts: merged!.conflicts! };
  if (tree === before) return { kind: "already", target_commit: onto };
  const made = await commitTree(repo, { tree, parents: [onto], message });
  return { kind: "integrated", target_commit: onto, commit: made };
}

async function rebase({ repo, onto, commit, content }: Parted): Promise<Integration> {
  const replayed = await replay(repo, { onto, commit, content });
  if ("at" in replayed) return { kind: "conflict", target_commit: onto, ...replayed };
  if (replayed.tip === onto) return { kind: "already", target_commit: onto };
  return { kind: "integrated", target_commit: onto, commit: replayed.tip };
}
