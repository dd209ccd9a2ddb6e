// What lies in a worktree, compared with git's index of it. The real index is never touched: each look takes a copy of it
// (which keeps git's knowledge of unchanged files, so a large tree is not read anew) and changes that.
//
// An index can say "take this file for unchanged" (`--assume-unchanged`, `--skip-worktree`). The copy does not: what is on disk
// counts. But a file that is marked so and is not there is outside a sparse checkout, and no deletion.
//
// Names go from one git to the next as bytes and by plumbing that is linear in their number, knows no sparse checkout that it
// would keep to, and takes a name for a name: `git add` with many literal paths is quadratic.

import { join } from "@std/path";
import { listOf, namesIn } from "./byte_names.ts";
import { contentOverrides, git, gitLine } from "./git.ts";
import type { Overrides } from "./git_programs.ts";
import { exclusionsOf } from "./exclusions.ts";
import { includedNames } from "./worktree_include.ts";
import type { Entry } from "./worktree_entry.ts";

/** What a list of names from git may take, in bytes. */
export const MAX_LIST_BYTES = 1024 * 1024 * 1024;

/** A folder of files, and the git folder with the index of it. */
export interface FileTree {
  folder: string;
  path: string;
  /** Where the copies of the index go. */
  scratch: string;
  /** For `git ls-files --others`: what is not looked at. */
  exclusions: string[];
  /** Names of untracked files that are nobody's work, too (worktree_include.ts). */
  included: ReadonlySet<string>;
}

/** A worktree's. What a crash leaves of our looks goes with its entry. */
export async function fileTreeOf({ folder, path }: Entry): Promise<FileTree> {
  const [exclusions, included] = await Promise.all([exclusionsOf(folder), includedNames(folder)]);
  return { folder, path, scratch: folder, exclusions, included };
}

/** For git calls that are to work with a copy of the index. */
export interface IndexCopy {
  cwd: string;
  env: Record<string, string>;
  maxOutputBytes: number;
  /** Whoever reads or writes an index may read files too: those that changed in the second of the index. */
  content: true | Overrides;
}

/** What is different on disk. Names are in bytes (byte_names.ts). */
export interface DiskChanges {
  changed: string[];
  removed: string[];
  untracked: string[];
  /** Repositories that the index does not know. */
  nested: string[];
}

/** Makes git work on this tree, whatever the `.git` in it says. */
export function treeEnvironment({ folder, path }: Pick<FileTree, "folder" | "path">): Record<string, string> {
  return { GIT_DIR: folder, GIT_WORK_TREE: path };
}

/** Runs `action` with a copy of the index that hides nothing, and removes the copy. */
export async function withIndex<T>(tree: FileTree, action: (at: IndexCopy) => Promise<T>): Promise<T> {
  return await withScratch(tree, async (at) => {
    await copyIndex(tree, at);
    await unhide(at, await hiddenIn(await readingOf(at)));
    return await action(at);
  });
}

/**
 * Runs `action` with a copy of the index that hides nothing, and with what is not on disk as it says; removes the copy. The
 * calls that look only read, and so they look at once.
 */
export async function withChanges<T>(
  tree: FileTree,
  action: (at: IndexCopy, changes: DiskChanges) => Promise<T>,
): Promise<T> {
  return await withRealIndexCopy(tree, async (at) => {
    const reading = await readingOf(at);
    return await action(at, await unhidden({ at, reading }, () => diskChanges(reading, tree)));
  });
}

/** What `look` finds when the index hides nothing any more. Few hide something: meanwhile it looks, and else looks again. */
export async function unhidden<T>(
  { at, reading }: { at: IndexCopy; reading: IndexCopy },
  look: () => Promise<T>,
): Promise<T> {
  const [hidden, found] = await Promise.all([hiddenIn(reading), look()]);
  if (hidden.assumed.length + hidden.skipped.length === 0) return found;
  await unhide(at, hidden);
  return await look();
}

