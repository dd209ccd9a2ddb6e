import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../../core/domain/error.ts";
import { landingMethods } from "../../../../core/domain/event.ts";
import { isBranchName } from "../../../../core/process/git/landing/target.ts";
import { git, tempDir } from "../../../support/temp.ts";
import { landingWorld } from "./world.ts";

const possible = { ff: null, merge: null, squash: null, rebase: null };

Deno.test("preview() counts and judges, and moves nothing", async () => {
  await using w = await landingWorld();
  const base = await w.tip("main");
  await w.commit("work", { "a.txt": "1\n" });
  const commit = await w.commit("work", { "a.txt": "2\n" });
  const refs = await w.repo.git("for-each-ref");
  const preview = () => w.landings.preview("app", { target: "main", commit });
  const ready = {
    ...{ target: "main", target_commit: base, commit, merge_base: base, ahead: 2, behind: 0 },
    ...{ conflicts: [], is_landed: false, methods: possible, checkout: null },
  };
  assertEquals(await preview(), ready);
  assertEquals(await w.repo.git("for-each-ref"), refs);
  const main = await w.commit("main", { "b.txt": "1\n" });
  const methods = { ...possible, ff: "main has moved on by 1 commit" };
  assertEquals(await preview(), { ...ready, target_commit: main, behind: 1, methods });
  const clash = await w.commit("main", { "a.txt": "main\n" });
  const first = await w.tip("work~1");
  assertEquals(await preview(), {
    ...{ ...ready, target_commit: clash, behind: 2, conflicts: ["a.txt"] },
    methods: {
      ff: "main has moved on by 2 commits",
      merge: "1 file conflicts: a.txt",
      squash: "1 file conflicts: a.txt",
      rebase: `commit ${first.slice(0, 9)} does not apply: 1 file conflicts: a.txt`,
    },
  });
});

Deno.test("preview() says when the target has it all", async () => {
  await using w = await landingWorld();
  const commit = await w.tip("main");
  await w.commit("main", { "a.txt": "1\n" });
  const { is_landed, ahead, behind, methods } = await w.landings.preview("app", { target: "main", commit });
  const has = "main has all of it already";
  assertEquals([is_landed, ahead, behind, methods], [true, 0, 1, { ff: has, merge: has, squash: has, rebase: has }]);
  const error = await assertRejects(() => w.landings.preview("app", { target: "gone", commit }), DomainError);
  assertEquals(error.code, "not_found");
});

Deno.test("preview(), integrate() and move() take any name of a file", async () => {
  await using w = await landingWorld({ main: "checked out" });
  const names = ["sp ace", "new\nline", "tab\t", '"quoted"', ":(glob)*", "-dash", "ü", "a*b"];
  await w.commit("work", Object.fromEntries(names.map((name) => [name, "work\n"])));
  const odd = await w.commit("odd", Object.fromEntries(names.map((name) => [name, "main\n"])));
  const commit = await w.tip("work");
  for (const name of names) await Deno.writeTextFile(join(w.repo.path, name), "mine\n");
  const { checkout } = await w.landings.preview("app", { target: "main", commit });
  assertEquals(checkout?.in_the_way, names.toSorted());
  for (const name of names) await Deno.remove(join(w.repo.path, name));
  const { conflicts } = await w.landings.preview("app", { target: "odd", commit });
  assertEquals(conflicts, names.toSorted());
  assertEquals((await w.move(await w.tip("main"), odd)).kind, "moved");
  assertEquals(await w.repo.git("status", "--porcelain"), "");
});

Deno.test("landings work in a repository of SHA-256, by each method", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "repo");
  await git(folder.path, "init", "--quiet", "--object-format=sha256", "--initial-branch=main", path);
  await git(path, "config", "user.name", "T");
  await git(path, "config", "user.email", "t@example.com");
  await git(path, "commit", "--quiet", "--allow-empty", "-m", "1");
  const repo = { path, git: (...args: string[]) => git(path, ...args), [Symbol.asyncDispose]: () => Promise.resolve() };
  await using w = await landingWorld({ repo });
  await w.commit("work", { "a.txt": "1\n" });
  await w.commit("work", { "a.txt": "2\n" });
  for (const method of landingMethods) {
    const made = await w.integrated(method);
    assertEquals([made.length, (await w.move(await w.tip("main"), made)).kind], [64, "moved"], method);
    await w.repo.git("update-ref", "refs/heads/work", await w.commit(`next-${method}`, { [method]: "x\n" }));
  }
});

Deno.test("isBranchName() is of git's opinion", async () => {
  const names = ["main", "a/b", "a.b", "@", "a@b", "-a", "a-", ".a", "a/.b", "a.", "a..b", "a.lock", "a.lock/b", "a b"];
  names.push("a~", "a^", "a:", "a?", "a*", "a[", "a\\", "a@{b", "@{-1}", "/a", "a/", "a//b", "HEAD", "ü", "a\x7f", "");
  for (const name of names) {
    const isGood = await git("/", "check-ref-format", "--branch", name).then((said) => said === name, () => false);
    assertEquals(isBranchName(name), isGood, JSON.stringify(name));
  }
});
