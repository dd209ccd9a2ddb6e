import { assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { gitLandings } from "../../../../core/process/git/landing/git_landings.ts";
import { git, tempRepository } from "../../../support/temp.ts";
import { commitIn, write } from "../../worktree_world.ts";
import { type LandingWorld, landingWorld, STORE } from "./world.ts";

/** All that a person could lose: files, index and what HEAD is. */
async function stateOf(path: string): Promise<unknown> {
  const files: [string, string][] = [];
  for (const { name, isFile } of await Array.fromAsync(Deno.readDir(path))) {
    if (isFile) files.push([name, await Deno.readTextFile(join(path, name))]);
  }
  const index = await git(path, "ls-files", "--stage", "-v");
  return { files: files.sort(), index, head: await git(path, "log", "-1", "--format=%H %D") };
}

async function checkedOut(): Promise<{ w: LandingWorld; from: string; to: string; path: string }> {
  const w = await landingWorld({ main: "checked out" });
  const from = await w.commit("main", {
    "changed.txt": "1\n",
    "staged.txt": "1\n",
    "own.txt": "1\n",
    "gone.txt": "1\n",
  });
  await w.repo.git("reset", "--quiet", "--hard");
  const to = await w.commit("work", {
    "changed.txt": "2\n",
    "staged.txt": "2\n",
    "new name.txt": "2\n",
    "gone.txt": null,
  });
  return { w, from, to, path: w.repo.path };
}

Deno.test("move() takes the files of a checkout along and leaves a person's other changes, staged or not", async () => {
  const { w, from, to, path } = await checkedOut();
  await using _ = w;
  await write(path, "own.txt", "mine\n");
  await write(path, "staged-new.txt", "mine\n");
  await w.repo.git("add", "staged-new.txt");
  await write(path, "untracked.txt", "mine\n");
  const preview = await w.landings.preview("app", { target: "main", commit: to });
  assertEquals(preview.checkout, { path, in_the_way: [] });
  assertEquals(await w.move(from, to), { kind: "moved", backup_ref: "refs/coder/task-7/target-1" });
  assertEquals([await w.tip("main"), await w.tip("HEAD"), await w.tip("refs/coder/task-7/target-1")], [to, to, from]);
  assertEquals(await w.repo.git("symbolic-ref", "HEAD"), "refs/heads/main");
  assertEquals(await w.repo.git("status", "--porcelain"), "M own.txt\nA  staged-new.txt\n?? untracked.txt");
  assertEquals(await Deno.readTextFile(join(path, "new name.txt")), "2\n");
  assertStringIncludes(await w.repo.git("reflog", "-1"), "land task 7");
});

Deno.test("move() refuses by name what it would overwrite, and changes nothing", async () => {
  const dirt: Record<string, (path: string) => Promise<unknown>> = {
    "changed.txt": (path) => write(path, "changed.txt", "mine\n"),
    "staged.txt": async (path) => {
      await write(path, "staged.txt", "mine\n");
      await git(path, "add", "staged.txt");
    },
    "gone.txt": (path) => write(path, "gone.txt", "mine\n"),
    "new name.txt": (path) => write(path, "new name.txt", "mine\n"),
  };
  for (const [name, spoil] of Object.entries(dirt)) {
    const { w, from, to, path } = await checkedOut();
    await using _ = w;
    await spoil(path);
    const before = await stateOf(path);
    const preview = await w.landings.preview("app", { target: "main", commit: to });
    assertEquals(preview.checkout?.in_the_way, [name]);
    const moved = await w.move(from, to);
    assertEquals(moved.kind === "refused" && moved.files, [name]);
    assertStringIncludes(moved.kind === "refused" ? moved.reason : "", "would be overwritten by merge");
    assertEquals(await stateOf(path), before);
    assertEquals([await w.tip("main"), await w.refs("refs/coder")], [from, []]);
  }
});

Deno.test("move() overwrites no ignored file either", async () => {
  const { w, from, to, path } = await checkedOut();
  await using _ = w;
  await Deno.writeTextFile(join(path, ".git/info/exclude"), "new*\n");
  await write(path, "new name.txt", "precious\n");
  const preview = await w.landings.preview("app", { target: "main", commit: to });
  assertEquals(preview.checkout?.in_the_way, ["new name.txt"]);
  const moved = await w.move(from, to);
  assertEquals(moved.kind === "refused" && moved.files, ["new name.txt"]);
  assertEquals(await Deno.readTextFile(join(path, "new name.txt")), "precious\n");
});

Deno.test("move() lets no hook, stash, signature or option of the configuration have a say", async () => {
  const { w, from, to, path } = await checkedOut();
  await using _ = w;
  const trap = join(path, ".git/trap.sh");
  await Deno.writeTextFile(trap, `#!/bin/sh\ntouch ${path}/.git/trapped\nexit 1\n`, { mode: 0o755 });
  for (const hook of ["post-merge", "post-checkout", "reference-transaction"]) {
    await Deno.copyFile(trap, join(path, ".git/hooks", hook));
  }
  const settings = {
    "merge.ff": "false",
    "merge.autoStash": "true",
    "merge.verifySignatures": "true",
    "gpg.program": trap,
    "submodule.recurse": "true",
    "branch.main.mergeOptions": "--squash --gpg-sign",
    "filter.evil.smudge": trap,
    "filter.evil.required": "true",
  };
  for (const [key, value] of Object.entries(settings)) await w.repo.git("config", key, value);
  await Deno.writeTextFile(join(path, ".git/info/attributes"), "* filter=evil\n");
  await write(path, "changed.txt", "mine\n");
  assertEquals((await w.move(from, to)).kind, "refused");
  assertEquals(await w.repo.git("stash", "list"), "");
  assertEquals(await Deno.readTextFile(join(path, "changed.txt")), "mine\n");
  await write(path, "changed.txt", "1\n");
  assertEquals((await w.move(from, to)).kind, "moved");
  assertEquals(await w.tip("main"), to);
  await assertRejects(() => Deno.stat(join(path, ".git/trapped")), Deno.errors.NotFound);
});

Deno.test("move() finds a target in a linked worktree, and its changes there", async () => {
  await using w = await landingWorld();
  const from = await w.tip("main");
  const path = `${w.repo.path}-linked`;
  await w.repo.git("worktree", "add", "--quiet", path, "main");
  const to = await w.commit("work", { "README.md": "work\n", "d/a.txt": "1\n" });
  await write(path, "README.md", "mine\n");
  const preview = await w.landings.preview("app", { target: "main", commit: to });
  assertEquals(preview.checkout, { path, in_the_way: ["README.md"] });
  assertEquals((await w.move(from, to)).kind, "refused");
  await git(path, "checkout", "--quiet", "README.md");
  assertEquals((await w.move(from, to)).kind, "moved");
  assertEquals([await w.tip("main"), await git(path, "status", "--porcelain")], [to, ""]);
  assertEquals(await Deno.readTextFile(join(path, "d/a.txt")), "1\n");
});

Deno.test("move() refuses where the target is being rebased, merged or bisected, and minds no other branch", async () => {
  const { w, from, to, path } = await checkedOut();
  await using _ = w;
  const clash = await w.commit("clash", { "own.txt": "theirs\n" });
  await w.repo.git("commit", "--quiet", "--allow-empty", "-m", "mine");
  await write(path, "own.txt", "mine\n");
  await w.repo.git("commit", "--quiet", "-a", "-m", "mine");
  const mine = await w.tip("main");
  const refusal = async () => {
    const moved = await w.move(await w.tip("main"), to);
    return moved.kind === "refused" ? moved.reason : moved.kind;
  };
  const words = (operation: string) => `main is checked out in ${path}, in the middle of ${operation}: end that first`;
  await w.repo.git("rebase", clash).catch(() => {});
  assertEquals(await refusal(), words("a rebase"));
  await w.repo.git("rebase", "--abort");
  await w.repo.git("merge", clash).catch(() => {});
  assertEquals(await refusal(), words("a merge"));
  await w.repo.git("merge", "--abort");
  await w.repo.git("bisect", "start", "main", "main~2");
  assertEquals(await refusal(), words("a bisect"));
  await w.repo.git("bisect", "reset");
  await w.repo.git("checkout", "--quiet", "-b", "elsewhere");
  await w.repo.git("rebase", clash).catch(() => {});
  await w.repo.git("update-ref", "refs/heads/main", from);
  assertEquals([mine === from, await refusal()], [false, "moved"]);
});

Deno.test("move() sees a checkout that git was forced to make twice, and chooses none", async () => {
  const { w, from, to, path } = await checkedOut();
  await using _ = w;
  const linked = `${path}-linked`;
  await w.repo.git("worktree", "add", "--quiet", "--force", linked, "main");
  const moved = await w.move(from, to);
  assertStringIncludes(moved.kind === "refused" ? moved.reason : "", `several folders: ${path}, ${linked}`);
});

Deno.test("move() takes the HEAD of a bare repository for no checkout", async () => {
  await using repo = await tempRepository();
  const bare = `${repo.path}-bare.git`;
  await repo.git("clone", "--quiet", "--bare", repo.path, bare);
  const [main, linked] = [`${repo.path}-main`, `${repo.path}-linked`];
  await git(bare, "worktree", "add", "--quiet", main, "main");
  await git(bare, "worktree", "add", "--quiet", "-b", "work", linked);
  const from = await git(bare, "rev-parse", "main");
  await write(linked, "a.txt");
  const to = await commitIn(linked, "work");
  const landings = gitLandings({ repos: new Map([["app", linked]]), root: () => `${bare}-worktrees`, store: STORE });
  const { checkout } = await landings.preview("app", { target: "main", commit: to });
  assertEquals(checkout, { path: main, in_the_way: [] });
  const move = { target: "main", from, to, task: 7, message: "land" };
  assertEquals((await landings.move("app", move)).kind, "moved");
  assertEquals([await Deno.readTextFile(join(main, "a.txt")), await git(main, "status", "--porcelain")], [
    "a.txt\n",
    "",
  ]);
});
