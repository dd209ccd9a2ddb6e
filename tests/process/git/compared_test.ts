import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import type { DiffOptions, Place } from "../../../core/process/git/worktrees.ts";
import { git } from "../../support/temp.ts";
import { commitIn, type WorktreeWorld, worktreeWorld, write } from "../worktree_world.ts";

async function compare(w: WorktreeWorld, place: Place, options: DiffOptions) {
  const { from, to, stream } = await w.worktrees.diff(place, options);
  return { from, to, text: await new Response(stream).text() };
}

const lines = (text: string) => text.split("\n").filter((line) => /^[+-][a-z]/.test(line));

Deno.test("diff() compares any two commits, also of two tasks, and says which", async () => {
  await using w = await worktreeWorld();
  const [one, other] = [await w.add(1), await w.add(2)];
  await write(one.path, "work.txt", "one\n");
  const first = await commitIn(one.path, "One");
  await write(one.path, "work.txt", "two\n");
  const second = await commitIn(one.path, "Two");
  await write(other.path, "work.txt", "other\n");
  const third = await commitIn(other.path, "Other");
  for (const [from, to, changed] of [[first, second, ["-one", "+two"]], [second, third, ["-two", "+other"]]] as const) {
    const found = await compare(w, one, { from, to });
    assertEquals([found.from, found.to, lines(found.text)], [from, to, [...changed]]);
  }
  await write(one.path, "work.txt", "now\n");
  const now = await compare(w, one, { from: first });
  assertEquals([now.from, now.to, lines(now.text)], [first, null, ["-one", "+now"]]);
  await w.repo.git("worktree", "remove", "--force", one.path);
  const gone = await compare(w, one, {});
  assertEquals([gone.from, gone.to, lines(gone.text)], [one.base_commit, second, ["+two"]]);
});

Deno.test("diff() from the merge base shows what is the task's own, and from its base when all of it has landed", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  await write(place.path, "work.txt", "work\n");
  await commitIn(place.path, "Work");
  // Others' work, merged into the task's branch.
  await write(w.repo.path, "main.txt", "main\n");
  const main = await commitIn(w.repo.path, "Main");
  await git(place.path, "-c", "user.name=T", "-c", "user.email=t@e", "merge", "--quiet", "--no-edit", "main");
  const head = await git(place.path, "rev-parse", "HEAD");
  const from = { mergeBaseWith: "main" };
  assertEquals(lines((await compare(w, place, {})).text), ["+main", "+work"]);
  for (const to of ["now", head]) {
    const found = await compare(w, place, { from, to });
    assertEquals([found.from, lines(found.text)], [main, ["+work"]]);
  }
  await w.repo.git("merge", "--quiet", "--ff-only", place.branch);
  const landed = await compare(w, place, { from });
  assertEquals([landed.from, lines(landed.text)], [place.base_commit, ["+main", "+work"]]);
});

Deno.test("diff() takes the base where there is no such branch, whatever it is called, or nothing in common", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  await write(place.path, "work.txt", "work\n");
  await commitIn(place.path, "Work");
  const tree = await w.repo.git("rev-parse", "HEAD^{tree}");
  await w.repo.git("branch", "unrelated", await w.repo.git("commit-tree", "-m", "Unrelated", tree));
  await w.repo.git("tag", "tagged", place.branch);
  const names = [
    "gone",
    "unrelated",
    "tagged",
    "",
    "--all",
    "main~0",
    "main^{tree}",
    "@{-1}",
    "*",
    "a\0b",
    "../tags/tagged",
  ];
  for (const mergeBaseWith of names) {
    const { from } = await compare(w, place, { from: { mergeBaseWith } });
    assertEquals(from, place.base_commit, mergeBaseWith);
  }
});

Deno.test("diff() finds renames and gives whole blob ids, of the worktree too, whatever is configured", async () => {
  await using w = await worktreeWorld();
  for (const [key, value] of [["diff.renames", "false"], ["core.abbrev", "7"]]) {
    await w.repo.git("config", key!, value!);
  }
  await write(w.repo.path, "old.txt", "line\n".repeat(30));
  await commitIn(w.repo.path, "Old");
  const place = await w.add();
  await Deno.rename(join(place.path, "old.txt"), join(place.path, "neü.txt"));
  await write(place.path, "neü.txt", `${"line\n".repeat(30)}more\n`);
  const blob = await git(place.path, "hash-object", "neü.txt");
  const text = (await compare(w, place, {})).text;
  assertStringIncludes(text, "rename from old.txt\nrename to neü.txt\n");
  assertStringIncludes(text, `..${blob} 100644\n`);
  const commit = await commitIn(place.path, "Rename");
  assertEquals((await compare(w, place, { to: commit })).text, text);
});

Deno.test("diff() without white space is another diff than with it, and each is made once", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  await write(place.path, "README.md", "#   A repository for tests\n");
  await write(place.path, "work.txt", "work\n");
  const commit = await commitIn(place.path, "Work");
  const folder = join(w.repo.path, ".git/personal-coder-diffs");
  for (const to of ["now", commit, "now", commit]) {
    assert((await compare(w, place, { to })).text.includes("README.md"));
    assert(!(await compare(w, place, { to, ignoreSpace: true })).text.includes("README.md"));
  }
  assertEquals([...Deno.readDirSync(folder)].length, 4);
});

Deno.test("diff() says which commit is not there, and takes no text for a commit", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  const gone = "1".repeat(40);
  const blob = await w.repo.git("rev-parse", "HEAD:README.md");
  for (const id of [gone, blob]) {
    for (const options of [{ from: id }, { to: id }]) {
      const error = await assertRejects(() => w.worktrees.diff(place, options), DomainError);
      assertEquals(error.code, "not_found");
    }
  }
  for (const text of ["HEAD", "", "--all", gone.slice(1)]) {
    const error = await assertRejects(() => w.worktrees.diff(place, { from: text }), DomainError);
    assertEquals(error.code, "invalid");
  }
});
