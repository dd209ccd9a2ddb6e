import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { git } from "../../support/temp.ts";
import { commitIn, worktreeWorld, write } from "../worktree_world.ts";

const point = (name: string) => ({ task: 1, name });
const refOf = (name: string) => `refs/coder/task-1/point-${name}`;

Deno.test("savePoint() needs no ref for the base, holds HEAD when all is committed, and outlives an amended commit", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  assertEquals(await w.worktrees.savePoint(place, point("run-1")), { ref: null, commit: place.base_commit });
  await write(place.path, "work.txt");
  const head = await commitIn(place.path, "Work");
  assertEquals(await w.worktrees.savePoint(place, point("run-1")), { ref: refOf("run-1"), commit: head });
  await git(place.path, "-c", "user.name=T", "-c", "user.email=t@e", "commit", "--amend", "--quiet", "--message=Other");
  assertEquals(await w.repo.git("rev-parse", refOf("run-1")), head);
  assertEquals(await w.refs("refs/coder/task-1"), [refOf("run-1")]);
});

Deno.test("savePoint() takes in what is not committed, leaves the index alone, and is the same when called again", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  await write(place.path, "committed.txt");
  const head = await commitIn(place.path, "Work");
  await write(place.path, "README.md", "changed\n");
  await write(place.path, 'odd "näme\t\n.txt');
  await write(place.path, ".gitignore", "node_modules/\n");
  await write(place.path, "node_modules/x.js");
  const first = await w.worktrees.savePoint(place, point("message-41"));
  assertEquals(first.ref, refOf("message-41"));
  const files = (await w.repo.git("ls-tree", "-r", "-z", "--name-only", first.commit)).split("\0");
  assertEquals(files.filter(Boolean), [".gitignore", "README.md", "committed.txt", 'odd "näme\t\n.txt']);
  assertEquals(await w.repo.git("rev-parse", `${first.commit}^`), head);
  assertEquals(await git(place.path, "diff", "--cached", "--name-only"), "");
  assertEquals(await w.worktrees.savePoint(place, point("message-41")), first);
  await write(place.path, "README.md", "changed again\n");
  const second = await w.worktrees.savePoint(place, point("message-41"));
  assertEquals(second.ref, `${refOf("message-41")}-2`);
  assertEquals((await w.worktrees.points("app", 1)).map(({ ref }) => ref), [first.ref, second.ref]);
});

Deno.test("savePoint() believes the caller who has just counted, and asks else", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  await write(place.path, "work.txt");
  const head = await commitIn(place.path, "Work");
  const { uncommitted } = await w.worktrees.changes(place);
  assertEquals(await w.worktrees.savePoint(place, { ...point("run-1"), uncommitted }), {
    ref: refOf("run-1"),
    commit: head,
  });
  await write(place.path, "more.txt");
  const changes = await w.worktrees.changes(place);
  const { commit } = await w.worktrees.savePoint(place, { ...point("run-2"), uncommitted: changes.uncommitted });
  assertEquals(await w.files(commit), ["README.md", "more.txt", "work.txt"]);
});

Deno.test("savePoint() saves the branch of a worktree that is gone, and says when that is gone too", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  await write(place.path, "work.txt");
  const head = await commitIn(place.path, "Work");
  await w.repo.git("worktree", "remove", "--force", place.path);
  assertEquals(await w.worktrees.savePoint(place, point("run-1")), { ref: refOf("run-1"), commit: head });
  await w.repo.git("branch", "-D", place.branch);
  await assertRejects(() => w.worktrees.savePoint(place, point("run-2")), DomainError, "neither it nor branch");
});

Deno.test("savePoint() takes no name that could be another ref's", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  for (const name of ["", "run", "run-1-2", "run-1/x", "../run-1", "Run-1", "run--1", "run-1\n"]) {
    const error = await assertRejects(() => w.worktrees.savePoint(place, point(name)), DomainError);
    assertEquals(error.code, "invalid", name);
  }
});

Deno.test("savePoint() keeps what a repository inside holds, once; one that cannot be saved changes nothing", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  const nested = join(place.path, "lib");
  await git(place.path, "init", "--quiet", nested);
  await write(nested, "inner.txt");
  await commitIn(nested, "Inner");
  await write(nested, "dirty.txt");
  const first = await w.worktrees.savePoint(place, point("run-1"));
  assertEquals(await w.refs("refs/coder/task-1"), [refOf("run-1"), `${refOf("run-1")}-nested/lib`]);
  assertEquals(await w.files(`${refOf("run-1")}-nested/lib`), ["dirty.txt", "inner.txt"]);
  assertEquals(await w.worktrees.savePoint(place, point("run-1")), first);
  // As if what it holds had been saved long ago: a commit of the same work, with another time.
  const held = await w.repo.git("cat-file", "commit", `${refOf("run-1")}-nested/lib`);
  await Deno.writeTextFile(join(w.repo.path, "old"), `${held.replaceAll(/> \d+ /g, "> 1000000000 ")}\n`);
  const old = await w.repo.git("hash-object", "-t", "commit", "-w", "old");
  await w.repo.git("update-ref", `${refOf("run-1")}-nested/lib`, old);
  const second = await w.worktrees.savePoint(place, point("run-1"));
  assertStringIncludes(await w.repo.git("ls-tree", second.commit, "lib"), `commit ${old}`);
  assertEquals(await w.worktrees.savePoint(place, point("run-1")), second);

  await Deno.writeTextFile(join(nested, ".git", "index"), "broken");
  await assertRejects(
    () => w.worktrees.savePoint(place, point("run-2")),
    DomainError,
    "lib is a repository of its own",
  );
  assertEquals((await w.refs("refs/coder/task-1")).length, 3);
  assert((await Deno.stat(join(nested, "dirty.txt"))).isFile);

  for (const saved of await w.worktrees.points("app", 1)) await w.worktrees.removeSnapshot("app", saved);
  assertEquals(await w.refs("refs/coder/task-1"), []);
});

Deno.test("points() are those of one task, and no snapshots", async () => {
  await using w = await worktreeWorld();
  for (const name of ["task-1/run-1", "task-1/aside-1", "task-11/point-run-1", "task-1/point-run-1-nested/lib"]) {
    await w.repo.git("update-ref", `refs/coder/${name}`, "HEAD");
  }
  assertEquals(await w.worktrees.points("app", 1), []);
});
