import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { dirname, join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { gitExchange } from "../../../core/process/git/git_exchange.ts";
import { git } from "../../support/temp.ts";
import { commitIn, worktreeWorld, write } from "../worktree_world.ts";

/** A worker with a task's worktree, and another worker's clone; both know one bare repository as their exchange. */
async function exchangeWorld() {
  const w = await worktreeWorld();
  const place = await w.add();
  const folder = dirname(w.repo.path);
  const bare = join(folder, "exchange.git");
  const clone = join(folder, "clone");
  await git(folder, "init", "--quiet", "--bare", bare);
  await git(folder, "clone", "--quiet", "--no-local", w.repo.path, clone);
  const at = (repo: string, url = bare) =>
    gitExchange(
      {
        repos: new Map([[place.repo, repo]]),
        root: () => join(folder, `${repo}-worktrees`),
        store: crypto.randomUUID(),
      },
      { current: new Map([[place.repo, url]]), look: () => Promise.resolve() },
    );
  const there = async () =>
    (await git(bare, "for-each-ref", "--format=%(refname) %(objectname)")).trim().split("\n").filter(Boolean);
  return { w, place, bare, clone, here: at(w.repo.path), other: at(clone), at, there };
}

const task = { task: 7 };

Deno.test("give() and take() carry a task's branch and refs from one clone to another, and once is as good as twice", async () => {
  const { w, place, clone, here, other, there } = await exchangeWorld();
  await using _ = w;
  await write(place.path, "work.txt");
  const commit = await commitIn(place.path, "Work");
  await write(place.path, "more.txt");
  const point = await w.worktrees.savePoint(place, { ...task, name: "run-1" });
  const given = await here.give(place, task);
  assertEquals(given.commit, commit);
  const refs = [`refs/coder/task-7/point-run-1 ${point.commit}`, `refs/heads/${place.branch} ${commit}`];
  assertEquals(await there(), refs);
  assertEquals(await here.give(place, task), given);

  assertEquals(await other.take(place, task), { commit });
  assertEquals((await git(clone, "rev-parse", "refs/coder/task-7/point-run-1")).trim(), point.commit);
  assertEquals((await git(clone, "show", `${point.commit}:more.txt`)).length > 0, true);
  assertEquals(await other.take(place, task), { commit });
  // The branch itself is for whoever goes on there.
  assertEquals((await git(clone, "for-each-ref", `refs/heads/${place.branch}`)).trim(), "");
});

Deno.test("what was rewritten here replaces what was given before; what somebody else gave since does not go", async () => {
  const { w, place, clone, here, other, there } = await exchangeWorld();
  await using _ = w;
  await write(place.path, "work.txt");
  await commitIn(place.path, "Work");
  await here.give(place, task);
  await git(place.path, "commit", "--quiet", "--amend", "-m", "Other words");
  const amended = (await git(place.path, "rev-parse", "HEAD")).trim();
  assertEquals((await here.give(place, task)).commit, amended);

  await other.take(place, task);
  await git(clone, "checkout", "--quiet", "-b", place.branch, amended);
  await write(clone, "newer.txt");
  const newer = await commitIn(clone, "Newer");
  assertEquals((await other.give(place, task)).commit, newer);
  const error = await assertRejects(() => here.give(place, task), DomainError, "other work on branch");
  assertEquals(error.code, "conflict");
  assertEquals(await there(), [`refs/heads/${place.branch} ${newer}`]);

  // Who has the task by now says so.
  assertEquals((await here.give(place, { ...task, keepOther: true })).commit, amended);
  const kept = `refs/coder/kept/task-7-${newer.slice(0, 12)} ${newer}`;
  assertEquals(await there(), [kept, `refs/heads/${place.branch} ${amended}`]);
});

Deno.test("a ref that says something else there is left, and that of here gets another name", async () => {
  const { w, place, clone, here, bare, there } = await exchangeWorld();
  await using _ = w;
  await write(clone, "other.txt");
  const foreign = await commitIn(clone, "Foreign");
  await git(clone, "push", "--quiet", bare, `${foreign}:refs/coder/task-7/point-run-1`);
  await write(place.path, "work.txt");
  const commit = await commitIn(place.path, "Work");
  await w.worktrees.savePoint(place, { ...task, name: "run-1" });
  const refs = [
    `refs/coder/kept/task-7-${commit.slice(0, 12)} ${commit}`,
    `refs/coder/task-7/point-run-1 ${foreign}`,
    `refs/heads/${place.branch} ${commit}`,
  ];
  for (let times = 0; times < 2; times++) {
    assertEquals((await here.give(place, task)).commit, commit);
    assertEquals(await there(), refs);
  }
});

Deno.test("refs of other tasks and what a run changed in the git folder stay at home", async () => {
  const { w, place, here, there } = await exchangeWorld();
  await using _ = w;
  const head = (await git(place.path, "rev-parse", "HEAD")).trim();
  for (const name of ["task-70/run-1", "task-7/git-folder-1", "kept/task-70-x", "kept/task-7-1", "task-7/run-1"]) {
    await git(w.repo.path, "update-ref", `refs/coder/${name}`, head);
  }
  await here.give(place, task);
  const names = ["refs/coder/kept/task-7-1", "refs/coder/task-7/run-1", `refs/heads/${place.branch}`];
  assertEquals((await there()).map((line) => line.split(" ")[0]), names);
});

Deno.test("takeBase() finds a branch and a commit of another clone, and says what is not there", async () => {
  const { w, place, clone, here, other } = await exchangeWorld();
  await using _ = w;
  await write(place.path, "work.txt");
  const commit = await commitIn(place.path, "Work");
  await here.give(place, task);
  assertEquals(await other.takeBase(place.repo, "nothing-of-that-name"), null);
  assertEquals(await other.takeBase(place.repo, "0".repeat(40)), null);
  assertEquals(await other.takeBase(place.repo, place.branch), commit);
  assertEquals((await git(clone, "cat-file", "-t", commit)).trim(), "commit");
  assertEquals(await other.takeBase(place.repo, commit), commit);
});

Deno.test("an exchange that is not there is an error without secrets, and nothing of a remote's hooks runs", async () => {
  const { w, place, bare, at, here } = await exchangeWorld();
  await using _ = w;
  const gone = at(w.repo.path, "http://someone:secret@127.0.0.1:1/gone.git");
  const error = await assertRejects(() => gone.give(place, task), DomainError);
  assertEquals(error.code, "unavailable");
  assert(!error.message.includes("secret"), error.message);
  assertStringIncludes(error.message, "127.0.0.1");
  const trace = join(dirname(bare), "trace");
  await Deno.writeTextFile(join(bare, "hooks", "update"), `#!/bin/sh\necho ran > ${trace}\n`, { mode: 0o755 });
  await write(place.path, "work.txt");
  await commitIn(place.path, "Work");
  await here.give(place, task);
  await assertRejects(() => Deno.stat(trace), Deno.errors.NotFound);
});
