import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { gitWorktrees } from "../../../core/process/git/git_worktrees.ts";
import { DomainError } from "../../../core/domain/error.ts";
import { eventually, git, tempDir } from "../../support/temp.ts";
import { commitIn, write } from "../worktree_world.ts";
import { contentOf, type FolderWorld, folderWorld, runThat, wordsOf } from "./folder_world.ts";

const nothing = { changes: [], count: 0, ref: null, commit: null };
const evil = "#!/bin/sh\necho taken over\n";

/** The port of a service that was started anew. */
function startedAnew({ repo }: FolderWorld) {
  return gitWorktrees({
    repos: new Map([["app", repo.path]]),
    root: () => `${repo.path}-worktrees`,
    store: "6d1c0000-0000-4000-8000-000000000001",
  });
}

Deno.test("restoreFolder() after a restart compares with the file, and a run begun meanwhile does not take its changes for good", async () => {
  await using world = await folderWorld();
  const { folder, place, other, worktrees } = world;
  await using data = await tempDir();
  const file = join(data.path, "baseline.json");
  const before = await contentOf(folder);
  await worktrees.guardFolder(place, { file });
  assertEquals((await Deno.stat(file)).mode! & 0o777, 0o600);
  await write(folder, "hooks/pre-commit", evil);
  await Deno.remove(join(folder, "config"));
  // No record of a worktree can be hidden by looking half-made.
  await Deno.remove(join(folder, "worktrees/task-2-x/personal-coder"));
  await write(folder, "worktrees/task-2-x/locked", "initializing");

  const anew = startedAnew(world);
  const late = await anew.guardFolder(other);
  const changes = await anew.restoreFolder(place, { file }, { task: 1, run: 1 });
  assertEquals(wordsOf(changes), [
    ...["removed config", "added hooks/pre-commit", "added worktrees/task-2-x/locked"],
    "removed worktrees/task-2-x/personal-coder",
  ]);
  assertEquals(await contentOf(folder), before);
  assertEquals(await anew.restoreFolder(other, late, { task: 2, run: 1 }), nothing);
  assertEquals(await contentOf(folder), before);
  assertEquals(await anew.restoreFolder(place, { file }, { task: 1, run: 1 }), changes);

  await git(place.path, "switch", "--quiet", "--detach");
  const saved = { file };
  assertEquals(wordsOf(await startedAnew(world).restoreFolder(place, saved, { task: 1, run: 2 })), []);

  await Deno.writeTextFile(file, "{");
  await assertRejects(() => anew.restoreFolder(place, { file }, { task: 1, run: 1 }), DomainError, "Cannot compare");
});

Deno.test("restoreFolder() finishes what a kill cut short, under one ref", async () => {
  await using world = await folderWorld();
  const { folder, place, repo, worktrees } = world;
  await using data = await tempDir();
  const file = join(data.path, "baseline.json");
  await worktrees.guardFolder(place, { file });
  const before = await contentOf(folder);
  const tamper = async () => {
    await write(folder, "hooks/pre-commit", evil);
    await write(folder, "info/attributes", "* filter=evil\n");
  };
  await tamper();
  const whole = await worktrees.restoreFolder(place, { file }, { task: 1, run: 1 });

  // Killed with all kept, half put back, and no ref yet.
  await write(folder, "info/attributes", "* filter=evil\n");
  await repo.git("update-ref", "-d", whole.ref!);
  await write(folder, "personal-coder.kept-1-1", whole.commit!);
  await write(folder, "personal-coder.put-back", "half");
  await write(folder, "personal-coder.keep/refs/half", "half");
  assertEquals(await startedAnew(world).restoreFolder(place, { file }, { task: 1, run: 1 }), whole);
  const after = await contentOf(folder);
  delete after["personal-coder.put-back"];
  assertEquals(after, before);

  // Killed with all put back, and no ref yet.
  await repo.git("update-ref", "-d", whole.ref!);
  await write(folder, "personal-coder.kept-1-1", whole.commit!);
  assertEquals(await startedAnew(world).restoreFolder(place, { file }, { task: 1, run: 1 }), whole);

  // Something else changed since.
  await write(folder, "hooks/pre-push", evil);
  const more = await startedAnew(world).restoreFolder(place, { file }, { task: 1, run: 1 });
  assertEquals(more.ref, "refs/coder/task-1/git-folder-1-2");
  assertEquals(wordsOf(more), ["added hooks/pre-commit", "added hooks/pre-push", "changed info/attributes"]);
  assertEquals(await world.files(more.commit!), ["hooks/pre-commit", "hooks/pre-push", "info/attributes"]);
});

