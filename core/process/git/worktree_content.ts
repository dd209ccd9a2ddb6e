// What lies in a worktree: as a commit, as counts, as a diff.

import { namesIn, textOf } from "./byte_names.ts";
import { COMMITTER, git, gitLine } from "./git.ts";
import {
  diskChanges,
  type FileTree,
  fingerprintOf,
  headOf,
  type IndexCopy,
  makeKnown,
  MAX_LIST_BYTES,
  readingOf,
  setLinks,
  takeIn,
  treeOf,
  unhidden,
  unknownTo,
  withChanges,
  withCopy,
  withIndex,
  withRealIndexCopy,
} from "./worktree_index.ts";
import type { Changes } from "./worktrees.ts";

const DIFF = [
  "diff",
  ...["--no-textconv", "--no-ext-diff", "--no-color", "--no-relative", "--submodule=short"],
  // To see whether files within a submodule changed, git would run itself in there, by the configuration it finds there.
  "--ignore-submodules=dirty",
  ...["--src-prefix=a/", "--dst-prefix=b/"],
  ...["--find-renames", "--full-index"],
];

/**
 * A commit of everything in the worktree that is not excluded; HEAD's own commit when nothing is uncommitted. `fallback` is
 * the parent when HEAD names no commit. Of a repository inside, a commit holds but the id of a commit: `links` says which,
 * by the path's name in bytes.
 *
 * Throws `DomainError("unavailable")` when something could not be taken in, such as a file that cannot be read.
 */
export async function commitContent(
  tree: FileTree,
  options: { message: string; fallback: string | null; links: ReadonlyMap<string, string> },
): Promise<string> {
  const head = await headOf(tree) ?? options.fallback;
  return await withChanges(tree, async (at, changes) => {
    await takeIn(at, changes, { store: true });
    await setLinks(at, options.links);
    const content = await treeOf(at);
    if (head !== null && content === await gitLine(["rev-parse", `${head}^{tree}`], at)) return head;
    const parents = head === null ? [] : ["-p", head];
    return await gitLine(["commit-tree", content, ...parents, "-m", options.message], {
      ...at,
      env: { ...at.env, ...COMMITTER },
    });
  });
}

/** Whether it is as `git init` leaves it: there is neither a commit nor anything to commit. */
export async function isBlank(tree: FileTree): Promise<boolean> {
  if (await headOf(tree) !== null) return false;
  return await withChanges(tree, async (at, { untracked, nested }) => {
    return untracked.length + nested.length === 0 && (await git(["ls-files", "-z"], at)).bytes.length === 0;
  });
}

/** Lines against `base` and the number of files that are not committed; untracked files count. */
export async function countChanges(tree: FileTree, base: string): Promise<Changes> {
  return await withRealIndexCopy(tree, async (at) => {
    const reading = await readingOf(at);
    const countDiff = async () => sumLines((await git([...DIFF, "--numstat", base, "--"], reading)).text);
    // At once: they only read, and a slot waits for them.
    const count = () => Promise.all([unknownTo(reading, tree), countTracked(reading), countDiff()]);
    const [{ untracked, nested }, tracked, lines] = await unhidden({ at, reading }, count);
    const uncommitted = untracked.length + nested.length + tracked;
    if (untracked.length === 0) return { ...lines, uncommitted };
    await makeKnown(at, untracked, { emptyBlob: emptyBlobLike(base) });
    return { ...await countDiff(), uncommitted };
  });
}

/** Files that are changed or untracked; a nested repository counts as one. */
export async function countUncommitted(tree: FileTree): Promise<number> {
  return await withIndex(tree, async (at) => {
    const { untracked, nested } = await unknownTo(at, tree);
    return untracked.length + nested.length + await countTracked(at);
  });
}

/** Names of what `countUncommitted` counts, sorted. */
export async function uncommittedNames(tree: FileTree): Promise<string[]> {
  return await withIndex(tree, async (at) => {
    const { untracked, nested } = await unknownTo(at, tree);
    const tracked = (await statusOf(at)).map((entry) => entry.slice(3));
    return [...new Set([...tracked, ...untracked, ...nested])].map(textOf).sort();
  });
}

async function countTracked(at: IndexCopy): Promise<number> {
  return (await statusOf(at)).length;
}

/** `XY name` of each tracked file that is not as HEAD has it. */
async function statusOf(at: IndexCopy): Promise<string[]> {
  const args = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=no", "--ignore-submodules=dirty"];
  return namesIn((await git(args, at)).bytes);
}

/** Lines between two commits. */
export async function countLines(repo: string, base: string, commit: string): Promise<Changes> {
  const at = { cwd: repo, maxOutputBytes: MAX_LIST_BYTES, content: true };
  const { text } = await git([...DIFF, "--numstat", base, commit, "--"], at);
  return { ...sumLines(text), uncommitted: 0 };
}

function sumLines(numstat: string): { lines_added: number; lines_removed: number } {
  const sums = { lines_added: 0, lines_removed: 0 };
  for (const line of numstat.split("\n")) {
    // `12\t3\tpath`; a binary file has dashes.
    const [added, removed] = line.split("\t").map(Number);
    sums.lines_added += added || 0;
    sums.lines_removed += removed || 0;
  }
  return sums;
}

/** What a look at a worktree found. */
export interface ContentLook {
  /** Changes with the content of the worktree, and only with it. */
  fingerprint: string;
  /** Writes the unified diff against the base into a file. Whether the worktree stayed as it was when it was looked at. */
  write(file: string): Promise<boolean>;
}

/** Looks at the worktree as it stands, untracked files included. */
export async function lookAtContent<T>(
  tree: FileTree,
  { base, ignoreSpace }: { base: string; ignoreSpace: boolean },
  action: (look: ContentLook) => Promise<T>,
): Promise<T> {
  return await withChanges(tree, async (at, changes) => {
    return await withCopy(tree, at, async (taken) => {
      await takeIn(taken, changes, { store: false });
      return await action({
        fingerprint: await fingerprintOf(taken),
        async write(file) {
          // Not by the index that was taken in: its content is stored nowhere, and git need not look into the files for it.
          await makeKnown(at, changes.untracked, { emptyBlob: emptyBlobLike(base) });
          await git([...DIFF, ...spaceOption(ignoreSpace), `--output=${file}`, base, "--"], at);
          const since = await diskChanges(taken, tree);
          return since.changed.length + since.removed.length + since.untracked.length === 0;
        },
      });
    });
  });
}

/** Writes the unified diff between two commits into a file. */
export async function writeDiff(
  repo: string,
  file: string,
  { base, commit, ignoreSpace }: { base: string; commit: string; ignoreSpace: boolean },
): Promise<void> {
  const args = [...DIFF, ...spaceOption(ignoreSpace), `--output=${file}`, base, commit, "--"];
  await git(args, { cwd: repo, content: true });
}

function spaceOption(ignoreSpace: boolean): string[] {
  return ignoreSpace ? ["--ignore-all-space"] : [];
}

/** The id of the blob without content, in a repository whose ids look like this one: by SHA-1 or by SHA-256. */
function emptyBlobLike(id: string): string {
  return id.length === 40
    ? "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391"
    : "473a0f4c3be8a93681a267e3b1e9a7dcda1185436fe141f7749120a303721813";
}
