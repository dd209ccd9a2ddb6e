// Which untracked files are nobody's work. `.gitignore` files are part of a worktree, and its agent may change them. But
// `.git/info/exclude` and the file that `core.excludesFile` names count for every worktree of the repository, and any agent
// can write them: so each worktree keeps, in its own git folder, a copy of both as they were before its first run, and goes
// by that.

import { join, resolve } from "@std/path";
import { inheritedVariable } from "../environment.ts";
import { git, gitLine } from "./git.ts";

/** Beside the mark, so that they go with the worktree. */
const INFO_EXCLUDE = "personal-coder-exclude";
const EXCLUDES_FILE = "personal-coder-excludes-file";

/**
 * The file that `core.excludesFile` names in a repository, or its usual place; empty when git cannot tell. `written`: what is
 * written there, as in `Overrides`: mostly that says it.
 */
async function excludesFileOf(repo: string, written: string | null | undefined): Promise<string> {
  const xdg = inheritedVariable("XDG_CONFIG_HOME");
  const usual = xdg ? join(xdg, "git", "ignore") : "~/.config/git/ignore";
  const home = inheritedVariable("HOME");
  if (written === null && xdg) return usual;
  if (written === null && home) return join(home, ".config", "git", "ignore");
  // What git puts something else for.
  if (typeof written === "string" && !/^[~%:]/.test(written)) return written;
  const args = ["config", "--type=path", `--default=${usual}`, "--get", "core.excludesFile"];
  return await gitLine(args, { cwd: repo, codes: [1, 128] });
}

/** Copies what excludes files in `repo` now into `folder`, the worktree's own git folder. A relative `excludesFile` is in the worktree. */
export async function noteExclusions(
  { folder, path, common, repo, written }: {
    folder: string;
    path: string;
    common: string;
    repo: string;
    written?: string | null;
  },
): Promise<void> {
  const excludesFile = await excludesFileOf(repo, written);
  const [info, user] = await Promise.all([
    readIfThere(join(common, "info", "exclude")),
    excludesFile === "" ? new Uint8Array() : readExcludesFile(resolve(path, excludesFile), folder),
  ]);
  await Promise.all([
    Deno.writeFile(join(folder, INFO_EXCLUDE), info),
    Deno.writeFile(join(folder, EXCLUDES_FILE), user),
  ]);
}

/** Arguments for `git ls-files --others` in a worktree; what is excluded now, where nothing was noted. */
export async function exclusionsOf(folder: string): Promise<string[]> {
  const files = [EXCLUDES_FILE, INFO_EXCLUDE].map((file) => join(folder, file));
  return await areThere(files) ? fromFiles(files) : ["--exclude-standard"];
}

/** For a repository inside the worktree: by its own `info/exclude`, and by the same user's as the worktree. */
export async function exclusionsWithin(folder: string, nested: string): Promise<string[]> {
  const user = join(folder, EXCLUDES_FILE);
  if (!await areThere([user])) return ["--exclude-standard"];
  const own = join(nested, "info", "exclude");
  return fromFiles(await areThere([own]) ? [user, own] : [user]);
}

function fromFiles(files: string[]): string[] {
  // In git's own order: what comes later wins, and `.gitignore` files win over all of them.
  return ["--exclude-per-directory=.gitignore", ...files.map((file) => `--exclude-from=${file}`)];
}

async function areThere(files: string[]): Promise<boolean> {
  const found = await Promise.all(files.map((file) => Deno.lstat(file).then(() => true, () => false)));
  return found.every(Boolean);
}

async function readExcludesFile(file: string, folder: string): Promise<Uint8Array> {
  try {
    return await readIfThere(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return await readByGit(file, folder);
    // A folder, or not to be read: git goes on without it too.
    return new Uint8Array();
  }
}

/** The user's files are not ours to read under limited permissions, but git reads this one anyway. */
async function readByGit(file: string, folder: string): Promise<Uint8Array> {
  const objects = join(folder, "personal-coder-objects");
  await Deno.mkdir(objects, { recursive: true });
  try {
    const at = { cwd: folder, env: { GIT_DIR: folder, GIT_OBJECT_DIRECTORY: objects }, codes: [128] };
    const blob = await gitLine(["hash-object", "-w", "--no-filters", "--", file], at);
    return blob === "" ? new Uint8Array() : (await git(["cat-file", "blob", blob], at)).bytes;
  } finally {
    await Deno.remove(objects, { recursive: true });
  }
}

async function readIfThere(file: string): Promise<Uint8Array> {
  try {
    return await Deno.readFile(file);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return new Uint8Array();
    throw error;
  }
}
