// One file of a place, at a commit or as it lies there now. The agent writes in the worktree, meanwhile too: nothing is read
// through a link, from a repository inside, or of what git does not list (ignored files may hold what is nobody's business).

import { concat } from "@std/bytes";
import { join } from "@std/path";
import { DomainError } from "../../domain/error.ts";
import { nameOf, namesIn } from "./byte_names.ts";
import { momentOf } from "./compared.ts";
import { git } from "./git.ts";
import { isWayPlain, requirePath } from "./plain_way.ts";
import type { Located } from "./sites.ts";
import { type FileTree, fileTreeOf, MAX_LIST_BYTES, treeEnvironment } from "./worktree_index.ts";
import type { Place } from "./worktrees.ts";

const maxBytes = 10 * 1024 * 1024;

/** See `Worktrees.fileAt`. */
export async function fileAt(
  located: Located,
  place: Place,
  { at, path }: { at: string; path: string },
): Promise<Uint8Array | null> {
  requirePath(path);
  const { commit, entry } = await momentOf(located, place, at);
  return entry === null
    ? await fileOfCommit(located.site.repo, commit, path)
    : await fileOfTree(await fileTreeOf(entry), path);
}

async function fileOfCommit(repo: string, commit: string, path: string): Promise<Uint8Array | null> {
  // `100644 blob {id}    {size}\t{path}`
  const args = ["--literal-pathspecs", "ls-tree", "--long", "-z", "--full-tree", commit, "--", path];
  const at = { cwd: repo, content: true };
  const [, id, size] = /^\d+ blob ([0-9a-f]+) +(\d+)\t/.exec((await git(args, at)).text) ?? [];
  if (id === undefined) return null;
  requireSize(path, Number(size));
  return (await git(["cat-file", "blob", id], at)).bytes;
}

async function fileOfTree(tree: FileTree, path: string): Promise<Uint8Array | null> {
  const name = nameOf(path);
  const args = ["--literal-pathspecs", "ls-files", "--cached", "--others", "-z", ...tree.exclusions, "--", path];
  const at = { cwd: tree.path, env: treeEnvironment(tree), maxOutputBytes: MAX_LIST_BYTES };
  if (tree.included.has(name) || !namesIn((await git(args, at)).bytes).includes(name)) return null;
  return await readWithin(tree.path, path);
}

/** The bytes of `path` below `top`; null when that is no file, or the way there leads through anything but plain folders. */
async function readWithin(top: string, path: string): Promise<Uint8Array | null> {
  try {
    if (!await isWayPlain(top, path)) return null;
    const file = join(top, path);
    const seen = await Deno.lstat(file);
    if (seen.isSymlink) return new TextEncoder().encode(await Deno.readLink(file));
    if (!seen.isFile) return null;
    using opened = await Deno.open(file);
    const { dev, ino, size } = await opened.stat();
    // Something may have been put in its place, or in that of a folder on the way.
    const again = await Deno.lstat(file);
    const isSame = again.dev === dev && again.ino === ino && seen.ino === ino && await isWayPlain(top, path);
    if (!isSame) return null;
    requireSize(path, size);
    return await readAll(opened, path, size);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

/** It may grow while it is read. */
async function readAll(file: Deno.FsFile, path: string, size: number): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for (;;) {
    const chunk = new Uint8Array(Math.max(size + 1 - length, 64 * 1024));
    const count = await file.read(chunk);
    if (count === null) return concat(chunks);
    requireSize(path, length += count);
    chunks.push(chunk.subarray(0, count));
  }
}

function requireSize(path: string, bytes: number): void {
  if (bytes > maxBytes) throw new DomainError("invalid", `${path} is larger than ${maxBytes / 1024 / 1024} MiB`);
}
