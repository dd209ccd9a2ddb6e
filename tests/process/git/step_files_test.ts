import { assertEquals } from "@std/assert";
import { git } from "../../support/temp.ts";
import { commitIn, worktreeWorld, write } from "../worktree_world.ts";

const refOfSteps = "refs/coder/task-1/steps-1";

Deno.test("keepFiles() keeps the files one commit after the other, where they changed, and leaves branch and index alone", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  const keep = (before: string) => w.worktrees.keepFiles(place, { task: 1, run: 1, before });
  assertEquals(await keep(place.base_commit), null);
  await write(place.path, "one.txt");
  await write(place.path, ".gitignore", "node_modules/\n");
  await write(place.path, "node_modules/x.js");
  const one = (await keep(place.base_commit))!;
  assertEquals(one.ref, refOfSteps);
  assertEquals(await keep(one.commit), null);
  // What is committed changes no file.
  await commitIn(place.path, "Work");
  assertEquals(await keep(one.commit), null);
  await Deno.remove(`${place.path}/one.txt`);
  await write(place.path, "two.txt");
  const two = (await keep(one.commit))!;
  const filesOf = async (commit: string) =>
    (await w.repo.git("ls-tree", "-r", "--name-only", commit)).split("\n").filter((name) => name !== "README.md");
  assertEquals(await filesOf(one.commit), [".gitignore", "one.txt"]);
  assertEquals(await filesOf(two.commit), [".gitignore", "two.txt"]);
  assertEquals(await git(place.path, "status", "--porcelain"), "D one.txt\n?? two.txt");
  assertEquals(await w.refs("refs/coder/task-1"), [refOfSteps]);
  assertEquals(await w.repo.git("merge-base", "--is-ancestor", one.commit, two.commit), "");
  // Retention finds them as it finds points, and the exchange is not given them.
  assertEquals(await w.worktrees.points("app", 1), [{ ref: refOfSteps, commit: two.commit }]);
  await w.worktrees.remove(place);
  assertEquals(await keep(two.commit), null);
});
