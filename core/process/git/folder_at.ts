// What is in one folder of a place, at a commit or as it lies there now. As with files (file_at.ts): of a worktree only what
// git lists, and nothing behind a link or in a repository inside.

import { join } from "@std/path";
import { nameOf, namesIn, textOf } from "./byte_names.ts";
import { momentOf } from "./compared.ts";
import { git } from "./git.ts";
import { isWayPlain, requirePath } from "./plain_way.ts";
import type { Located } from "./sites.ts";
import { type FileTree, fileTreeOf, MAX_LIST_BYTES, treeEnvironment } from "./worktree_index.ts";
import type { FolderContent, FolderEntry, Place } from "./worktrees.ts";

const entriesMax = 2_000;

/** See `Worktrees.folderAt`. */
export async function folderAt(
  located: Located,
  place: Place,
  { at, path }: { at: string; path: string },
): Promise<FolderContent | null> {
  if (path !== "") requirePath(path);
  const { commit, entry } = await momentOf(located, place, at);
  return entry === null
    ? await folderOfCommit(located.site.repo, commit, path)
    : await folderOfTree(await fileTreeOf(entry), path);
}

async function folderOfCommit(repo: string, commit: string, path: string): Promise<FolderContent | null> {
  const within = path === "" ? [] : ["--", `${path}/`];
  // `100644 blob {id}    {size}\t{path}`, of a folder `040000 tree {id}       -\t{path}`.
  const args = ["--literal-pathspecs", "ls-tree", "--long", "-z", "--full-tree", commit, ...within];
  const { bytes } = await git(args, { cwd: repo, content: true, maxOutputBytes: MAX_LIST_BYTES });
  const entries = namesIn(bytes).flatMap((line): FolderEntry[] => {
    const [, mode, size, full] = /^(\d+) \w+ [0-9a-f]+ +(\d+|-)\t(.*)$/s.exec(line) ?? [];
    if (mode === undefined || full === undefined) return [];
    const kind = mode === "040000" ? "folder" : mode === "160000" ? "repository" : mode === "120000" ? "link" : "file";
    return [{
      name: textOf(full.slice(full.lastIndexOf("/") + 1)),
      kind,
      bytes: kind === "file" ? Number(size) : null,
    }];
  });
  // Git knows no empty folder but the first.
  return entries.length === 0 && path !== "" ? null : contentOf(entries);
}

async function folderOfTree(tree: FileTree, path: string): Promise<FolderContent | null> {
  const prefix = path === "" ? "" : `${path}/`;
  const within = path === "" ? [] : ["--", prefix];
  const args = ["--literal-pathspecs", "ls-files", "--cached", "--others", "-z", ...tree.exclusions, ...within];
  const at = { cwd: tree.path, env: treeEnvironment(tree), maxOutputBytes: MAX_LIST_BYTES };
  const start = nameOf(prefix);
  const names = new Set<string>();
  for (const name of namesIn((await git(args, at)).bytes)) {
    if (!name.startsWith(start) || tree.included.has(name)) continue;
    const [first] = name.slice(start.length).split("/", 1);
    if (first) names.add(first);
  }
  if (names.size === 0 && path !== "") return null;
  const isPlain = async () => path === "" || await isWayPlain(tree.path, `${prefix}.`);
  if (!await isPlain()) return null;
  const entries: FolderEntry[] = [];
  // Beyond the bound they are counted and not looked at.
  for (const name of [...names].sort().slice(0, entriesMax + 1)) {
    const entry = await entryAt(join(tree.path, prefix), textOf(name));
    if (entry) entries.push(entry);
  }
  // Something may have been put in the way meanwhile.
  return await isPlain() ? contentOf(entries) : null;
}

/** Null: it is gone, or its name is none that could be read. */
async function entryAt(folder: string, name: string): Promise<FolderEntry | null> {
  try {
    const { isDirectory, isFile, isSymlink, size } = await Deno.lstat(join(folder, name));
    if (isSymlink) return { name, kind: "link", bytes: null };
    if (isFile) return { name, kind: "file", bytes: size };
    if (!isDirectory) return null;
    const isRepository = await Deno.lstat(join(folder, name, ".git")).then(() => true, () => false);
    return { name, kind: isRepository ? "repository" : "folder", bytes: null };
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    throw error;
  }
}

/** Folders first, each by name. */
function contentOf(entries: FolderEntry[]): FolderContent {
  const rank = ({ kind }: FolderEntry) => kind === "folder" || kind === "repository" ? 0 : 1;
  const sorted = entries.toSorted((a, b) => rank(a) - rank(b) || (a.name < b.name ? -1 : 1));
  return { entries: sorted.slice(0, entriesMax), isCut: sorted.length > entriesMax };
}
