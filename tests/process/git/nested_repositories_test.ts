import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import type { Place } from "../../../core/process/git/worktrees.ts";
import { git, tempRepository } from "../../support/temp.ts";
import { commitIn, type WorktreeWorld, worktreeWorld, write } from "../worktree_world.ts";

const identity = ["-c", "user.name=T", "-c", "user.email=t@example.com"];
const fileProtocol = ["-c", "protocol.file.allow=always"];

/** Saves and removes the worktree, as at the end of a failed task, and what git would throw away now. */
async function putAway(w: WorktreeWorld, place: Place) {
  const snapshot = await w.snapshot(place);
  await w.worktrees.remove(place);
  await assertRejects(() => Deno.lstat(place.path), Deno.errors.NotFound);
  await w.repo.git("reflog", "expire", "--expire=now", "--all");
  await w.repo.git("gc", "--quiet", "--prune=now");
  return snapshot;
}

const subjectOf = (w: WorktreeWorld, commit: string) => w.repo.git("log", "-1", "--format=%s", commit);

/** A worktree with `library` checked out as the submodule `lib`. */
async function addWithSubmodule(w: WorktreeWorld, library: string): Promise<Place> {
  await git(w.repo.path, ...fileProtocol, "submodule", "--quiet", "add", library, "lib");
  await commitIn(w.repo.path, "Add lib");
  const place = await w.add();
  await git(place.path, ...fileProtocol, "submodule", "--quiet", "update", "--init");
  return place;
}

/** An empty repository within `place`. */
async function initIn(place: Place, path = "nested"): Promise<string> {
  await git(place.path, "init", "--quiet", path);
  return join(place.path, path);
}

Deno.test("snapshot() keeps the commits of a submodule, with branches, stash, detached HEAD and what only a reflog has", async () => {
  await using library = await tempRepository();
  await using w = await worktreeWorld();
  const place = await addWithSubmodule(w, library.path);
  const lib = join(place.path, "lib");
  const entry = await git(place.path, "rev-parse", "--absolute-git-dir");
  assert((await Deno.stat(join(entry, "modules", "lib"))).isDirectory);
  await git(lib, "checkout", "--quiet", "-b", "topic");
  await write(lib, "topic.txt");
  const topic = await commitIn(lib, "On a branch");
  const amended = await commitIn(lib, "Amended away");
  await git(lib, ...identity, "commit", "--quiet", "--amend", "--allow-empty", "-m", "Better");
  for (const name of ["one", "two"]) {
    await write(lib, name);
    await git(lib, ...identity, "stash", "push", "--quiet", "--include-untracked", "-m", name);
  }
  await git(lib, "checkout", "--quiet", "--detach", "HEAD~1");
  const detached = await commitIn(lib, "Detached");
  // The gitlink is committed, so that for git all is clean.
  await commitIn(place.path, "Use the newest lib");
  assertEquals(await git(place.path, "status", "--porcelain"), "");

  const { nested } = await putAway(w, place);
  assertEquals(nested?.map(({ path, ref }) => [path, ref]), [["lib", "refs/coder/task-1/run-1-nested/lib"]]);
  for (
    const [commit, subject] of [[topic, "On a branch"], [amended, "Amended away"], [detached, "Detached"]] as const
  ) {
    assertEquals(await subjectOf(w, commit), subject);
  }
  const all = (await w.repo.git("log", "--format=%s", nested![0]!.ref)).split("\n");
  assertEquals(["On topic: one", "On topic: two", "Better"].filter((subject) => !all.includes(subject)), []);
  await w.repo.git("fsck", "--strict");
});

Deno.test("snapshot() keeps the commits of a submodule whose folder is gone", async () => {
  await using library = await tempRepository();
  await using w = await worktreeWorld();
  const place = await addWithSubmodule(w, library.path);
  const inner = await commitIn(join(place.path, "lib"), "Inner");
  await git(place.path, "submodule", "--quiet", "deinit", "--force", "lib");
  const { nested } = await putAway(w, place);
  assertEquals(nested?.map(({ path, commit }) => [path, commit]), [["lib", inner]]);
  assertEquals(await subjectOf(w, inner), "Inner");
});