Deno.test("restoreFolder() loses nothing when git refuses in the middle", async () => {
  await using world = await folderWorld();
  const { folder, place, worktrees } = world;
  await using data = await tempDir();
  const file = join(data.path, "baseline.json");
  using guard = await worktrees.guardFolder(place, { file });
  await write(folder, "hooks/pre-commit", evil);
  await write(folder, "refs/coder/task-1", "in the way\n");
  await assertRejects(() => worktrees.restoreFolder(place, guard, { task: 1, run: 1 }), DomainError);
  await Deno.remove(join(folder, "refs/coder/task-1"));
  const changes = await startedAnew(world).restoreFolder(place, { file }, { task: 1, run: 1 });
  assertEquals(wordsOf(changes), ["added hooks/pre-commit"]);
  assertEquals(await world.files("refs/coder/task-1/git-folder-1"), ["hooks/pre-commit"]);
  assertEquals(await worktrees.restoreFolder(place, guard, { task: 1, run: 1 }), changes);
});

Deno.test("restoreFolder() puts back where worktrees are when all their records were replaced by a link", async () => {
  await using world = await folderWorld();
  const { folder, place, other, outside, worktrees } = world;
  const changes = await runThat(world, async () => {
    await Deno.rename(join(folder, "worktrees"), join(outside, "records"));
    await Deno.symlink(join(outside, "records"), join(folder, "worktrees"));
    await write(outside, "records/task-2-x/gitdir", "/tmp/elsewhere/.git\n");
  });
  assertEquals(wordsOf(changes).slice(0, 2), ["added worktrees", "removed worktrees/repo-person/commondir"]);
  assertEquals([await worktrees.isWhole(place), await worktrees.isWhole(other)], [true, true]);
  assertEquals(await Deno.readTextFile(join(outside, "records/task-2-x/gitdir")), "/tmp/elsewhere/.git\n");
});

Deno.test("restoreFolder() waits for a git that is writing the configuration", async () => {
  await using world = await folderWorld();
  const { folder, place, worktrees } = world;
  const before = await contentOf(folder);
  using guard = await worktrees.guardFolder(place);
  await write(folder, "config", "[alias]\n\tst = !taken over\n");
  await write(folder, "config.lock", "[user]\n\tname = Somebody\n");
  const restored = worktrees.restoreFolder(place, guard, { task: 1, run: 1 });
  await eventually(() => Deno.lstat(join(folder, "personal-coder.kept-1-1")), { what: "it is at putting back" });
  // As git ends its writing.
  await Deno.rename(join(folder, "config.lock"), join(folder, "config"));
  assertEquals(wordsOf(await restored), ["changed config"]);
  assertEquals(await contentOf(folder), before);
});

Deno.test("restoreFolder() waits for the configuration's lock, but not for one that was left behind", async () => {
  await using world = await folderWorld();
  const { folder } = world;
  const before = await contentOf(folder);
  const changes = await runThat(world, async () => {
    await write(folder, "config", "[alias]\n\tst = !taken over\n");
    await write(folder, "config.lock", "left behind");
  });
  assertEquals(wordsOf(changes), ["changed config"]);
  assertEquals(await contentOf(folder), before);
});

