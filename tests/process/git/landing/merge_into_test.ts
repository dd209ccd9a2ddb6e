import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../../core/domain/error.ts";
import { gitLandings } from "../../../../core/process/git/landing/git_landings.ts";
import { git } from "../../../support/temp.ts";
import { commitIn, type WorktreeWorld, worktreeWorld, write } from "../../worktree_world.ts";
import { STORE } from "./world.ts";

function landingsOf({ repo }: WorktreeWorld) {
  return gitLandings({ repos: new Map([["app", repo.path]]), root: () => `${repo.path}-worktrees`, store: STORE });
}

const isThere = (path: string) => Deno.lstat(path).then(() => true, () => false);

Deno.test("mergeInto() leaves conflicts for the agent, and itself alone when it is called again", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  await write(place.path, "README.md", "work\n");
  await commitIn(place.path, "work");
  await write(w.repo.path, "README.md", "main\n");
  await write(w.repo.path, "b.txt", "main\n");
  const commit = await commitIn(w.repo.path, "main");
  const landings = landingsOf(w);
  // What the agent resolved once is not taken for resolved now.
  await w.repo.git("config", "rerere.enabled", "true");
  await git(place.path, "merge", commit).catch(() => {});
  await write(place.path, "README.md", "of another time\n");
  await git(place.path, "commit", "--quiet", "-a", "--no-edit");
  await git(place.path, "reset", "--quiet", "--hard", "HEAD^");
  for (let time = 0; time < 2; time++) {
    assertEquals(await landings.mergeInto(place, { commit, message: "Merge main" }), { conflicts: ["README.md"] });
    const text = await Deno.readTextFile(join(place.path, "README.md"));
    assert(/^<{7} HEAD\nwork\n={7}\nmain\n>{7} /.test(text), text);
    assertEquals(await git(place.path, "rev-parse", "MERGE_HEAD"), commit);
  }
  await write(place.path, "README.md", "both\n");
  assertEquals(await landings.mergeInto(place, { commit, message: "Merge main" }), { conflicts: ["README.md"] });
  assertEquals(await Deno.readTextFile(join(place.path, "README.md")), "both\n");
  const error = await assertRejects(() => landings.mergeInto(place, { commit: place.base_commit, message: "x" }));
  assertEquals((error as DomainError).message, `Cannot merge in ${place.path}: it is in the middle of a merge`);
  await git(place.path, "commit", "--quiet", "-a", "--no-edit");
  assertEquals(await git(place.path, "rev-parse", "HEAD^2"), commit);
  assertEquals(
    (await landings.preview("app", { target: "main", commit: await git(place.path, "rev-parse", "HEAD") })).methods.ff,
    null,
  );
});

Deno.test("mergeInto() commits what has no conflict, whatever the configuration says", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  await write(place.path, "a.txt", "1\n2\n3\n4\n5\n");
  await commitIn(place.path, "work");
  await w.repo.git("merge", "--quiet", "--ff-only", place.branch);
  await write(place.path, "a.txt", "work\n2\n3\n4\n5\n");
  await commitIn(place.path, "work");
  await write(w.repo.path, "a.txt", "1\n2\n3\n4\nmain\n");
  const commit = await commitIn(w.repo.path, "main");
  const trap = join(w.repo.path, ".git/trap.sh");
  await Deno.writeTextFile(trap, `#!/bin/sh\ntouch ${trap}ped\nexit 1\n`, { mode: 0o755 });
  for (const hook of ["post-merge", "pre-merge-commit", "commit-msg"]) {
    await Deno.copyFile(trap, join(w.repo.path, ".git/hooks", hook));
  }
  const settings = {
    "merge.ff": "only",
    "merge.verifySignatures": "true",
    "commit.gpgSign": "true",
    "gpg.program": trap,
    "merge.log": "true",
    "i18n.commitEncoding": "ISO-8859-1",
    "merge.evil.driver": trap,
    [`branch.${place.branch}.mergeOptions`]: "-s ours --no-commit",
  };
  for (const [key, value] of Object.entries(settings)) await w.repo.git("config", key, value);
  await Deno.writeTextFile(join(w.repo.path, ".git/info/attributes"), "*.txt merge=evil\n");
  const landings = landingsOf(w);
  assertEquals(await landings.mergeInto(place, { commit, message: "Merge mäin\n\nTask: 1" }), { conflicts: [] });
  assertEquals(await Deno.readTextFile(join(place.path, "a.txt")), "work\n2\n3\n4\nmain\n");
  assertEquals(
    await git(place.path, "-c", "i18n.logOutputEncoding=UTF-8", "show", "-s", "--format=%B%P"),
    `Merge mäin\n\nTask: 1\n${await git(place.path, "rev-parse", "HEAD^1")} ${commit}`,
  );
  assertEquals([await git(place.path, "status", "--porcelain"), await isThere(`${trap}ped`)], ["", false]);
  const head = await git(place.path, "rev-parse", "HEAD");
  assertEquals(await landings.mergeInto(place, { commit, message: "again" }), { conflicts: [] });
  assertEquals(await git(place.path, "rev-parse", "HEAD"), head);
});

