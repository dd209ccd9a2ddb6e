// What somebody changed, and has not committed, where a landing would write.

import { namesIn, textOf } from "../byte_names.ts";
import { contentOverrides, git } from "../git.ts";
import { MAX_LIST_BYTES, treeEnvironment } from "../worktree_index.ts";
import type { Checkout } from "./target_checkouts.ts";

/** With more files than these git looks at the whole checkout at once, but at no ignored ones. */
const namedAtMost = 1_000;

/**
 * Files in a checkout, sorted, that differ from its HEAD or that git does not know, among those that differ between two trees.
 */
export async function filesInTheWay(
  checkout: Checkout,
  { from, to }: { from: string; to: string },
): Promise<string[]> {
  const at = { cwd: checkout.path, env: treeEnvironment(checkout), maxOutputBytes: MAX_LIST_BYTES };
  const changes = await git(["diff-tree", "-r", "-z", "--name-only", "--no-renames", from, to], at);
  const names = namesIn(changes.bytes);
  if (names.length === 0) return [];
  const paths = names.map(textOf);
  // A name that is no UTF-8 cannot be an argument.
  const isNamed = names.length <= namedAtMost && paths.every((path) => !path.includes("\ufffd"));
  const { bytes } = await git([
    ...["--literal-pathspecs", "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all"],
    ...["--ignore-submodules=dirty", ...(isNamed ? ["--ignored=matching", "--", ...paths] : [])],
  ], { ...at, content: await contentOverrides({ ...at, runsNoHook: true }) });
  const changed = new Set(names);
  // `XY {name}`
  return namesIn(bytes).map((entry) => entry.slice(3)).filter((name) => changed.has(name)).map(textOf).sort();
}
