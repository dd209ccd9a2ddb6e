// For the tests of what lies in worktrees: a repository, and worktrees of it as tasks have them.

import { join } from "@std/path";
import { gitWorktrees } from "../../core/process/git/git_worktrees.ts";
import { Sites } from "../../core/process/git/sites.ts";
import type { Outgoing } from "../../core/process/git/outgoing.ts";
import type { Place, Worktrees, WorktreeUpkeep } from "../../core/process/git/worktrees.ts";
import { git, type TempRepository, tempRepository } from "../support/temp.ts";

export interface WorktreeWorld extends AsyncDisposable {
  repo: TempRepository;
  worktrees: Worktrees & WorktreeUpkeep & Outgoing;
  /** A worktree of task `task`. */
  add(task?: number): Promise<Place>;
  diff(place: Place): Promise<string>;
  /** Saves it as run 1 of task 1. */
  snapshot(place: Place): ReturnType<Worktrees["snapshot"]>;
  /** The names in a commit, as git quotes them. */
  files(commit: string): Promise<string[]>;
  /** Refs with this prefix. */
  refs(prefix: string): Promise<string[]>;
}

export async function worktreeWorld(): Promise<WorktreeWorld> {
  const repo = await tempRepository();
  const sites = new Sites({
    repos: new Map([["app", repo.path]]),
    root: () => `${repo.path}-worktrees`,
    store: "6d1c0000-0000-4000-8000-000000000001",
  });
  const worktrees = gitWorktrees(sites);
  const lines = (text: string) => text.split("\n").filter((line) => line !== "");
  return {
    repo,
    worktrees,
    async add(task = 1) {
      const { kept: _, ...place } = await worktrees.add({
        ...{ repo: "app", task, branch: `task-${task}-x`, base: "HEAD", baseCommit: null },
      });
      return place;
    },
    async diff(place) {
      return await new Response((await worktrees.diff(place)).stream).text();
    },
    snapshot: (place) => worktrees.snapshot(place, { task: 1, run: 1 }),
    files: async (commit) => lines(await repo.git("ls-tree", "-r", "--name-only", commit)),
    refs: async (prefix) => lines(await repo.git("for-each-ref", "--format=%(refname)", prefix)),
    async [Symbol.asyncDispose]() {
      await sites[Symbol.asyncDispose]();
      await repo[Symbol.asyncDispose]();
    },
  };
}

/** Commits everything in a folder of a repository that may have no identity; the commit. */
export async function commitIn(folder: string, message: string): Promise<string> {
  const identity = ["-c", "user.name=T", "-c", "user.email=t@example.com"];
  await git(folder, "add", "-A");
  await git(folder, ...identity, "commit", "--quiet", "--allow-empty", "-m", message);
  return await git(folder, "rev-parse", "HEAD");
}

/** Writes a file and the folders it is in. */
export async function write(folder: string, file: string, content = `${file}\n`): Promise<void> {
  await Deno.mkdir(join(folder, file, ".."), { recursive: true });
  await Deno.writeTextFile(join(folder, file), content);
}
