// Worktrees that a person moved: followed where nothing else can be meant, refused in clear words otherwise.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { gitWorktrees } from "../../../core/process/git/git_worktrees.ts";
import type { Place } from "../../../core/process/git/worktrees.ts";
import { git, type TempRepository, tempRepository } from "../../support/temp.ts";

const store = crypto.randomUUID();

interface Found {
  repository: TempRepository;
  /** Everything of the test. */
  folder: string;
  place: Place;
  /** As a service that is configured so. */
  at(repo: string, root: string, of?: string): ReturnType<typeof gitWorktrees>;
}

/** A worktree with a commit and an uncommitted file. */
async function made(): Promise<Found & AsyncDisposable> {
  const repository = await tempRepository();
  const at: Found["at"] = (repo, root, of = store) =>
    gitWorktrees({ repos: new Map([["app", repo]]), root: () => root, store: of });
  const worktrees = at(repository.path, `${repository.path}-worktrees`);
  const { kept: _, ...place } = await worktrees.add({
    repo: "app",
    task: 1,
    branch: "task-1-fix",
    base: "HEAD",
    baseCommit: null,
  });
  await Deno.writeTextFile(join(place.path, "kept.txt"), "committed\n");
  await git(place.path, "add", "-A");
  await git(place.path, "commit", "--quiet", "--message=Work");
  await Deno.writeTextFile(join(place.path, "new.txt"), "not committed\n");
  const folder = dirname(repository.path);
  return { repository, folder, place, at, [Symbol.asyncDispose]: () => repository[Symbol.asyncDispose]() };
}

/** It is the worktree that it was, also for a git that runs in it. */
async function assertGoesOn(worktrees: ReturnType<typeof gitWorktrees>, place: Place, path: string): Promise<void> {
  assertEquals(await worktrees.isWhole(place), true);
  assertEquals(await worktrees.pathOf(place), path);
  assertEquals(await git(path, "status", "--porcelain"), "?? new.txt");
  assertEquals(await git(path, "rev-parse", "--abbrev-ref", "HEAD"), "task-1-fix");
  assertEquals((await worktrees.changes(place)).uncommitted, 1);
  const { commit } = await worktrees.snapshot(place, { task: 1, run: 1 });
  assertEquals(await git(path, "show", `${commit}:new.txt`), "not committed");
  await worktrees.remove(place);
  assertEquals(await Deno.lstat(path).then(() => true, () => false), false);
}

const moves: Record<string, (found: Found) => Promise<{ repo: string; root: string }>> = {
  async "its repository and the folder of worktrees"({ repository, folder }) {
    const repo = join(folder, "elsewhere", "repo");
    await Deno.mkdir(dirname(repo));
    await Deno.rename(repository.path, repo);
    await Deno.rename(`${repository.path}-worktrees`, `${repo}-worktrees`);
    return { repo, root: `${repo}-worktrees` };
  },
  async "the folder of worktrees alone"({ repository, folder }) {
    const root = join(folder, "trees");
    await Deno.rename(`${repository.path}-worktrees`, root);
    return { repo: repository.path, root };
  },
  async "its repository alone"({ repository, folder }) {
    const repo = join(folder, "other");
    await Deno.rename(repository.path, repo);
    return { repo, root: `${repository.path}-worktrees` };
  },
};

for (const [what, move] of Object.entries(moves)) {
  Deno.test(`a worktree is the one it was after ${what} moved`, async () => {
    await using found = await made();
    const { repo, root } = await move(found);
    await assertGoesOn(found.at(repo, root), found.place, join(root, "task-1-fix"));
  });

  Deno.test(`a removal alone finds the worktree after ${what} moved`, async () => {
    await using found = await made();
    const { repo, root } = await move(found);
    const worktrees = found.at(repo, root);
    const { commit } = await worktrees.snapshot(found.place, { task: 1, run: 1 });
    assertEquals(await git(repo, "show", `${commit}:new.txt`), "not committed");
    await worktrees.remove(found.place);
    assertEquals(await Array.fromAsync(Deno.readDir(root)), []);
  });
}

Deno.test("a worktree that still stands in its old place is not taken for a copy in the new one", async () => {
  await using found = await made();
  const { repository, folder, place, at } = found;
  const root = join(folder, "trees");
  await Deno.mkdir(root);
  await new Deno.Command("cp", { args: ["-a", place.path, root] }).output();
  const worktrees = at(repository.path, root);
  assertEquals(await worktrees.isWhole(place), false);
  const error = await assertRejects(() => worktrees.snapshot(place, { task: 1, run: 1 }), DomainError);
  assertEquals(error.code, "conflict");
  assert(/it is not in .*trees; move it there, or set CODER_WORKTREES/.test(error.message), error.message);
  await assertRejects(() => worktrees.remove(place), DomainError);
  assertEquals(await git(place.path, "status", "--porcelain"), "?? new.txt");
});

Deno.test("a copy of the repository and its worktrees is not followed while the original stands", async () => {
  await using found = await made();
  const { repository, folder, place, at } = found;
  const copy = join(folder, "copy");
  await Deno.mkdir(copy);
  for (const name of ["repo", "repo-worktrees"]) {
    await new Deno.Command("cp", { args: ["-a", join(folder, name), copy] }).output();
  }
  const worktrees = at(join(copy, "repo"), join(copy, "repo-worktrees"));
  assertEquals(await worktrees.isWhole(place), false);
  await assertRejects(() => worktrees.remove(place), DomainError, "it is not in");
  assertEquals(await at(repository.path, `${repository.path}-worktrees`).isWhole(place), true);
  // Nor while only the original repository does: the copied folder is still a worktree of that one.
  await Deno.remove(place.path, { recursive: true });
  assertEquals(await worktrees.isWhole(place), false);
  await Deno.rename(repository.path, `${repository.path}-gone`);
  assertEquals(await worktrees.isWhole(place), true);
});

Deno.test("a worktree of another store, or a folder that only looks like one, is not followed", async () => {
  await using found = await made();
  const { repository, place, at } = found;
  const { root } = await moves["the folder of worktrees alone"]!(found);
  const foreign = at(repository.path, root, crypto.randomUUID());
  const noted = join(repository.path, ".git", "worktrees", "task-1-fix", "gitdir");
  const before = await Deno.readTextFile(noted);
  assertEquals(await foreign.isWhole(place), false);
  await assertRejects(() => foreign.remove(place), DomainError);
  assertEquals(await Deno.readTextFile(noted), before);
  // Its `.git` is a link, or names another entry.
  const link = join(root, "task-1-fix", ".git");
  const text = await Deno.readTextFile(link);
  await Deno.rename(link, `${link}.file`);
  await Deno.symlink(`${link}.file`, link);
  assertEquals(await at(repository.path, root).isWhole(place), false);
  await Deno.remove(link);
  await Deno.writeTextFile(link, text.replace("task-1-fix", "task-2-other"));
  assertEquals(await at(repository.path, root).isWhole(place), false);
  await Deno.writeTextFile(link, text);
  await Deno.remove(`${link}.file`);
  assertEquals(await at(repository.path, root).isWhole(place), true);
});