Deno.test("restoreFolder() says so when a file was too large to be put back", async () => {
  await using world = await folderWorld();
  const { folder } = world;
  await write(folder, "hooks/big", "x".repeat(1024 * 1024 + 1));
  const changes = await runThat(world, () => write(folder, "hooks/big", evil));
  assertEquals(wordsOf(changes), ["changed hooks/big (not undone: it was too large to keep a copy)"]);
});

Deno.test("restoreFolder() names the first 50 of many, and removes all", async () => {
  await using world = await folderWorld();
  const { folder } = world;
  const names = Array.from({ length: 260 }, (_, n) => `hooks/x-${1000 + n}`);
  const changes = await runThat(world, () => Promise.all(names.map((name) => write(folder, name, evil))));
  assertEquals([changes.count, changes.changes.length], [260, 50]);
  assertEquals((await world.files(changes.commit!)).length, 200);
  assertEquals([...Deno.readDirSync(join(folder, "hooks"))].filter(({ name }) => name.startsWith("x-")), []);
});

for (const format of ["sha1", "sha256"]) {
  Deno.test(`what git itself does in a run leaves a sound repository, of ${format}, and tells of the configuration alone`, async () => {
    await using world = await gitsOwnWorld(format);
    const { place, path, worktrees, folder } = world;
    using guard = await worktrees.guardFolder(place);
    const identity = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "protocol.file.allow=always"];
    const inside = (...args: string[]) => git(place.path, ...identity, ...args);
    await commitIn(place.path, "one");
    await inside("submodule", "add", "--quiet", "--name", "sub", path, "sub");
    await inside("commit", "--quiet", "-m", "sub");
    await inside("submodule", "update", "--init");
    await write(place.path, "stashed.txt", "1\n");
    await inside("stash", "push", "--quiet", "--include-untracked");
    await inside("stash", "pop", "--quiet");
    await inside("add", "-A");
    await inside("commit", "--quiet", "-m", "two");
    await inside("branch", "aside", "HEAD~1");
    await inside("switch", "--quiet", "aside");
    await inside("commit", "--quiet", "--allow-empty", "-m", "three");
    await inside("rebase", "--quiet", place.branch);
    await inside("switch", "--quiet", place.branch);
    await inside("branch", "-D", "aside");
    await inside("config", "filter.lfs.clean", "git-lfs clean -- %f");
    await inside("pack-refs", "--all");
    await inside("gc", "--quiet", "--prune=now");
    await inside("maintenance", "run", "--task=commit-graph", "--quiet");
    const changes = await worktrees.restoreFolder(place, guard, { task: 1, run: 1 });
    assertEquals(wordsOf(changes), ["changed config"]);
    await git(path, "fsck", "--strict");
    await git(place.path, "status");
    assertEquals(await git(path, "rev-parse", "--show-object-format"), format);
    assertEquals(await git(path, "rev-parse", changes.ref!), changes.commit);
    assertEquals(await worktrees.isWhole(place), true);

    // Without it git would not even know the format.
    using again = await worktrees.guardFolder(place);
    await Deno.remove(join(folder, "config"));
    const removed = await worktrees.restoreFolder(place, again, { task: 1, run: 2 });
    assertEquals(wordsOf(removed), ["removed config"]);
    await git(path, "fsck", "--strict");
  });
}

async function gitsOwnWorld(format: string) {
  const root = await tempDir();
  const path = join(root.path, "repo");
  await git(root.path, "init", "--quiet", "--initial-branch=main", `--object-format=${format}`, path);
  await commitIn(path, "first");
  const worktrees = gitWorktrees({
    repos: new Map([["app", path]]),
    root: () => `${path}-worktrees`,
    store: "6d1c0000-0000-4000-8000-000000000001",
  });
  const { kept: _, ...place } = await worktrees.add({
    ...{ repo: "app", task: 1, branch: "task-1-x", base: "HEAD", baseCommit: null },
  });
  return {
    path,
    place,
    worktrees,
    folder: join(path, ".git"),
    [Symbol.asyncDispose]: () => root[Symbol.asyncDispose](),
  };
}