/** For calls that only read: they write no index, and so run no hook. */
export async function readingOf(at: IndexCopy): Promise<IndexCopy> {
  return { ...at, content: await contentOverrides({ cwd: at.cwd, env: at.env, runsNoHook: true }) };
}

/** Runs `action` with a copy of the index as it is, marks and all. */
export async function withRealIndexCopy<T>(tree: FileTree, action: (at: IndexCopy) => Promise<T>): Promise<T> {
  return await withScratch(tree, async (at) => {
    await copyIndex(tree, at);
    return await action(at);
  });
}

/** Runs `action` with a copy of a copy. */
export async function withCopy<T>(tree: FileTree, of: IndexCopy, action: (at: IndexCopy) => Promise<T>): Promise<T> {
  return await withScratch(tree, async (at) => {
    await copyFile(of.env.GIT_INDEX_FILE!, at.env.GIT_INDEX_FILE!);
    return await action(at);
  });
}

async function withScratch<T>(tree: FileTree, action: (at: IndexCopy) => Promise<T>): Promise<T> {
  const index = join(tree.scratch, `personal-coder-index-${crypto.randomUUID()}`);
  try {
    const env = { ...treeEnvironment(tree), GIT_INDEX_FILE: index };
    return await action({ cwd: tree.path, env, maxOutputBytes: MAX_LIST_BYTES, content: true });
  } finally {
    for (const file of [index, `${index}.lock`]) await Deno.remove(file).catch(() => {});
  }
}

async function copyIndex(tree: FileTree, at: IndexCopy): Promise<void> {
  try {
    await copyFile(join(tree.folder, "index"), at.env.GIT_INDEX_FILE!);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // Half made, or the agent deleted it: the last commit is what git would compare with.
    await git(["read-tree", (await headOf(tree)) ?? "--empty"], at);
  }
}

/**
 * With its time: git reads again what changed in the very second in which the index was written, or later. A copy that is
 * newer would take that for unchanged.
 */
async function copyFile(from: string, to: string): Promise<void> {
  const { mtime } = await Deno.stat(from);
  await Deno.copyFile(from, to);
  if (mtime !== null) await Deno.utime(to, mtime, mtime);
}

/** The commit that is checked out, or `null` when HEAD is broken or has none yet. */
export async function headOf({ folder }: { folder: string }): Promise<string | null> {
  const args = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
  return await gitLine(args, { cwd: folder, env: { GIT_DIR: folder }, codes: [1, 128] }) || null;
}

/** Names of what git is told not to look at. */
export interface Hidden {
  assumed: string[];
  skipped: string[];
}

/** What an index hides. */
export async function hiddenIn(at: IndexCopy): Promise<Hidden> {
  // `S path`; in lower case when it is to be assumed unchanged.
  const tagged = namesIn((await git(["ls-files", "-v", "-z"], at)).bytes);
  return {
    assumed: tagged.filter((entry) => /^[a-z]/.test(entry)).map((entry) => entry.slice(2)),
    skipped: tagged.filter((entry) => /^s/i.test(entry)).map((entry) => entry.slice(2)),
  };
}

/** Takes the marks away that keep git from looking at a file that is there. */
export async function unhide(at: IndexCopy, { assumed, skipped }: Hidden): Promise<void> {
  await mark(at, "--no-assume-unchanged", assumed);
  if (skipped.length === 0) return;
  await mark(at, "--no-skip-worktree", skipped);
  const { removed } = await trackedChanges(at);
  const absent = new Set(removed);
  await mark(at, "--skip-worktree", skipped.filter((name) => absent.has(name)));
}

async function mark(at: IndexCopy, option: string, names: string[]): Promise<void> {
  if (names.length > 0) await git([...UPDATE_INDEX, option, "-z", "--stdin"], { ...at, stdin: listOf(names) });
}

/** What a name may be on Windows is no reason not to save a file of that name here. */
const UPDATE_INDEX = ["-c", "core.protectNTFS=false", "update-index"];

