// A merge without a worktree: by `git merge-tree`, which writes the merged tree and names the files that conflict.

import { namesIn, textOf } from "../byte_names.ts";
import { git } from "../git.ts";
import type { Overrides } from "../git_programs.ts";

/** The merged tree, or the files that conflict: sorted, and readable. */
export type Merged = { tree: string; conflicts: null } | { tree: null; conflicts: string[] };

/** Merges two commits whose histories meet somewhere. */
export type MergeTrees = (ours: string, theirs: string) => Promise<Merged>;

/** Merges in a repository; what was asked before is not merged again. */
export function treeMerger(repo: string, content: Overrides): MergeTrees {
  const done = new Map<string, Promise<Merged>>();
  return (ours, theirs) => {
    const pair = `${ours} ${theirs}`;
    const merged = done.get(pair) ?? mergeTree(repo, [ours, theirs], content);
    done.set(pair, merged);
    return merged;
  };
}

async function mergeTree(repo: string, commits: [ours: string, theirs: string], content: Overrides): Promise<Merged> {
  const args = ["merge-tree", "--write-tree", "-z", "--name-only", ...commits];
  const { code, bytes } = await git(args, { cwd: repo, content, codes: [1] });
  // `{tree}\0`, then `{name}\0` for each that conflicts, and after an empty one what it has to say.
  const end = bytes.indexOf(0);
  if (code === 0) return { tree: new TextDecoder().decode(bytes.subarray(0, end)), conflicts: null };
  const rest = bytes.subarray(end + 1);
  const names = namesBefore(rest);
  return { tree: null, conflicts: [...new Set(names.length > 0 ? names : namesSaid(rest))].map(textOf).sort() };
}

function namesBefore(list: Uint8Array): string[] {
  for (let at = 0; at < list.length; at++) {
    if (list[at] === 0 && (at === 0 || list[at - 1] === 0)) return namesIn(list.subarray(0, at));
  }
  return namesIn(list);
}

/** Some conflicts (of renamed folders) are of no one file; `{count}\0{name}\0...{kind}\0{message}\0` tells of which. */
function namesSaid(list: Uint8Array): string[] {
  const parts = namesIn(list);
  const names: string[] = [];
  for (let at = 0; at < parts.length;) {
    const count = Number(parts[at]);
    if (parts[at + 1 + count]?.startsWith("CONFLICT")) names.push(...parts.slice(at + 1, at + 1 + count));
    at += count + 3;
  }
  return names;
}
