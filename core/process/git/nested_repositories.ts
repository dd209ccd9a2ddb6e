// Repositories inside a worktree: submodules, clones, `git init`. For git each is but the id of a commit, and what it holds
// goes with the worktree. So before a worktree is removed, every commit that such a repository alone holds is copied into
// ours, and its uncommitted files are made a commit first: one ref of ours for each repository.
//
// "Holds": can be reached from its branches, tags, stash, any HEAD or any reflog. "Alone": not from a ref of ours, nor from
// what its remotes had when it last spoke to them, nor from the commit that the task's base names for it. Git folders of
// submodules lie in the worktree's own git folder (`modules/`) and are looked at there, checked out or not. Of a git folder
// that lies elsewhere and so stays (another worktree of some repository), only HEAD and files are at stake.
//
// Where the worktree excludes a folder, files in it are nobody's work, but commits are.

import { join, resolve } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import { nameOf, namesIn } from "./byte_names.ts";
import { exclusionsWithin } from "./exclusions.ts";
import { COMMITTER, git, gitLine } from "./git.ts";
import { listRefs, type Ref } from "./git_refs.ts";
import { commitContent, countUncommitted, isBlank } from "./worktree_content.ts";
import { type FileTree, headOf, MAX_LIST_BYTES, treeEnvironment } from "./worktree_index.ts";

export interface NestedOptions {
  /** The repository that is to hold the commits, and its git folder. */
  repo: string;
  common: string;
  /** The commit the task started from. */
  base: string | null;
}

export interface KeepOptions extends NestedOptions {
  message: string;
  /** Also files that are not committed. */
  files: boolean;
  /** Makes a ref for a commit that `repo` has. `name` is for a ref, made from the path. */
  hold(name: string, commit: string): Promise<Ref>;
}

export interface KeptNested extends Ref {
  /** In the worktree. */
  path: string;
}