Deno.test("snapshot() copies nothing of a submodule or clone that its remote has", async () => {
  await using library = await tempRepository();
  await using w = await worktreeWorld();
  const place = await addWithSubmodule(w, library.path);
  await git(place.path, "clone", "--quiet", library.path, "clone");
  assertEquals((await putAway(w, place)).nested, undefined);
});

Deno.test("snapshot() keeps commits and files of repositories within repositories, born or not", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  const at = (...parts: string[]) => join(place.path, ...parts);
  for (const path of ["empty", "unborn", "deep", "deep/a b/er"]) await initIn(place, path);
  await write(at("unborn"), "unborn.txt");
  await write(at("deep/a b/er"), "committed.txt");
  const deeper = await commitIn(at("deep/a b/er"), "Deeper");
  await write(at("deep/a b/er"), "loose.txt");
  await write(place.path, "work.txt");

  const { commit, nested } = await putAway(w, place);
  const refs = Object.fromEntries(nested!.map(({ path, ref }) => [path, ref]));
  assertEquals(Object.keys(refs).sort(), ["deep", "deep/a b/er", "unborn"]);
  assertEquals(refs["deep/a b/er"], "refs/coder/task-1/run-1-nested/deep-a-b-er");
  assertEquals(await w.files(refs["deep/a b/er"]!), ["committed.txt", "loose.txt"]);
  assertEquals(await w.repo.git("rev-parse", `${refs["deep/a b/er"]}^`), deeper);
  assertEquals(await w.files(refs["unborn"]!), ["unborn.txt"]);
  // From the snapshot a reader finds the way to each.
  assertEquals(await w.files(commit), ["README.md", "deep", "unborn", "work.txt"]);
  assertEquals(await w.repo.git("rev-parse", `${commit}:deep`), await w.repo.git("rev-parse", refs["deep"]!));
});

Deno.test("snapshot() keeps commits, but no files, of a repository in an ignored folder or among tracked files", async () => {
  await using w = await worktreeWorld();
  await write(w.repo.path, ".gitignore", "cache/\n");
  await write(w.repo.path, "src/tracked.txt");
  await commitIn(w.repo.path, "Ignore cache");
  const place = await w.add();
  for (const path of ["cache/tool", "src"]) await initIn(place, path);
  await write(place.path, "cache/tool/a.txt");
  const ignored = await commitIn(join(place.path, "cache/tool"), "In the cache");
  await write(place.path, "cache/tool/loose.txt");
  const among = await commitIn(join(place.path, "src"), "Among tracked files");
  await write(place.path, "src/tracked.txt", "changed\n");
  const { commit, nested } = await putAway(w, place);
  const kept = nested!.map((one) => [one.path, one.commit]).sort();
  assertEquals(kept, [["cache/tool", ignored], ["src", among]]);
  assertEquals(await w.repo.git("show", `${commit}:src/tracked.txt`), "changed");
});

Deno.test("snapshot() keeps files and HEAD of another worktree that lies inside", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  await git(place.path, "worktree", "add", "--quiet", "--detach", ".claude/worktrees/side");
  const side = join(place.path, ".claude/worktrees/side");
  const head = await commitIn(side, "Beside");
  await write(side, "loose.txt");
  const { nested } = await putAway(w, place);
  assertEquals(nested?.map(({ path }) => path), [".claude/worktrees/side"]);
  assertEquals(await w.repo.git("rev-parse", `${nested![0]!.ref}^`), head);
  assertEquals(await w.repo.git("show", `${nested![0]!.ref}:loose.txt`), "loose.txt");
});

