import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { eventually, git } from "../../support/temp.ts";
import { commitIn, worktreeWorld, write } from "../worktree_world.ts";

Deno.test("--assume-unchanged and --skip-worktree hide no edit from snapshot, diff and counts", async () => {
  for (const option of ["--assume-unchanged", "--skip-worktree"]) {
    await using w = await worktreeWorld();
    const place = await w.add();
    await git(place.path, "update-index", option, "README.md");
    await write(place.path, "README.md", "Hidden work\n");
    assertEquals(await git(place.path, "status", "--porcelain"), "");
    assertStringIncludes(await w.diff(place), "+Hidden work\n", option);
    const counts = { lines_added: 1, lines_removed: 1, uncommitted: 1 };
    assertEquals(await w.worktrees.changes(place), counts, option);
    assertEquals(await w.worktrees.mergedCommit(place), null, option);
    const { commit } = await w.snapshot(place);
    assertEquals(await w.repo.git("show", `${commit}:README.md`), "Hidden work");
    // The index itself is left as it was.
    assertEquals(await git(place.path, "status", "--porcelain"), "");
  }
});

Deno.test("A file that was assumed unchanged and is gone is deleted", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  await git(place.path, "update-index", "--assume-unchanged", "README.md");
  await Deno.remove(join(place.path, "README.md"));
  assertStringIncludes(await w.diff(place), "deleted file mode 100644");
  assertEquals(await w.files((await w.snapshot(place)).commit), []);
});

Deno.test("Files outside a sparse checkout are no deletions, and what an agent writes there is seen", async () => {
  for (const kind of [["--no-sparse-index"], ["--sparse-index"]]) {
    await using w = await worktreeWorld();
    for (const file of ["in/a.txt", "out/b.txt", "out/deep/c.txt"]) await write(w.repo.path, file);
    await commitIn(w.repo.path, "Files");
    const place = await w.add();
    await git(place.path, "sparse-checkout", "set", "--cone", ...kind, "in");
    assertEquals(await w.diff(place), "");
    assertEquals(await w.worktrees.changes(place), { lines_added: 0, lines_removed: 0, uncommitted: 0 });
    assertEquals((await w.snapshot(place)).commit, place.base_commit);

    await write(place.path, "out/new.txt");
    await write(place.path, "out/b.txt", "changed\n");
    await write(place.path, "elsewhere/new.txt");
    await write(place.path, "in/new.txt");
    const text = await w.diff(place);
    for (const file of ["out/new.txt", "out/b.txt", "elsewhere/new.txt", "in/new.txt"]) {
      assertStringIncludes(text, `+++ b/${file}\n`);
    }
    assert(!text.includes("deleted"), text);
    assertEquals((await w.worktrees.changes(place)).uncommitted, 4);
    assertEquals(await w.files((await w.snapshot(place)).commit), [
      ...["README.md", "elsewhere/new.txt", "in/a.txt", "in/new.txt"],
      ...["out/b.txt", "out/deep/c.txt", "out/new.txt"],
    ]);
  }
});

Deno.test("Names that are not UTF-8, or that other systems do not have, are names", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  // A shell, since Deno's own names are text.
  const script = "printf a > \"$(printf 'caf\\351.txt')\"; printf b > 'a\\b.txt'; printf c > ':(top)c.txt'";
  assert((await new Deno.Command("sh", { args: ["-c", script], cwd: place.path }).output()).success);
  const text = await w.diff(place);
  for (const name of ["b/caf\ufffd.txt", '"b/a\\\\b.txt"', "b/:(top)c.txt"]) assertStringIncludes(text, `+++ ${name}`);
  assertEquals((await w.worktrees.changes(place)).uncommitted, 3);
  const names = await w.files((await w.snapshot(place)).commit);
  assertEquals(names, [":(top)c.txt", "README.md", '"a\\\\b.txt"', '"caf\\351.txt"']);
});

Deno.test("Folders, files and links that took each other's place are taken in as they are", async () => {
  await using w = await worktreeWorld();
  for (const file of ["folder/a.txt", "linked/b.txt", "file", "gone.txt"]) await write(w.repo.path, file);
  await commitIn(w.repo.path, "Files");
  const place = await w.add();
  const at = (path: string) => join(place.path, path);
  await Deno.remove(at("folder"), { recursive: true });
  await write(place.path, "folder", "now a file\n");
  await Deno.rename(at("linked"), at("moved"));
  await Deno.symlink("moved", at("linked"));
  await Deno.remove(at("file"));
  await write(place.path, "file/c.txt");
  await Deno.remove(at("gone.txt"));
  const text = await w.diff(place);
  const { commit } = await w.snapshot(place);
  assertEquals(await w.files(commit), ["README.md", "file/c.txt", "folder", "linked", "moved/b.txt"]);
  const saved = await new Response((await w.worktrees.diff(place, { to: commit })).stream).text();
  assertEquals(saved, text);
});

Deno.test("An edit in the second in which the index was written is seen, though size and time are the same", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  const file = join(place.path, "README.md");
  const second = (info: Deno.FileInfo) => Math.floor(info.ctime!.getTime() / 1000);
  // The edit has to fall into the second of the commit.
  await eventually(async () => {
    await write(place.path, "README.md", `${crypto.randomUUID()}\n`);
    await commitIn(place.path, "Edit");
    const committed = await Deno.stat(file);
    await write(place.path, "README.md", `${crypto.randomUUID()}\n`);
    const edited = await Deno.stat(file);
    await Deno.utime(file, committed.mtime!, committed.mtime!);
    return second(committed) === second(edited);
  });
  // And the look a second later at the earliest.
  const from = second(await Deno.stat(file));
  await eventually(() => Math.floor(Date.now() / 1000) > from);
  const edited = (await Deno.readTextFile(file)).trim();
  assertStringIncludes(await w.diff(place), `+${edited}\n`);
  assertEquals((await w.worktrees.changes(place)).uncommitted, 1);
  assertEquals(await w.repo.git("show", `${(await w.snapshot(place)).commit}:README.md`), edited);
});
