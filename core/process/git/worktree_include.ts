// `.worktreeinclude`: files of the main checkout that git does not carry (an `.env`, say) and that a worktree needs. Patterns
// in gitignore's syntax; what matches them and is ignored is copied, what git tracks never is.
//
// Regular files only, by real paths inside the checkout, and nothing that is in the worktree is written over. The names that
// were copied are noted beside the worktree's mark: they are nobody's work, whatever `.gitignore` says later. Copies share
// their bytes where the file system can (copy_file_range(2), by which Deno copies).

import { dirname, join, SEPARATOR } from "@std/path";
import { Buffer } from "node:buffer";
import { messageOf } from "../../domain/error.ts";
import { listOf, namesIn, textOf } from "./byte_names.ts";
import { git } from "./git.ts";
import type { Site } from "./sites.ts";
import type { Entry } from "./worktree_entry.ts";
import type { IncludedFiles } from "./worktrees.ts";

/** The file with the patterns, at the root of the main checkout. */
const includeFile = ".worktreeinclude";
/** Beside the mark, so that it goes with the worktree: the names that were copied, as git lists them. */
const noteFile = "personal-coder-included";

const namedAtMost = 200;
const failuresNamed = 20;
const copiesAtOnce = 16;
const maxPatternBytes = 1024 * 1024;

/** Of a repository that asks for nothing. */
export const nothingIncluded: IncludedFiles = { files: [], count: 0, bytes: 0, failed: [], failedCount: 0 };

/** Whether there may be anything to do, which is seldom so. */
export async function hasIncludeFile(repo: string): Promise<boolean> {
  return await Deno.lstat(join(repo, includeFile)).then(() => true, () => false);
}

/** Copies what the repository's `.worktreeinclude` names into the worktree of `entry`. A copy that fails is told, not thrown. */
export async function includeFiles({ repo }: Site, entry: Entry): Promise<IncludedFiles> {
  const names = await namesToInclude(repo, entry.folder);
  const copied: { path: string; bytes: number; name: string }[] = [];
  const failed: { path: string; reason: string }[] = [];
  const root = await Deno.realPath(repo);
  const folders = { read: new Map<string, Promise<void>>(), made: new Map<string, Promise<void>>() };
  const queue = names.values();
  const worker = async () => {
    for (const name of queue) {
      const path = pathOf(name);
      try {
        if (path === null) throw new Error("its name is not UTF-8");
        const bytes = await copy(path, { root, worktree: entry.path, folders });
        if (bytes !== null) copied.push({ path, bytes, name });
      } catch (error) {
        failed.push({ path: path ?? textOf(name), reason: messageOf(error) });
      }
    }
  };
  await Promise.all(Array.from({ length: Math.min(copiesAtOnce, names.length) }, worker));
  if (copied.length > 0) await note(entry.folder, copied.map(({ name }) => name));
  return {
    files: copied.map(({ path }) => path).sort().slice(0, namedAtMost),
    count: copied.length,
    bytes: copied.reduce((sum, { bytes }) => sum + bytes, 0),
    failed: failed.slice(0, failuresNamed),
    failedCount: failed.length,
  };
}

/** The names that were copied into a worktree, by its git folder. */
export async function includedNames(folder: string): Promise<ReadonlySet<string>> {
  try {
    return new Set(namesIn(await Deno.readFile(join(folder, noteFile))));
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Set();
    throw error;
  }
}

async function note(folder: string, names: string[]): Promise<void> {
  const all = new Set([...await includedNames(folder), ...names]);
  await Deno.writeFile(join(folder, noteFile), listOf([...all]));
}

/** Untracked files that match the patterns and are ignored, as git lists them. `scratch`: where a file of ours may lie. */
async function namesToInclude(repo: string, scratch: string): Promise<string[]> {
  const patterns = await patternsOf(repo);
  if (patterns === null) return [];
  const file = join(scratch, `personal-coder-include-${crypto.randomUUID()}`);
  await Deno.writeTextFile(file, patterns);
  try {
    const args = ["ls-files", "--others", "--ignored", "-z", `--exclude-from=${file}`];
    // One that ends with a slash is a repository of its own: it is not looked into.
    const matching = namesIn((await git(args, { cwd: repo, maxOutputBytes: 1e9 })).bytes)
      .filter((name) => !name.endsWith("/"));
    if (matching.length === 0) return [];
    const ignored = await git(["check-ignore", "-z", "--stdin"], {
      ...{ cwd: repo, stdin: listOf(matching), codes: [1], maxOutputBytes: 1e9 },
    });
    return namesIn(ignored.bytes);
  } finally {
    await Deno.remove(file).catch(() => {});
  }
}

/** The patterns, lines ended as git wants them; null when there are none. */
async function patternsOf(repo: string): Promise<string | null> {
  const path = join(repo, includeFile);
  try {
    const { isFile, size } = await Deno.lstat(path);
    if (!isFile || size > maxPatternBytes) return null;
    const text = (await Deno.readTextFile(path)).replaceAll("\r\n", "\n");
    return text.trim() === "" ? null : text;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return null;
    throw error;
  }
}

/** A name in bytes as a path; null when it is no UTF-8, which the runtime could not find again. */
function pathOf(name: string): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(Buffer.from(name, "latin1"));
  } catch {
    return null;
  }
}

/** Copies one file; its size, or null when something of that name is there already. */
async function copy(
  path: string,
  { root, worktree, folders }: { root: string; worktree: string; folders: Record<"read" | "made", Looks> },
): Promise<number | null> {
  const from = join(root, path);
  const { isFile, size } = await Deno.lstat(from);
  if (!isFile) throw new Error("it is no regular file");
  await once(folders.read, dirname(from), requireReal);
  const to = join(worktree, path);
  if (await Deno.lstat(to).then(() => true, () => false)) return null;
  await once(folders.made, dirname(path), (folder) => makeFolders(worktree, folder));
  await Deno.copyFile(from, to);
  return size;
}

/** What was looked at, by folder: most files share one with many. */
type Looks = Map<string, Promise<void>>;

function once(looks: Looks, folder: string, look: (folder: string) => Promise<void>): Promise<void> {
  const known = looks.get(folder) ?? look(folder);
  looks.set(folder, known);
  return known;
}

async function requireReal(folder: string): Promise<void> {
  if (await Deno.realPath(folder) !== folder) throw new Error("a folder on the way to it is a link");
}

/** Makes the folders on the way to a file, by no link that could lead out of the worktree. */
async function makeFolders(worktree: string, path: string): Promise<void> {
  if (path === ".") return;
  let folder = worktree;
  for (const part of path.split(SEPARATOR)) {
    folder = join(folder, part);
    try {
      await Deno.mkdir(folder);
    } catch (error) {
      if (!(error instanceof Deno.errors.AlreadyExists)) throw error;
      if (!(await Deno.lstat(folder)).isDirectory) {
        throw new Error(`${part} is no folder in the worktree`, { cause: error });
      }
    }
  }
}
