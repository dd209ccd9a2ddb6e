// Folders on the disk that are repositories.

import { join } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import { git } from "./git.ts";

/** A repository below a folder. */
export interface FoundRepository {
  /** Below that folder. */
  path: string;
  /** Its git folder, and the one that holds its refs and objects; absolute. */
  folder: string;
  common: string;
}

/**
 * Folders in `top` that git takes for repositories, with their git folders; not what is in them. Links are not followed.
 * Throws `DomainError("unavailable")` when a folder cannot be looked into, or what was a repository cannot be read by git.
 */
export async function* findRepositories(top: string): AsyncIterable<FoundRepository> {
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
 * Git folders of submodules, in the `modules` of a git folder. Their names may have slashes, and each may have its own.
 * Throws `DomainError("unavailable")` when a folder cannot be looked into.
 */
export async function* modulesIn(owner: string): AsyncIterable<{ name: string; folder: string }> {
  const modules = join(owner, "modules");
  const names = await Deno.stat(modules).then(() => [""], (): string[] => []);
  for (let name = names.pop(); name !== undefined; name = names.pop()) {
    const folder = join(modules, name);
    const entries = await readFolder(folder);
    const isRepository = ["HEAD", "objects", "refs"].every((part) => entries.some((entry) => entry.name === part));
    for (const entry of entries) {
      if (entry.isDirectory && (!isRepository || entry.name === "modules")) names.push(join(name, entry.name));
    }
    if (isRepository) yield { name, folder };
  }
}
