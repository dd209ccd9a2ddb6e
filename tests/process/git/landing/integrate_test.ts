import { assertEquals, assertRejects } from "@std/assert";
import { landingMethods } from "../../../../core/domain/event.ts";
import { DomainError } from "../../../../core/domain/error.ts";
import { landingWorld, withUserConfig } from "./world.ts";

const parents = "--format=%P";

Deno.test("integrate() fast-forwards to the work itself, and refuses when the target has moved on", async () => {
  await using w = await landingWorld();
  const work = await w.commit("work", { "a.txt": "work\n" });
  const main = await w.tip("main");
  assertEquals(await w.integrate("ff"), { kind: "integrated", target_commit: main, commit: work });
  await w.commit("main", { "b.txt": "1\n" });
  const moved = await w.commit("main", { "b.txt": "2\n" });
  assertEquals(await w.integrate("ff"), {
    kind: "refused",
    target_commit: moved,
    reason: "main has moved on by 2 commits",
  });
});

Deno.test("integrate() makes one merge commit, also where a fast-forward would do", async () => {
  await using w = await landingWorld();
  for (const files of [{}, { "b.txt": "main\n" }] as Record<string, string>[]) {
    if (Object.keys(files).length > 0) await w.commit("main", files);
    const work = await w.commit("work", { "a.txt": `work ${Object.keys(files).length}\n` });
    const main = await w.tip("main");
    const made = await w.integrated("merge", "Land it\n\nTask: 7\n");
    assertEquals(await w.repo.git("show", "-s", parents, made), `${main} ${work}`);
    assertEquals(await w.repo.git("cat-file", "commit", made).then((text) => text.split("\n\n").slice(1)), [
      "Land it",
      "Task: 7",
    ]);
    assertEquals(await w.file(made, "a.txt"), `work ${Object.keys(files).length}`);
    assertEquals(await w.tip("main"), main, "nothing moved");
  }
});

Deno.test("integrate() squashes all commits into one, by the user's identity or else the service's", async () => {
  await using w = await landingWorld();
  await w.commit("work", { "a.txt": "1\n" });
  await w.commit("work", { "a.txt": "2\n" });
  const main = await w.commit("main", { "b.txt": "main\n" });
  const people = "--format=%an <%ae> %cn <%ce> %P";
  assertEquals(
    await w.repo.git("show", "-s", people, await w.integrated("squash")),
    `Test <test@example.com> Test <test@example.com> ${main}`,
  );
  await w.repo.git("config", "--unset", "user.email");
  const own = "Personal Coder <personal-coder@localhost>";
  for (const method of ["squash", "merge"] as const) {
    const made = await withUserConfig("", () => w.integrated(method));
    assertEquals(await w.repo.git("show", "-s", "--format=%an <%ae> %cn <%ce>", made), `${own} ${own}`);
    assertEquals([await w.file(made, "a.txt"), await w.file(made, "b.txt")], ["2", "main"]);
  }
});

Deno.test("integrate() says by every method that there is nothing to land", async () => {
  await using w = await landingWorld();
  await w.repo.git("branch", "work", "main");
  const main = await w.commit("main", { "b.txt": "main\n" });
  for (const method of landingMethods) {
    assertEquals(await w.integrate(method), { kind: "already", target_commit: main }, method);
  }
  // The same change by another commit: a merge has a history to add, the others have nothing.
  await w.commit("work", { "b.txt": "main\n" }, { message: "the same" });
  const same = { kind: "already" as const, target_commit: main };
  assertEquals([await w.integrate("squash"), await w.integrate("rebase")], [same, same]);
  assertEquals((await w.integrate("merge")).kind, "integrated");
  await w.commit("empty", {});
  await w.repo.git("update-ref", "refs/heads/work", await w.tip("empty"));
  assertEquals(await w.integrate("squash"), same);
});

