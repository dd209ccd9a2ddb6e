// The repositories inside a worktree: what git takes for one, those within them, and submodules that are not checked out.

import { join } from "@std/path";
import { nameOf, namesIn } from "./byte_names.ts";
import { exclusionsWithin } from "./exclusions.ts";
import { git } from "./git.ts";
import { findRepositories, modulesIn } from "./walk_repositories.ts";
import { type FileTree, MAX_LIST_BYTES, treeEnvironment } from "./worktree_index.ts";

/** The repository that the worktree is of. */
export interface NestedOptions {
  /** The repository that is to hold the commits, and its git folder. */
  repo: string;
  common: string;
  /** The commit the task started from. */
  base: string | null;
}

/** A repository inside a worktree. */
export interface Nested {
  /** In the worktree; of a submodule that is not checked out, its name. */
  path: string;
  /** The path in the repository around it, in bytes (byte_names.ts). */
  name: string;
  /** Its git folder, and the one that holds its refs and objects. */
  folder: string;
  common: string;
  /** Null when nothing is checked out. */
  tree: FileTree | null;
  /** Whether its git folder goes with the worktree. */
  isGoing: boolean;
  /** Whether its files are somebody's work. */
  hasFiles: boolean;
  /** The commit that the task's base names for it. */
  base: string | null;
  within: Nested[];
}

/**
 * The repositories in a worktree, each with those within it, and the git folders of submodules that are not checked out. Throws `DomainError("unavailable")`
 * when a folder or repository cannot be looked into.
 */
export async function findNested(top: FileTree, { repo, base }: NestedOptions): Promise<Nested[]> {
  const start: Base = { commit: base, at: { cwd: repo } };
  // Its folder may be gone and the git folders of its submodules still be there.
  const isThere = await Deno.lstat(top.path).then(({ isDirectory }) => isDirectory, () => false);
  const found = !isThere ? [] : await nestedIn(top, { top, label: "", hasFiles: true, base: start });
  const folders = foldersOf(found).filter((folder) => goesWith(top, folder));
  return [...found, ...await leftModules([top.folder, ...folders], start)];
}

interface Around {
  top: FileTree;
  /** The path in the worktree, with a slash at its end. */
  label: string;
  /** Whether the files around are somebody's work. */
  hasFiles: boolean;
  base: Base;
}

/** A commit of before the run, and where to ask about it. */
interface Base {
  commit: string | null;
  at: { cwd: string; env?: Record<string, string> };
}

async function nestedIn(tree: FileTree, around: Around): Promise<Nested[]> {
  const all: Nested[] = [];
  let known: Set<string> | null = null;
  for await (const { path, folder, common } of findRepositories(tree.path)) {
    known ??= await knownIn(tree);
    const child: FileTree = {
      path: join(tree.path, path),
      folder,
      scratch: around.top.folder,
      exclusions: await exclusionsWithin(around.top.folder, common),
      included: new Set(),
    };
    const name = nameOf(path);
    const hasFiles = around.hasFiles && known.has(name);
    const base = await linkAt(around.base, path);
    const inner = { commit: base, at: { cwd: folder, env: treeEnvironment(child) } };
    const label = `${around.label}${path}`;
    const within = await nestedIn(child, { ...around, label: `${label}/`, hasFiles, base: inner });
    all.push({
      ...{ path: label, name, folder, common, tree: child, hasFiles, base, within },
      isGoing: goesWith(around.top, common),
    });
  }
  return all;
}

/** What git takes for a repository of its own in `tree`, and not for a folder with files of `tree` or excluded ones. */
export async function knownIn(tree: FileTree): Promise<Set<string>> {
  const at = { cwd: tree.path, env: treeEnvironment(tree), maxOutputBytes: MAX_LIST_BYTES };
  const others = namesIn((await git(["ls-files", "--others", "-z", ...tree.exclusions], at)).bytes);
  const staged = namesIn((await git(["ls-files", "--stage", "-z"], at)).bytes);
  return new Set([
    ...others.filter((name) => name.endsWith("/")).map((name) => name.slice(0, -1)),
    ...staged.filter((entry) => entry.startsWith("160000 ")).map((entry) => entry.slice(entry.indexOf("\t") + 1)),
  ]);
}

/** The commit that a tree names for the repository at a path, or null. */
async function linkAt({ commit, at }: Base, path: string): Promise<string | null> {
  if (commit === null) return null;
  const args = ["--literal-pathspecs", "ls-tree", "-z", commit, "--", path];
  const { text } = await git(args, { ...at, codes: [128] });
  return /^160000 commit ([0-9a-f]+)\t/.exec(text)?.[1] ?? null;
}

function foldersOf(all: Nested[]): string[] {
  return all.flatMap(({ folder, within }) => [folder, ...foldersOf(within)]);
}

/** The submodules of these git folders that are none of them. */
async function leftModules(owners: string[], base: Base): Promise<Nested[]> {
  const left: Nested[] = [];
  const seen = new Set(owners);
  for (const owner of owners) {
    for await (const { name, folder } of modulesIn(owner)) {
      if (seen.has(folder)) continue;
      seen.add(folder);
      left.push({
        ...{ path: name, name: nameOf(name), folder, common: folder, tree: null, isGoing: true, hasFiles: false },
        // A submodule is named after its path.
        ...{ base: await linkAt(base, name), within: [] },
      });
    }
  }
  return left;
}

/** Whether a path goes when a worktree is removed: it lies in its folder or in git's entry of it. */
export function goesWith({ path, folder }: FileTree, place: string): boolean {
  return [path, folder].some((top) => place === top || place.startsWith(`${top}/`));
}
