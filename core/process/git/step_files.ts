// What the files of a place were on the way, one commit after the other under one ref of the run: so that a task can go on from
// any moment, and the files of then be looked at. Reads the files and a copy of the index; agent and index notice nothing.

import { COMMITTER, git, gitLine } from "./git.ts";
import { removeLock } from "./git_refs.ts";
import { standingEntry } from "./ownership.ts";
import { stepsRef } from "./ref_names.ts";
import type { Located } from "./sites.ts";
import { commitContent } from "./worktree_content.ts";
import { fileTreeOf, treeEnvironment } from "./worktree_index.ts";

/** See `Worktrees.keepFiles`. */
export async function keepFiles(
  { site, path }: Located,
  { task, run, before }: { task: number; run: number; before: string },
): Promise<{ ref: string; commit: string } | null> {
  const entry = await standingEntry(site, path);
  if (entry === null) return null;
  const message = `Task ${task}, run ${run}: on the way`;
  const content = await commitContent(await fileTreeOf(entry), { message, fallback: before, links: new Map() });
  const at = { cwd: entry.path, env: treeEnvironment(entry) };
  const { text } = await git(["rev-parse", `${content}^{tree}`, `${before}^{tree}`], at);
  const [tree, treeBefore] = text.split("\n");
  if (tree === treeBefore) return null;
  const parents = ["-p", content, "-p", before];
  const commit = await gitLine(["commit-tree", tree!, ...parents, "-m", message], {
    ...at,
    env: { ...at.env, ...COMMITTER },
  });
  const ref = stepsRef(task, run);
  await site.takeTurn(async () => {
    await removeLock(site, ref);
    await git(["update-ref", ref, commit], { cwd: site.repo });
  });
  return { ref, commit };
}