Deno.test("integrate() names all kinds of conflicts", async () => {
  await using w = await landingWorld();
  await w.commit("main", { "same.txt": "1\n", "gone.txt": "1\n", "image.bin": "1\0\n" });
  const [two, three] = [await w.commit("x", {}), await w.commit("y", {}, { from: "other" })];
  const withLink = async (branch: string, commit: string) => {
    const index = { GIT_INDEX_FILE: `${w.repo.path}/.git/scratch-index` };
    const run = async (...args: string[]) =>
      new TextDecoder().decode(
        (await new Deno.Command("git", { args, cwd: w.repo.path, env: index }).output()).stdout,
      ).trim();
    await run("read-tree", branch);
    await run("update-index", "--add", "--cacheinfo", `160000,${commit},lib`);
    const tree = await run("write-tree");
    await w.repo.git("update-ref", `refs/heads/${branch}`, await run("commit-tree", tree, "-p", branch, "-m", "link"));
  };
  await w.repo.git("branch", "work", "main");
  await w.commit("work", { "same.txt": "work\n", "gone.txt": null, "image.bin": "w\0\n", "add.txt": "work\n" });
  await w.commit("main", { "same.txt": "main\n", "gone.txt": "main\n", "image.bin": "m\0\n", "add.txt": "main\n" });
  await withLink("main", two);
  await withLink("work", three);
  const conflicts = ["add.txt", "gone.txt", "image.bin", "lib", "same.txt"];
  const main = await w.tip("main");
  for (const method of ["merge", "squash"] as const) {
    assertEquals(await w.integrate(method), { kind: "conflict", target_commit: main, conflicts }, method);
  }
  const at = await w.tip("work~1");
  assertEquals(await w.integrate("rebase"), {
    ...{ kind: "conflict", target_commit: main, at },
    conflicts: conflicts.filter((name) => name !== "lib"),
  });
  const preview = await w.landings.preview("app", { target: "main", commit: await w.tip("work") });
  assertEquals(preview.conflicts, conflicts);
  assertEquals(preview.methods, {
    ff: "main has moved on by 2 commits",
    merge: "5 files conflict: add.txt, gone.txt, image.bin and 2 more",
    squash: "5 files conflict: add.txt, gone.txt, image.bin and 2 more",
    rebase: `commit ${at.slice(0, 9)} does not apply: 4 files conflict: add.txt, gone.txt, image.bin and 1 more`,
  });
});

Deno.test("integrate() names the folder's files when a rename puts them in doubt", async () => {
  await using w = await landingWorld();
  await w.commit("main", { "d/a": "aaaa\n", "d/b": "bbbb\n" });
  await w.repo.git("branch", "work", "main");
  await w.commit("main", { "d/a": null, "d/b": null, "x/a": "aaaa\n", "y/b": "bbbb\n" });
  await w.commit("work", { "d/new": "new\n" });
  const integration = await w.integrate("merge");
  assertEquals(integration.kind === "conflict" && integration.conflicts.length > 0, true, JSON.stringify(integration));
});

Deno.test("integrate() refuses work that has nothing in common with the target", async () => {
  await using w = await landingWorld();
  const tree = await w.repo.git("rev-parse", "main^{tree}");
  await w.repo.git("branch", "work", await w.repo.git("commit-tree", tree, "-m", "alone"));
  const main = await w.tip("main");
  for (const method of landingMethods) {
    assertEquals(await w.integrate(method), {
      kind: "refused",
      target_commit: main,
      reason: "main and the work have no commit in common",
    });
  }
  const { merge_base, ahead, behind, methods } = await w.landings.preview("app", {
    target: "main",
    commit: await w.tip("work"),
  });
  assertEquals([merge_base, ahead, behind, methods.rebase], [
    null,
    1,
    1,
    "main and the work have no commit in common",
  ]);
});