Deno.test("snapshot() and remove() leave a worktree with a repository whose commits cannot be kept", async () => {
  const spoil: Record<string, (place: Place, library: string) => Promise<unknown>> = {
    "nested is a repository of its own, which git cannot read": async (place) => {
      await commitIn(await initIn(place), "Inner");
      await Deno.remove(join(place.path, "nested/.git/HEAD"));
    },
    // Its first commits are elsewhere: they would be missing in ours.
    "nested is a repository of its own, and what it holds cannot be kept": async (place, library) => {
      await git(place.path, "clone", "--quiet", "--depth=1", `file://${library}`, "nested");
      await commitIn(join(place.path, "nested"), "Inner");
    },
  };
  for (const [reason, build] of Object.entries(spoil)) {
    await using library = await tempRepository();
    for (const message of ["Second", "Third"]) await commitIn(library.path, message);
    await using w = await worktreeWorld();
    const place = await w.add();
    await build(place, library.path);
    await write(place.path, "work.txt");
    const error = await assertRejects(() => w.snapshot(place), DomainError);
    assertEquals(error.code, "unavailable");
    assertStringIncludes(error.message, reason);
    assertEquals(error.message.includes("\n"), false);
    await assertRejects(() => w.worktrees.remove(place), DomainError, reason);
    assertEquals(await w.refs("refs/coder/task-1"), []);
    assert((await Deno.stat(join(place.path, "work.txt"))).isFile);
  }
});

Deno.test("remove(), add() and removeMerged() keep or leave the commits of a nested repository too", async () => {
  await using w = await worktreeWorld();
  const start = async () => {
    const place = await w.add();
    return { place, inner: await commitIn(await initIn(place), `Inner ${crypto.randomUUID()}`) };
  };
  const first = await start();
  await w.worktrees.remove(first.place);
  assertEquals(await w.repo.git("rev-parse", "refs/coder/kept/task-1-nested/nested"), first.inner);

  const stale = await start();
  const { kept } = await w.worktrees.add({ repo: "app", task: 1, branch: "task-1-x", base: "HEAD", baseCommit: null });
  assert(kept.includes("refs/coder/kept/task-1-nested/nested-2"), `${kept}`);
  assertEquals(await w.repo.git("rev-parse", "refs/coder/kept/task-1-nested/nested-2"), stale.inner);

  // Ignored, so that nothing is uncommitted, and merged.
  const merged = await w.add(2);
  await write(w.repo.path, ".git/info/exclude", "nested\n");
  const last = await w.add(3);
  const nested = await initIn(last);
  assertEquals(await w.worktrees.mergedCommit(last), last.base_commit);
  await commitIn(nested, "Inner");
  assertEquals(await w.worktrees.mergedCommit(last), null);
  await assertRejects(() => w.worktrees.removeMerged(last), DomainError, "no other branch has");
  await w.worktrees.removeMerged(merged);
});

Deno.test("remove() and restore() keep the commits of a submodule when a person removed the worktree's folder", async () => {
  for (const action of ["remove", "restore"]) {
    await using library = await tempRepository();
    await using w = await worktreeWorld();
    const place = await addWithSubmodule(w, library.path);
    const inner = await commitIn(join(place.path, "lib"), "Inner");
    await Deno.remove(place.path, { recursive: true });
    if (action === "remove") await w.worktrees.remove(place);
    else await w.worktrees.restore(place, { task: 1, commit: null });
    assertEquals(await w.repo.git("rev-parse", "refs/coder/kept/task-1-nested/lib"), inner, action);
  }
});

Deno.test("removeSnapshot() deletes with a run's last snapshot what was kept beside it, and nothing of other runs", async () => {
  await using w = await worktreeWorld();
  const saved = [];
  for (const run of [1, 10, 1]) {
    const place = await w.add();
    await commitIn(await initIn(place), `Inner ${crypto.randomUUID()}`);
    await write(place.path, `${crypto.randomUUID()}.txt`);
    saved.push(await w.worktrees.snapshot(place, { task: 1, run }));
    await w.worktrees.remove(place);
  }
  assertEquals(saved[2]!.ref, "refs/coder/task-1/run-1-2");
  await w.worktrees.removeSnapshot("app", saved[0]!);
  assertEquals((await w.refs("refs/coder/task-1")).length, 5);
  await w.worktrees.removeSnapshot("app", saved[2]!);
  assertEquals(await w.refs("refs/coder/task-1"), [
    "refs/coder/task-1/run-10",
    "refs/coder/task-1/run-10-nested/nested",
  ]);
});
