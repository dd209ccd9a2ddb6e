// What lies in a worktree: as a commit, as counts, as a diff. The real index is never touched: each look takes a copy of
// it (which keeps git's knowledge of unchanged files, so a large tree is not read anew) and stages into that.

import { join } from "@std/path";
import { DomainError } from "../domain/error.ts";
import { COMMITTER, git, gitLine, gitStream } from "./git.ts";
import { type Entry, entryEnvironment } from "./worktree_entry.ts";
import type { Changes } from "./worktrees.ts";

const MAX_LIST_BYTES = 1024 * 1024 * 1024;
const DIFF = [
  "diff",
  ...["--no-textconv", "--no-ext-diff", "--no-color", "--no-relative", "--submodule=short"],
  // To see whether files within a submodule changed, git would run itself in there, by the configuration it finds there.
  "--ignore-submodules=dirty",
  ...["--src-prefix=a/", "--dst-prefix=b/"],
];

/**
 * A commit of everything in the worktree that is not ignored; HEAD's own commit when nothing is uncommitted. `fallback` is
 * the parent when HEAD names no commit.
 *
 * Throws `DomainError("unavailable")` when something could not be taken in, such as a nested repository or a file that
 * cannot be read.
 */
export async function commitContent(
  entry: Entry,
  options: { message: string; fallback: string | null },
): Promise<string> {
  const head = await headOf(entry) ?? options.fallback;
  return await withIndex(entry, async (env) => {
    const at = { cwd: entry.path, env };
    await git(["add", "-A", "--", "."], { ...at, content: true });
    await refuseNested(entry, { env, head });
    // It looks again at files that changed in the very second of the `add`.
    const tree = await gitLine(["write-tree"], { ...at, content: true });
    if (head !== null && tree === await gitLine(["rev-parse", `${head}^{tree}`], at)) return head;
    const parents = head === null ? [] : ["-p", head];
    return await gitLine(["commit-tree", tree, ...parents, "-m", options.message], {
      ...at,
      env: { ...env, ...COMMITTER },
    });
  });
}

/** The commit that is checked out, or `null` when HEAD is broken or has none yet. */
export async function headOf(entry: Entry): Promise<string | null> {
  const args = ["rev-parse", "--verify", "--quiet", "HEAD^{commit}"];
  return await gitLine(args, { cwd: entry.folder, env: { GIT_DIR: entry.folder }, codes: [1, 128] }) || null;
}

/** Lines against `base` and the number of files that are not committed; untracked files count. */
export async function countChanges(entry: Entry, base: string): Promise<Changes> {
  const at = { cwd: entry.path, maxOutputBytes: MAX_LIST_BYTES };
  const uncommitted = await countUncommitted(entry);
  const lines = await withUntracked(
    entry,
    (env) => git([...DIFF, "--numstat", base, "--"], { ...at, env, content: true }),
  );
  return { ...sumLines(lines.text), uncommitted };
}