Deno.test("integrate() wants a branch that exists, by a plain name, and a full commit id", async () => {
  await using w = await landingWorld();
  const commit = await w.commit("work", { "a.txt": "1\n" });
  await w.repo.git("symbolic-ref", "refs/heads/alias", "refs/heads/main");
  const integrate = (target: string, of = commit) =>
    assertRejects(
      () => w.landings.integrate("app", { target, commit: of, method: "ff", message: "x" }),
      DomainError,
    );
  assertEquals((await integrate("nope")).code, "not_found");
  for (const target of ["-d", "HEAD", "a..b", "refs/heads/main^", "@{-1}", "a b", "", "alias"]) {
    assertEquals((await integrate(target)).code, "invalid", target);
  }
  assertEquals((await integrate("main", "work")).code, "invalid");
});

Deno.test("integrate() lets no hook, signature, encoding or template of the configuration have a say", async () => {
  await using w = await landingWorld();
  await w.commit("work", { "a.txt": "1\n" });
  await w.commit("main", { "b.txt": "1\n" });
  const trap = `${w.repo.path}/trap.sh`;
  await Deno.writeTextFile(trap, `#!/bin/sh\ntouch ${w.repo.path}/trapped\nexit 1\n`, { mode: 0o755 });
  for (const hook of ["pre-commit", "commit-msg", "prepare-commit-msg", "reference-transaction", "pre-merge-commit"]) {
    await Deno.copyFile(trap, `${w.repo.path}/.git/hooks/${hook}`);
  }
  const settings = {
    "commit.gpgSign": "true",
    "gpg.program": trap,
    "merge.verifySignatures": "true",
    "i18n.commitEncoding": "ISO-8859-1",
    "core.fsmonitor": trap,
  };
  for (const [key, value] of Object.entries(settings)) await w.repo.git("config", key, value);
  for (const method of ["merge", "squash", "rebase"] as const) {
    const made = await w.integrated(method, "Länd\n");
    assertEquals(/gpgsig|encoding/.test(await w.repo.git("cat-file", "commit", made)), false, method);
  }
  await assertRejects(() => Deno.stat(`${w.repo.path}/trapped`), Deno.errors.NotFound);
});

Deno.test("integrate() runs the user's merge driver and git's own, and none that the repository names", async () => {
  await using w = await landingWorld();
  const lines = (first: string, last: string) => `${first}\n2\n3\n4\n5\n6\n${last}\n`;
  const attributes = "*.txt merge=evil\n*.bin merge=evil\n*.log merge=union\n";
  const files = { "a.txt": lines("1", "7"), "b.txt": "1\n", "c.bin": "1\0\n", "d.log": "1\n" };
  await w.commit("main", files);
  await w.repo.git("branch", "work", "main");
  await w.commit("main", { "a.txt": lines("main", "7"), "b.txt": "m\n", "c.bin": "m\0\n", "d.log": "1\nm\n" });
  await w.commit("work", { "a.txt": lines("1", "work"), "b.txt": "w\n", "c.bin": "w\0\n", "d.log": "1\nw\n" });
  await Deno.writeTextFile(`${w.repo.path}/.git/info/attributes`, attributes);
  // Where a look at the repository's own file does not show it.
  const driver = `[merge "evil"]\ndriver = "touch ${w.repo.path}/trapped; exit 0"\n`;
  await Deno.writeTextFile(`${w.repo.path}/.git/included`, driver);
  await w.repo.git("config", "include.path", "included");
  const trapped = () => Deno.stat(`${w.repo.path}/trapped`).then(() => true, () => false);
  for (const method of ["merge", "squash", "rebase"] as const) {
    const integration = await w.integrate(method);
    assertEquals(integration.kind === "conflict" && integration.conflicts, ["b.txt", "c.bin"], method);
  }
  assertEquals(await trapped(), false);
  await w.commit("work", { "b.txt": "m\n", "c.bin": "m\0\n" });
  const made = await w.integrated("merge");
  assertEquals([await w.file(made, "a.txt"), await w.file(made, "d.log")], [lines("main", "work").trim(), "1\nm\nw"]);
  assertEquals(await trapped(), false);
  const own = `[merge "evil"]\ndriver = "touch ${w.repo.path}/trapped; false"\n`;
  assertEquals((await withUserConfig(own, () => w.integrate("merge"))).kind, "conflict");
  assertEquals(await trapped(), true);
});
