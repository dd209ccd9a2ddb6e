// For the tests of what a run does to the git folder: a repository with what such folders have in them, and all that is in one.

import { join } from "@std/path";
import type { FolderChanges, Place } from "../../../core/process/git/worktrees.ts";
import { git } from "../../support/temp.ts";
import { type WorktreeWorld, worktreeWorld, write } from "../worktree_world.ts";

export interface FolderWorld extends WorktreeWorld {
  /** The git folder. */
  folder: string;
  /** Of the run, and of another task; and a worktree that a person made. */
  place: Place;
  other: Place;
  person: string;
  /** A folder that is none of the repository's. */
  outside: string;
}

export async function folderWorld(): Promise<FolderWorld> {
  const world = await worktreeWorld();
  const folder = join(world.repo.path, ".git");
  const person = `${world.repo.path}-person`;
  const outside = `${world.repo.path}-outside`;
  await world.repo.git("worktree", "add", "--quiet", "-b", "personal", person);
  await git(world.repo.path, "clone", "--quiet", "--bare", world.repo.path, join(folder, "modules/libs/inner"));
  await write(folder, "hooks/commit-msg", "#!/bin/sh\nexit 0\n");
  await Deno.chmod(join(folder, "hooks/commit-msg"), 0o755);
  await write(folder, "hooks/notes.txt", "not to be run\n");
  // More than new files get.
  await Deno.chmod(join(folder, "hooks/notes.txt"), 0o666);
  await Deno.symlink("commit-msg", join(folder, "hooks/post-commit"));
  await write(folder, "info/attributes", "*.txt text\n");
  await Deno.mkdir(outside);
  const [place, other] = [await world.add(1), await world.add(2)];
  return { ...world, folder, place, other, person, outside };
}

/** A run of task 1 that does this to the folder; what was undone. */
export async function runThat(
  { worktrees, place }: FolderWorld,
  action: () => Promise<unknown>,
): Promise<FolderChanges> {
  using guard = await worktrees.guardFolder(place);
  await action();
  return await worktrees.restoreFolder(place, guard, { task: 1, run: 1 });
}

/** `change path`, for each. */
export function wordsOf({ changes }: FolderChanges): string[] {
  return changes.map(({ change, path, note }) => `${change} ${path}${note === undefined ? "" : ` (${note})`}`);
}

/** All that is in a git folder besides history: each path with its kind, mode and content. */
export async function contentOf(folder: string, path = ""): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for await (const { name } of Deno.readDir(join(folder, path))) {
    const inside = path === "" ? name : `${path}/${name}`;
    if (/^(modules\/libs\/inner\/)?(objects\/(?!info)|refs|logs|index|personal-coder\.lock)/.test(inside)) continue;
    const { isFile, isSymlink, isDirectory, mode } = await Deno.lstat(join(folder, inside));
    if (isDirectory) Object.assign(found, await contentOf(folder, inside));
    else if (isSymlink) found[inside] = `-> ${await Deno.readLink(join(folder, inside))}`;
    else {found[inside] = `${(mode! & 0o777).toString(8)} ${
        isFile ? await Deno.readTextFile(join(folder, inside)) : "?"
      }`;}
  }
  return found;
}
