import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { git } from "../../support/temp.ts";
import { worktreeWorld, write } from "../worktree_world.ts";

const run = { task: 1, run: 1 };
const asideRefs = (path: string) => git(path, "for-each-ref", "--format=%(refname)", "refs/coder/task-1/");

/** A place with every kind of change in it that is not committed. */
async function dirtyWorld() {
  const w = await worktreeWorld();
  const place = await w.add();
  for (const file of ["changed.txt", "staged.txt", "gone.txt", "same.txt", "run.sh"]) {
    await write(place.path, file, "1\n");
  }
  await write(place.path, ".gitignore", "node_modules/\n");
  await git(place.path, "add", "-A");
  await git(place.path, "commit", "--quiet", "--message=begin");
  await write(place.path, "changed.txt", "2\n");
  await write(place.path, "staged.txt", "2\n");
  await write(place.path, "staged-new.txt", "2\n");
  await git(place.path, "add", "staged.txt", "staged-new.txt");
  await Deno.remove(join(place.path, "gone.txt"));
  await Deno.chmod(join(place.path, "run.sh"), 0o755);
  await write(place.path, "deep/new file.txt", "2\n");
  await Deno.symlink("same.txt", join(place.path, "link"));
  await write(place.path, "node_modules/dependency.js", "kept\n");
  return { w, place };
}

const dirty = ["changed.txt", "deep/new file.txt", "gone.txt", "link", "run.sh", "staged-new.txt", "staged.txt"];

Deno.test("setAside() leaves exactly what is committed, and bringBack() all of the rest", async () => {
  const { w, place } = await dirtyWorld();
  await using _ = w;
  const content = await w.diff(place);
  const aside = await w.worktrees.setAside(place, run);
  assertEquals([aside!.count, aside!.files], [dirty.length, dirty]);
  assertEquals(await git(place.path, "status", "--porcelain"), "");
  assertEquals(await Deno.readTextFile(join(place.path, "changed.txt")), "1\n");
  assertEquals(await Deno.readTextFile(join(place.path, "gone.txt")), "1\n");
  assertEquals(await Deno.readTextFile(join(place.path, "node_modules/dependency.js")), "kept\n");
  assertEquals(await asideRefs(place.path), "refs/coder/task-1/aside-1");
  assertEquals(await git(place.path, "stash", "list"), "", "the person's own stash is not touched");

  await w.worktrees.bringBack(place, aside!, { task: 1 });
  assertEquals(await w.diff(place), content);
  assertEquals((await w.worktrees.uncommitted(place)).files, dirty);
  assertEquals((await Deno.stat(join(place.path, "run.sh"))).mode! & 0o111, 0o111);
  assertEquals(await asideRefs(place.path), "");
  await w.worktrees.bringBack(place, aside!, { task: 1 });
  assertEquals(await w.diff(place), content, "a second time it does nothing");
});

Deno.test("bringBack() keeps what was written in the way meanwhile, and leaves what was not", async () => {
  const { w, place } = await dirtyWorld();
  await using _ = w;
  const content = await w.diff(place);
  const aside = await w.worktrees.setAside(place, run);
  await write(place.path, "deep/new file.txt", "of the check\n");
  await write(place.path, "report.xml", "of the check\n");
  await w.worktrees.bringBack(place, aside!, { task: 1 });
  assertEquals(await Deno.readTextFile(join(place.path, "deep/new file.txt")), "2\n");
  assertEquals(await Deno.readTextFile(join(place.path, "report.xml")), "of the check\n");
  await Deno.remove(join(place.path, "report.xml"));
  assertEquals(await w.diff(place), content);
  const kept = await git(place.path, "for-each-ref", "--format=%(refname)", "refs/coder/kept/");
  assertEquals(await git(place.path, "show", `${kept}:deep/new file.txt`), "of the check");
});

Deno.test("bringBack() finishes what a kill cut short, wherever that was", async () => {
  const { w, place } = await dirtyWorld();
  await using _ = w;
  const content = await w.diff(place);
  const aside = await w.worktrees.setAside(place, run);
  // Half of the files are back already, and git's index says something else again.
  await write(place.path, "changed.txt", "2\n");
  await write(place.path, "staged-new.txt", "2\n");
  await Deno.remove(join(place.path, "gone.txt"));
  await git(place.path, "add", "changed.txt");
  await w.worktrees.bringBack(place, aside!, { task: 1 });
  assertEquals(await w.diff(place), content);
});

Deno.test("setAside() has nothing to do in a clean place, and leaves an ended one alone in the middle of a merge", async () => {
  await using w = await worktreeWorld();
  const place = await w.add();
  assertEquals(await w.worktrees.setAside(place, run), null);
  assertEquals(await w.worktrees.uncommitted(place), { count: 0, files: [] });
  await git(place.path, "checkout", "--quiet", "-b", "other");
  await write(place.path, "README.md", "theirs\n");
  await git(place.path, "commit", "--quiet", "--all", "--message=theirs");
  await git(place.path, "checkout", "--quiet", place.branch);
  await write(place.path, "README.md", "ours\n");
  await git(place.path, "commit", "--quiet", "--all", "--message=ours");
  await git(place.path, "merge", "other").catch(() => {});
  await assertRejects(() => w.worktrees.setAside(place, run), DomainError, "in the middle of a merge");
});