interface Nested {
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
 * Keeps what the repositories in a worktree alone hold. `links` is for `commitContent`: at which commit each is that lies
 * directly in the worktree. Throws `DomainError("unavailable")` when something cannot be kept.
 */
export async function keepNested(
  tree: FileTree,
  options: KeepOptions,
): Promise<{ links: Map<string, string>; kept: KeptNested[] }> {
  const kept: KeptNested[] = [];
  const links = await keepAll(await allIn(tree, options), { ...options, top: tree }, kept);
  return { links, kept };
}

/** Whether removing the worktree would lose commits or files of a repository in it. */
export async function hasNestedWork(tree: FileTree, options: NestedOptions): Promise<boolean> {
  const queue = await allIn(tree, options);
  for (const nested of queue) {
    queue.push(...nested.within);
    if ((await lonelyTips(nested, { ...options, top: tree }, await headOf(nested))).length > 0) return true;
    if (nested.hasFiles && await countUncommitted(nested.tree!) > 0) return true;
  }
  return false;
}

interface Within {
  /** What is to be removed. */
  top: FileTree;
}

async function keepAll(all: Nested[], options: KeepOptions & Within, kept: KeptNested[]): Promise<Map<string, string>> {
  const links = new Map<string, string>();
  for (const nested of all) {
    const inner = await keepAll(nested.within, options, kept);
    try {
      const head = options.files && nested.hasFiles && !await isBlank(nested.tree!)
        ? await commitContent(nested.tree!, { message: options.message, fallback: null, links: inner })
        : await headOf(nested);
      const tips = await lonelyTips(nested, options, head);
      const commit = await takeTips(nested, tips, options);
      if (commit !== null) {
        const ref = await options.hold(refNameOf(nested.path), commit);
        kept.push({ path: nested.path, ...ref });
      }
      if (nested.hasFiles && head !== null) links.set(nested.name, head);
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const reason = `${nested.path} is a repository of its own, and what it holds cannot be kept: ${error.message}`;
      throw new DomainError("unavailable", reason, { cause: error });
    }
  }
  return links;
}

/** A commit in `options.repo` from which all of `tips` can be reached; null when there are none. */
async function takeTips(nested: Nested, tips: string[], options: KeepOptions & Within): Promise<string | null> {
  const [first, ...others] = tips;
  if (first === undefined) return null;
  await copyCommits(nested, tips, options);
  if (others.length === 0) return first;
  const parents = tips.flatMap((tip) => ["-p", tip]);
  const message = `${options.message}\n\nEverything that ${nested.path} held, which was a repository of its own.`;
  return await gitLine(["commit-tree", `${first}^{tree}`, ...parents, "-m", message], {
    cwd: options.repo,
    env: COMMITTER,
  });
}

/**
 * Brings the commits with all that they need, and we do not have, into `options.repo`, or throws. Not by `git fetch`: that
 * would run a git in there, by the configuration that it finds, and call half of a shallow clone a success.
 */
async function copyCommits(nested: Nested, tips: string[], { repo, common, top }: KeepOptions & Within): Promise<void> {
  const known = (await listRefs(repo)).map(({ commit }) => `^${commit}`);
  const pack = join(top.scratch, `personal-coder-pack-${crypto.randomUUID()}`);
  const hash = await gitLine(["pack-objects", "--revs", "--quiet", pack], {
    cwd: repo,
    env: alternate(nested.common),
    stdin: [...tips, ...known].map((line) => `${line}\n`).join(""),
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

/** Commits that it alone holds, without those that others of them lead to. `head` comes first if it is one of them. */
async function lonelyTips(
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
    stdin: [...(head === null ? [] : [head]), ...known.map((id) => `^${id}`)].map((line) => `${line}\n`).join(""),
  });
  const commits = new Set<string>();
  const parents = new Set<string>();
  for (const line of text.split("\n").filter((line) => line !== "")) {
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

/** Whether a path goes when a worktree is removed. */
function goesWith({ path, folder }: FileTree, place: string): boolean {
  return [path, folder].some((top) => place === top || place.startsWith(`${top}/`));
}

/** Letters, digits and dashes of the path: what else may be in a name of a ref is not worth knowing. */
function refNameOf(path: string): string {
  return path.replace(/[^A-Za-z0-9]+/g, "-").slice(0, 60).replace(/^-|-$/g, "") || "repository";
}

/** The repositories in a worktree, each with those within it, and the git folders of submodules that are not checked out. */
async function allIn(top: FileTree, { repo, base }: NestedOptions): Promise<Nested[]> {
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
async function knownIn(tree: FileTree): Promise<Set<string>> {
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

/** Folders in `top` that git takes for repositories, with their git folders; not what is in them. Links are not followed. */
async function* findRepositories(top: string): AsyncIterable<{ path: string; folder: string; common: string }> {
  const folders = [""];
  for (let below = folders.pop(); below !== undefined; below = folders.pop()) {
    const entries = await readFolder(join(top, below));
    const found = below !== "" && entries.some(({ name }) => name === ".git")
      ? await gitFoldersOf(join(top, below, ".git"))
      : null;
    if (found !== null) yield { path: below, ...found };
    else {
      for (const { name, isDirectory } of entries) {
        if (isDirectory && name !== ".git") folders.push(below === "" ? name : `${below}/${name}`);
      }
    }
  }
}

async function readFolder(path: string): Promise<Deno.DirEntry[]> {
  try {
    return await Array.fromAsync(Deno.readDir(path));
  } catch (cause) {
    // Not ours to read, or its name is not UTF-8. What is in there nobody knows.
    throw new DomainError("unavailable", `Cannot look into ${path}: ${messageOf(cause)}`, { cause });
  }
}

/** What `.git` in a folder leads to; null when it is no repository. */
async function gitFoldersOf(dotGit: string): Promise<{ folder: string; common: string } | null> {
  const at = { cwd: join(dotGit, ".."), env: { GIT_DIR: dotGit } };
  const args = ["rev-parse", "--path-format=absolute", "--absolute-git-dir", "--git-common-dir"];
  const [folder, common] = (await git(args, { ...at, codes: [128] })).text.split("\n");
  if (folder && common) return { folder, common };
  // A folder with objects was one, and may hold what nobody else does.
  if (await Deno.stat(join(dotGit, "objects")).then(() => true, () => false)) {
    throw new DomainError("unavailable", `${join(dotGit, "..")} is a repository of its own, which git cannot read`);
  }
  return null;
}

/**
 * Git folders of submodules, in the `modules` of these git folders, that are none of them. Their names may have slashes, and
 * each may have its own.
 */
async function leftModules(owners: string[], base: Base): Promise<Nested[]> {
  const left: Nested[] = [];
  const seen = new Set(owners);
  for (const owner of owners) {
    const modules = join(owner, "modules");
    const names = await Deno.stat(modules).then(() => [""], (): string[] => []);
    for (let name = names.pop(); name !== undefined; name = names.pop()) {
      const folder = join(modules, name);
      const entries = await readFolder(folder);
      const isRepository = ["HEAD", "objects", "refs"].every((part) => entries.some((entry) => entry.name === part));
      for (const entry of entries) {
        if (entry.isDirectory && (!isRepository || entry.name === "modules")) names.push(join(name, entry.name));
      }
      if (!isRepository || seen.has(folder)) continue;
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