/** Files that are changed or untracked; a nested repository counts as one. */
export async function countUncommitted(entry: Entry): Promise<number> {
  const at = { cwd: entry.path, env: entryEnvironment(entry), maxOutputBytes: MAX_LIST_BYTES };
  const args = ["status", "--porcelain", "-z", "--no-renames", "--untracked-files=all", "--ignore-submodules=dirty"];
  const { text } = await git(args, { ...at, content: true });
  return text.split("\0").length - 1;
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

/** Unified diff of the worktree as it stands, untracked files included, against `base`. */
export async function diffContent(entry: Entry, base: string): Promise<ReadableStream<Uint8Array>> {
  const index = await copyIndex(entry);
  try {
    const env = { ...entryEnvironment(entry), GIT_INDEX_FILE: index };
    await addUntracked(entry, env);
    return await gitStream([...DIFF, base, "--"], { cwd: entry.path, env, finished: () => discard(index) });
  } catch (error) {
    await discard(index);
    throw error;
  }
}

/** Unified diff between two commits. */
export function diffCommits(repo: string, base: string, commit: string): Promise<ReadableStream<Uint8Array>> {
  return gitStream([...DIFF, base, commit, "--"], { cwd: repo });
}

type Environment = Record<string, string>;

async function withUntracked<T>(entry: Entry, action: (env: Environment) => Promise<T>): Promise<T> {
  return await withIndex(entry, async (env) => {
    await addUntracked(entry, env);
    return await action(env);
  });
}

async function withIndex<T>(entry: Entry, action: (env: Environment) => Promise<T>): Promise<T> {
  const index = await copyIndex(entry);
  try {
    return await action({ ...entryEnvironment(entry), GIT_INDEX_FILE: index });
  } finally {
    await discard(index);
  }
}

/** In the entry's folder, so that what a crash leaves goes with the worktree. */
async function copyIndex(entry: Entry): Promise<string> {
  const index = join(entry.folder, `personal-coder-index-${crypto.randomUUID()}`);
  try {
    await Deno.copyFile(join(entry.folder, "index"), index);
  } catch (error) {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
    // Half made, or the agent deleted it: the last commit is what git would compare with.
    const env = { ...entryEnvironment(entry), GIT_INDEX_FILE: index };
    await git(["read-tree", (await headOf(entry)) ?? "--empty"], { cwd: entry.path, env, content: true });
  }
  return index;
}

async function discard(index: string): Promise<void> {
  for (const file of [index, `${index}.lock`]) await Deno.remove(file).catch(() => {});
}

/** Makes untracked files known without storing their content. Nested repositories (named with a `/`) are left out. */
async function addUntracked(entry: Entry, env: Environment): Promise<void> {
  const at = { cwd: entry.path, env };
  const { text } = await git(["ls-files", "--others", "--exclude-standard", "-z"], {
    ...at,
    maxOutputBytes: MAX_LIST_BYTES,
  });
  const files = text.split("\0").filter((file) => file !== "" && !file.endsWith("/"));
  if (files.length === 0) return;
  await git(["--literal-pathspecs", "add", "-N", "--pathspec-from-file=-", "--pathspec-file-nul"], {
    ...at,
    content: true,
    stdin: files.join("\0"),
  });
}

/**
 * git records a repository inside the worktree as a mere commit id: removing the worktree would lose its content. Only a
 * submodule that is unchanged is safe, since its commit can be fetched again.
 */
async function refuseNested(entry: Entry, { env, head }: { env: Environment; head: string | null }): Promise<void> {
  const at = { cwd: entry.path, env, maxOutputBytes: MAX_LIST_BYTES };
  const { text } = await git(["ls-files", "--stage", "-z"], at);
  const links = text.split("\0").map((line) => /^160000 ([0-9a-f]+) \d\t([^]*)$/.exec(line)).filter((match) => !!match);
  for (const [, commit, path] of links) {
    if (!(await exists(join(entry.path, path!, ".git")))) continue;
    const recorded = head === null ? "" : await gitLine(["--literal-pathspecs", "ls-tree", head, "--", path!], at);
    const isSame = recorded.startsWith(`160000 commit ${commit}\t`);
    const isClean = isSame && await isUnchanged(join(entry.path, path!));
    if (!isClean) {
      const reason = `${path} is a repository of its own, whose content a snapshot cannot hold`;
      throw new DomainError("unavailable", `Cannot save worktree ${entry.path}: ${reason}`);
    }
  }
}

/** Whether nothing in a nested repository is uncommitted. One that has nested ones itself counts as changed: nobody looks there. */
async function isUnchanged(path: string): Promise<boolean> {
  const at = { cwd: path, maxOutputBytes: MAX_LIST_BYTES };
  const { text } = await git(["ls-files", "--stage", "-z"], at);
  if (/(?:^|\0)160000 /.test(text)) return false;
  return (await git(["status", "--porcelain", "--ignore-submodules=dirty"], { ...at, content: true })).text === "";
}

async function exists(path: string): Promise<boolean> {
  return await Deno.lstat(path).then(() => true, () => false);
}
