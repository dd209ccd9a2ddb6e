// Commits that a repository inside a worktree alone holds: which they are, and bringing them into ours.

import { join, resolve } from "@std/path";
import { goesWith, type Nested, type NestedOptions } from "./find_nested.ts";
import { git, gitLine, linesOf } from "./git.ts";
import { listRefs } from "./git_refs.ts";
import { type FileTree, MAX_LIST_BYTES, treeEnvironment } from "./worktree_index.ts";

/** The worktree around. */
export interface Within {
  /** What is to be removed. */
  top: FileTree;
}

/** The commits that a repository alone holds, without those that others of them lead to. `head` comes first if it is one of them. */
export async function lonelyTips(
  nested: Nested,
  { repo, common, base, top }: NestedOptions & Within,
  head: string | null,
): Promise<string[]> {
  const { folder, isGoing } = nested;
  const at = {
    cwd: folder,
    maxOutputBytes: MAX_LIST_BYTES,
    env: {
      ...treeEnvironment({ folder, path: nested.tree?.path ?? folder }),
      // So that it knows the commits that we have.
      ...alternate(common),
    },
  };
  const known = [...(await listRefs(repo)).map(({ commit }) => commit), nested.base, base].filter((id) => id !== null);
  const own = isGoing ? await ownRevisions(nested, top, at) : ["--not", "--branches", "--tags", "--remotes"];
  const { text } = await git(["rev-list", "--parents", "--ignore-missing", "--stdin", ...own], {
    ...at,
    stdin: asInput([...(head === null ? [] : [head]), ...known.map((id) => `^${id}`)]),
  });
  const commits = new Set<string>();
  const parents = new Set<string>();
  for (const line of linesOf(text)) {
    const [commit, ...before] = line.split(" ");
    commits.add(commit!);
    for (const parent of before) parents.add(parent);
  }
  const tips = [...commits].filter((commit) => !parents.has(commit));
  return tips.toSorted((one, other) => Number(other === head) - Number(one === head));
}

/** For `git rev-list`: all that can be reached in it, but for what its remotes have. */
async function ownRevisions(
  { tree, folder }: Nested,
  top: FileTree,
  at: { cwd: string; env: Record<string, string> },
): Promise<string[]> {
  const { text } = await git(["config", "--null", "--get-regexp", "^remote\\..*\\.url$"], { ...at, codes: [1] });
  const remotes: string[] = [];
  for (const entry of text.split("\0").filter((entry) => entry !== "")) {
    const end = entry.indexOf("\n");
    const name = entry.slice("remote.".length, end - ".url".length);
    if (await outlives(entry.slice(end + 1), { from: tree?.path ?? folder, top })) remotes.push(name);
  }
  // Which tags came from a remote nobody knows. Those that were made here are of commits that a reflog has.
  const tags = remotes.length > 0 ? ["--exclude=refs/tags/*"] : [];
  return [...tags, "--all", "--reflog", "--not", ...remotes.map((name) => `--remotes=${name}`)];
}

/** Whether what is at the URL of a remote stays: it is on another machine, or in a folder outside of what is removed. */
async function outlives(url: string, { from, top }: { from: string; top: FileTree }): Promise<boolean> {
  const local = url.replace(/^file:\/\//, "");
  if (local === url && /^[^/]*:/.test(url)) return true;
  const place = resolve(from, local);
  if (goesWith(top, place)) return false;
  return await Deno.lstat(place).then(() => true, (error) => error instanceof Deno.errors.NotCapable);
}

/**
 * Brings the commits with all that they need, and we do not have, into `options.repo`, or throws. Not by `git fetch`: that
 * would run a git in there, by the configuration that it finds, and call half of a shallow clone a success.
 */
export async function copyCommits(
  nested: Nested,
  tips: string[],
  { repo, common, top }: NestedOptions & Within,
): Promise<void> {
  const known = (await listRefs(repo)).map(({ commit }) => `^${commit}`);
  const pack = join(top.scratch, `personal-coder-pack-${crypto.randomUUID()}`);
  const hash = await gitLine(["pack-objects", "--revs", "--quiet", pack], {
    cwd: repo,
    env: alternate(nested.common),
    stdin: asInput([...tips, ...known]),
  });
  try {
    // What is copied is what its name says.
    await git(["verify-pack", `${pack}-${hash}.idx`], { cwd: repo });
    const folder = join(common, "objects", "pack");
    await Deno.mkdir(folder, { recursive: true });
    // The index last: git knows a pack by it.
    for (const suffix of [".pack", ".idx"]) {
      await Deno.rename(`${pack}-${hash}${suffix}`, join(folder, `pack-${hash}${suffix}`));
    }
  } finally {
    for (const suffix of [".pack", ".idx", ".rev"]) await Deno.remove(`${pack}-${hash}${suffix}`).catch(() => {});
  }
}

/** For a git that is to know the objects of another repository too. */
function alternate(common: string): Record<string, string> {
  return { GIT_ALTERNATE_OBJECT_DIRECTORIES: JSON.stringify(join(common, "objects")) };
}

/** Revisions for git's stdin, one a line. */
function asInput(revisions: string[]): string {
  return revisions.map((line) => `${line}\n`).join("");
}
