import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { gitWorktrees } from "../../../core/process/git/git_worktrees.ts";
import { git } from "../../support/temp.ts";
import { commitIn, write } from "../worktree_world.ts";
import { contentOf, folderWorld, runThat, wordsOf } from "./folder_world.ts";

const nothing = { changes: [], count: 0, ref: null, commit: null };
const evil = "#!/bin/sh\necho taken over\n";

Deno.test("restoreFolder() leaves alone what is a run's, a person's and the service's own", async () => {
  await using world = await folderWorld();
  const { folder, place, other, person, repo, worktrees } = world;
  const changes = await runThat(world, async () => {
    // The run's own worktree, and the repository's history.
    await git(place.path, "switch", "--quiet", "-c", "work");
    await commitIn(place.path, "work");
    await git(place.path, "tag", "v1");
    // The person's, in the main checkout and in a worktree.
    await repo.git("switch", "--quiet", "-c", "elsewhere");
    await git(person, "switch", "--quiet", "--detach");
    await repo.git("worktree", "lock", person);
    await repo.git("worktree", "add", "--quiet", "--detach", `${person}-2`);
    // The service's.
    await worktrees.add({ repo: "app", task: 3, branch: "task-3-x", base: "HEAD", baseCommit: null });
    await worktrees.remove(other);
  });
  assertEquals(changes, nothing);
  assertEquals(await git(person, "rev-parse", "--abbrev-ref", "HEAD"), "HEAD");
  assertEquals(await Deno.readTextFile(join(folder, "worktrees/task-1-x/HEAD")), "ref: refs/heads/work\n");
});

Deno.test("restoreFolder() expects nothing of a worktree that the service made anew, or followed to another place", async () => {
  await using world = await folderWorld();
  const { folder, other, repo, worktrees } = world;
  assertEquals(
    await runThat(world, async () => {
      await write(folder, "worktrees/task-2-x/locked", "by the person\n");
      await worktrees.remove(other);
      await repo.git("branch", "task-2-x", "HEAD");
      await repo.git("branch", "-D", "task-2-x");
      await worktrees.add({ repo: "app", task: 2, branch: "task-2-x", base: "HEAD", baseCommit: null });
      await git(join(world.place.path, "../task-2-x"), "switch", "--quiet", "--detach");
    }),
    nothing,
  );
  using guard = await worktrees.guardFolder(world.place);
  const root = `${repo.path}-moved`;
  await Deno.rename(`${repo.path}-worktrees`, root);
  const moved = gitWorktrees({
    repos: new Map([["app", repo.path]]),
    root: () => root,
    store: "6d1c0000-0000-4000-8000-000000000001",
  });
  using late = await moved.guardFolder(world.place);
  assertEquals(await moved.isWhole(other), true);
  assertEquals(await moved.restoreFolder(world.place, late, { task: 1, run: 2 }), nothing);
  assertEquals(await moved.isWhole(other), true);
  guard[Symbol.dispose]();
});

Deno.test("restoreFolder() expects nothing of a name that a person took over, or of a worktree that was put back", async () => {
  await using world = await folderWorld();
  const { place, other, repo, worktrees } = world;
  assertEquals(
    await runThat(world, async () => {
      await worktrees.remove(other);
      await repo.git("worktree", "add", "--quiet", "-b", "taken", other.path);
    }),
    nothing,
  );
  const third = await worktrees.add({ repo: "app", task: 3, branch: "task-3-x", base: "HEAD", baseCommit: null });
  await repo.git("worktree", "lock", third.path);
  using guard = await worktrees.guardFolder(place);
  await repo.git("worktree", "remove", "-f", "-f", third.path);
  await worktrees.restore(third, { task: 3, commit: null });
  assertEquals(await worktrees.restoreFolder(place, guard, { task: 1, run: 2 }), nothing);
});

Deno.test("restoreFolder() removes nothing through a link that was there before", async () => {
  await using world = await folderWorld();
  const { folder, outside } = world;
  await Deno.rename(join(folder, "hooks"), join(outside, "hooks"));
  await Deno.symlink(join(outside, "hooks"), join(folder, "hooks"));
  const before = await contentOf(outside);
  const changes = await runThat(world, async () => {
    await Deno.remove(join(folder, "hooks"));
    await write(folder, "hooks/commit-msg", evil);
  });
  assertEquals(wordsOf(changes), ["removed hooks", "added hooks/commit-msg"]);
  assertEquals(await Deno.readLink(join(folder, "hooks")), join(outside, "hooks"));
  assertEquals(await contentOf(outside), before);
});