Deno.test("mergeInto() overwrites nothing that is not committed", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  await write(w.repo.path, "README.md", "main\n");
  const commit = await commitIn(w.repo.path, "main");
  await write(place.path, "README.md", "work\n");
  const error = await assertRejects(() => landingsOf(w).mergeInto(place, { commit, message: "x" }), DomainError);
  assertEquals(error.code, "conflict");
  assert(error.message.endsWith("would be overwritten by merge: README.md"), error.message);
  assertEquals(await Deno.readTextFile(join(place.path, "README.md")), "work\n");
});

Deno.test("addCheckout() makes a worktree on no branch, replaces the last of its name, and removeCheckout() leaves nothing", async () => {
  await using w = await worktreeWorld();
  const landings = landingsOf(w);
  const [first, second] = [await w.repo.git("rev-parse", "HEAD"), await commitIn(w.repo.path, "second")];
  for (const commit of [first, second]) {
    const { path } = await landings.addCheckout("app", { name: "landing-1", commit, task: 1 });
    assertEquals([path, await git(path, "rev-parse", "HEAD")], [`${w.repo.path}-worktrees/landing-1`, commit]);
    assertEquals(await git(path, "status", "--porcelain", "--branch"), "## HEAD (no branch)");
    await write(path, "built/by the check.txt");
  }
  assertEquals((await w.worktrees.traces("app")).worktrees.map(({ task }) => task), [1]);
  for (let time = 0; time < 2; time++) {
    await landings.removeCheckout("app", { name: "landing-1" });
    assertEquals([await isThere(`${w.repo.path}-worktrees/landing-1`), await w.refs("refs/coder")], [false, []]);
    assertEquals((await w.worktrees.traces("app")).worktrees, []);
  }
});

Deno.test("addCheckout() and removeCheckout() touch no place of a task, and nothing of somebody else", async () => {
  await using w = await worktreeWorld();
  const landings = landingsOf(w);
  const place = await w.add();
  const commit = place.base_commit;
  await git(place.path, "checkout", "--quiet", "--detach");
  await Deno.mkdir(`${w.repo.path}-worktrees/mine`);
  await write(`${w.repo.path}-worktrees/mine`, "a.txt");
  for (const name of [place.branch, "mine", "main"]) {
    const options = { name, commit, task: 1 };
    for (const action of [landings.addCheckout, landings.removeCheckout]) {
      assertEquals((await assertRejects(() => action("app", options), DomainError)).code, "conflict", name);
    }
  }
  assertEquals(await isThere(place.path), true);
  assertEquals(await isThere(`${w.repo.path}-worktrees/mine/a.txt`), true);
  const bad = await assertRejects(() => landings.addCheckout("app", { name: "../x", commit, task: 1 }), DomainError);
  assertEquals(bad.code, "invalid");
});

Deno.test("removeCheckout() clears what a kill left of addCheckout(), wherever that was", async () => {
  await using w = await worktreeWorld();
  const landings = landingsOf(w);
  const commit = await w.repo.git("rev-parse", "HEAD");
  const entry = join(w.repo.path, ".git/worktrees/landing-1");
  const left: Record<string, () => Promise<unknown>> = {
    claim: async () => {
      await landings.removeCheckout("app", { name: "landing-1" });
      await w.repo.git("update-ref", `refs/coder/owned/${STORE}/landing-1`, commit);
    },
    "no mark": () => Deno.remove(join(entry, "personal-coder")),
    "half made": async () => {
      await Deno.remove(join(entry, "personal-coder"));
      await Deno.writeTextFile(join(entry, "locked"), "initializing");
    },
    "no folder": () => Deno.remove(`${w.repo.path}-worktrees/landing-1`, { recursive: true }),
  };
  for (const [what, leave] of Object.entries(left)) {
    await landings.addCheckout("app", { name: "landing-1", commit, task: 1 });
    await leave();
    await landings.removeCheckout("app", { name: "landing-1" });
    assertEquals([await isThere(`${w.repo.path}-worktrees/landing-1`), await isThere(entry)], [false, false], what);
    assertEquals(await w.refs("refs/coder"), [], what);
  }
});