/** Everything on disk that is not as the index says and not excluded. */
export async function diskChanges(
  at: IndexCopy,
  tree: Pick<FileTree, "exclusions" | "included">,
): Promise<DiskChanges> {
  const [tracked, unknown] = await Promise.all([trackedChanges(at), unknownTo(at, tree)]);
  return { ...tracked, ...unknown };
}

/** What is on disk, not excluded, and not in the index. */
export async function unknownTo(
  at: IndexCopy,
  { exclusions, included }: Pick<FileTree, "exclusions" | "included">,
): Promise<Pick<DiskChanges, "untracked" | "nested">> {
  const others = namesIn((await git(["ls-files", "--others", "-z", ...exclusions], at)).bytes)
    .filter((name) => !included.has(name));
  return {
    untracked: others.filter((name) => !name.endsWith("/")),
    nested: others.filter((name) => name.endsWith("/")).map((name) => name.slice(0, -1)),
  };
}

async function trackedChanges(at: IndexCopy): Promise<{ changed: string[]; removed: string[] }> {
  // To see whether files within a submodule changed, git would run itself in there, by the configuration it finds there.
  const args = ["diff-files", "--name-status", "--no-renames", "--ignore-submodules=dirty", "-z"];
  const parts = namesIn((await git(args, at)).bytes);
  const changed = new Set<string>();
  const removed = new Set<string>();
  for (let i = 0; i + 1 < parts.length; i += 2) (parts[i] === "D" ? removed : changed).add(parts[i + 1]!);
  return { changed: [...changed], removed: [...removed].filter((name) => !changed.has(name)) };
}

/** Takes the changes into the index. Content is stored in the repository only when `store` is set. */
export async function takeIn(
  at: IndexCopy,
  { changed, removed, untracked }: DiskChanges,
  { store }: { store: boolean },
): Promise<void> {
  if (removed.length > 0) {
    await git([...UPDATE_INDEX, "--force-remove", "-z", "--stdin"], { ...at, stdin: listOf(removed) });
  }
  if (changed.length + untracked.length === 0) return;
  const options = [
    "--add",
    "--remove",
    "--replace",
    "--ignore-skip-worktree-entries",
    ...(store ? [] : ["--info-only"]),
  ];
  await git([...UPDATE_INDEX, ...options, "-z", "--stdin"], {
    ...at,
    stdin: listOf([...changed, ...untracked]),
  });
}

/** Makes untracked files known as files yet to be read, so that a comparison with the worktree reads them. */
export async function makeKnown(
  at: IndexCopy,
  untracked: string[],
  { emptyBlob }: { emptyBlob: string },
): Promise<void> {
  await setEntries(at, untracked.map((name) => `100644 ${emptyBlob} 0\t${name}`));
}

/** Says which commits the nested repositories of these names are at. */
export async function setLinks(at: IndexCopy, links: ReadonlyMap<string, string>): Promise<void> {
  await setEntries(at, [...links].map(([name, commit]) => `160000 ${commit} 0\t${name}`));
}

async function setEntries(at: IndexCopy, lines: string[]): Promise<void> {
  if (lines.length === 0) return;
  await git([...UPDATE_INDEX, "--replace", "-z", "--index-info"], { ...at, stdin: listOf(lines) });
}

/** The tree of an index whose content is stored. */
export async function treeOf(at: IndexCopy): Promise<string> {
  // It looks again at files that changed in the very second in which they were taken in.
  return await gitLine(["write-tree"], at);
}

/** Tells an index from others as its tree would, and needs no content and writes none. */
export async function fingerprintOf(at: IndexCopy): Promise<string> {
  const { bytes } = await git(["ls-files", "--stage", "-z"], await readingOf(at));
  return new Uint8Array(await crypto.subtle.digest("SHA-256", bytes as Uint8Array<ArrayBuffer>)).toHex();
}