Deno.test("HEAD of another task's worktree is put back, unless a run is at work there", async () => {
  await using world = await folderWorld();
  const { folder, place, other, worktrees } = world;
  const move = () => write(folder, "worktrees/task-2-x/HEAD", "ref: refs/heads/main\n");
  assertEquals(wordsOf(await runThat(world, move)), ["changed worktrees/task-2-x/HEAD"]);

  const [one, two] = [await worktrees.guardFolder(place), await worktrees.guardFolder(other)];
  await move();
  assertEquals(await worktrees.restoreFolder(place, one, { task: 1, run: 2 }), nothing);
  assertEquals(await worktrees.restoreFolder(other, two, { task: 2, run: 1 }), nothing);

  // Where a run of this process left it is right for the others.
  const [three, four] = [await worktrees.guardFolder(place), await worktrees.guardFolder(other)];
  await write(folder, "worktrees/task-2-x/HEAD", "ref: refs/heads/task-2-x\n");
  assertEquals(await worktrees.restoreFolder(other, four, { task: 2, run: 2 }), nothing);
  assertEquals(await worktrees.restoreFolder(place, three, { task: 1, run: 3 }), nothing);
});

Deno.test("HEAD of another store's worktree is free", async () => {
  await using world = await folderWorld();
  const { folder } = world;
  await write(folder, "worktrees/task-2-x/personal-coder", JSON.stringify({ store: "another", task: 2 }));
  assertEquals(await runThat(world, () => write(folder, "worktrees/task-2-x/HEAD", "ref: refs/heads/main\n")), nothing);
});

Deno.test("a mark on a person's worktree is undone, and nothing else there", async () => {
  await using world = await folderWorld();
  const { folder, person } = world;
  const mark = await Deno.readTextFile(join(folder, "worktrees/task-2-x/personal-coder"));
  const changes = await runThat(world, async () => {
    await write(folder, "worktrees/repo-person/personal-coder", mark);
    await world.repo.git("worktree", "lock", person);
  });
  assertEquals(wordsOf(changes), ["added worktrees/repo-person/personal-coder"]);
  assertEquals(await git(person, "rev-parse", "--abbrev-ref", "HEAD"), "personal");
});

Deno.test("of several runs at once, each change is undone once, and none passes for what was there before", async () => {
  await using world = await folderWorld();
  const { folder, place, other, worktrees } = world;
  const before = await contentOf(folder);
  const one = await worktrees.guardFolder(place);
  await write(folder, "hooks/pre-commit", evil);
  await write(folder, "modules/new/HEAD", "ref: refs/heads/main\n");
  await write(folder, "modules/new/hooks/post-checkout", evil);
  const two = await worktrees.guardFolder(other);
  const changes = await worktrees.restoreFolder(other, two, { task: 2, run: 7 });
  assertEquals(wordsOf(changes), ["added hooks/pre-commit", "added modules/new/hooks/post-checkout"]);
  assertEquals(changes.ref, "refs/coder/task-2/git-folder-7");
  await Deno.remove(join(folder, "modules/new"), { recursive: true });
  assertEquals(await contentOf(folder), before);
  assertEquals(await worktrees.restoreFolder(place, one, { task: 1, run: 1 }), nothing);

  // The baseline went with the last run: what a person changes now is how it is to be.
  await write(folder, "hooks/pre-commit", "#!/bin/sh\nexit 0\n");
  assertEquals(await runThat(world, () => Promise.resolve()), nothing);
  assertEquals(await Deno.readTextFile(join(folder, "hooks/pre-commit")), "#!/bin/sh\nexit 0\n");
});

Deno.test("a guard that is disposed of takes the baseline with it", async () => {
  await using world = await folderWorld();
  const { folder, place, worktrees } = world;
  (await worktrees.guardFolder(place))[Symbol.dispose]();
  await write(folder, "hooks/pre-commit", evil);
  assertEquals(await runThat(world, () => Promise.resolve()), nothing);
});

Deno.test("a submodule that comes in during a run stays, without hooks and settings that start programs", async () => {
  await using world = await folderWorld();
  const { folder, repo } = world;
  const plain = join(folder, "modules/plain");
  const changes = await runThat(world, async () => {
    await repo.git(
      "-c",
      "protocol.file.allow=always",
      "submodule",
      "add",
      "--quiet",
      "--name",
      "plain",
      repo.path,
      "sub",
    );
    await git(repo.path, "clone", "--quiet", "--bare", repo.path, join(folder, "modules/armed"));
    await git(join(folder, "modules/armed"), "config", "core.fsmonitor", "/tmp/monitor");
    await write(folder, "modules/armed/hooks/post-checkout", evil);
  });
  assertEquals(wordsOf(changes), [
    ...["changed config", "added modules/armed/config", "added modules/armed/hooks/post-checkout"],
  ]);
  await git(plain, "fsck", "--strict");
});

Deno.test("a worktree that was made during a run is guarded from the next one on", async () => {
  await using world = await folderWorld();
  const { folder, place, other, worktrees } = world;
  using _guard = await worktrees.guardFolder(place);
  await worktrees.add({ repo: "app", task: 3, branch: "task-3-x", base: "HEAD", baseCommit: null });
  using next = await worktrees.guardFolder(other);
  await write(folder, "worktrees/task-3-x/HEAD", "ref: refs/heads/main\n");
  const changes = await worktrees.restoreFolder(other, next, { task: 2, run: 1 });
  assertEquals(wordsOf(changes), ["changed worktrees/task-3-x/HEAD"]);
});
