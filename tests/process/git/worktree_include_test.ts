import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { git } from "../../support/temp.ts";
import { worktreeWorld, write } from "../worktree_world.ts";

/** A repository whose `.gitignore` and `.worktreeinclude` are as given, with these files in its main checkout. */
async function includeWorld({ ignored, include, files }: { ignored: string; include: string; files: string[] }) {
  const w = await worktreeWorld();
  await write(w.repo.path, ".gitignore", ignored);
  await w.repo.git("add", "-A");
  await w.repo.git("commit", "--quiet", "--message=ignore");
  await write(w.repo.path, ".worktreeinclude", include);
  for (const file of files) await write(w.repo.path, file, `${file}\n`);
  return w;
}

const exists = (path: string) => Deno.lstat(path).then(() => true, () => false);

Deno.test("include() copies what matches and is ignored, in gitignore's syntax, and nothing else", async () => {
  await using w = await includeWorld({
    ignored: ".env*\nsecret/\n*.pem\n- dash\nnode_modules/\n",
    // Lines may end as on Windows.
    include: "# what a worktree needs\r\n.env*\r\n!.env.example\r\nsecret/\r\n*.pem\r\nplain.txt\r\n- dash\r\n",
    files: [
      ".env",
      ".env.example",
      "secret/deep/key",
      "below/a b.pem",
      "ünï.pem",
      "new\nline.pem",
      "- dash",
      "plain.txt",
    ],
  });
  await write(w.repo.path, "node_modules/big/index.js");
  const place = await w.add();
  const { files, count, bytes, failed } = await w.worktrees.include(place);
  const expected = ["- dash", ".env", "below/a b.pem", "new\nline.pem", "secret/deep/key", "ünï.pem"];
  assertEquals([files, count, failed], [expected.toSorted(), 6, []]);
  assertEquals(bytes, expected.reduce((sum, file) => sum + new TextEncoder().encode(`${file}\n`).length, 0));
  assertEquals(await Deno.readTextFile(join(place.path, "secret/deep/key")), "secret/deep/key\n");
  // What git would see is nobody's to copy; what is tracked comes by itself.
  assertEquals([await exists(join(place.path, "plain.txt")), await exists(join(place.path, ".env.example"))], [
    false,
    false,
  ]);
});

Deno.test("include() copies regular files within the checkout only, keeps their modes, and writes nothing over", async () => {
  await using w = await includeWorld({ ignored: "local*\n", include: "local*\n", files: ["local.txt", "local-mine"] });
  await Deno.chmod(join(w.repo.path, "local.txt"), 0o600);
  const outside = join(w.repo.path, "..", "outside");
  await write(outside, "local-out");
  await Deno.symlink(join(outside, "local-out"), join(w.repo.path, "local-link"));
  await Deno.symlink(outside, join(w.repo.path, "local-folder"));
  // A repository of its own, also a worktree, is somebody else's.
  await git(w.repo.path, "init", "--quiet", "local-repo");
  await write(w.repo.path, "local-repo/local-inner");
  const place = await w.add();
  await write(place.path, "local-mine", "the agent's own\n");
  const { files, failed } = await w.worktrees.include(place);
  assertEquals(files, ["local.txt"]);
  assertEquals((await Deno.stat(join(place.path, "local.txt"))).mode! & 0o777, 0o600);
  assertEquals(await Deno.readTextFile(join(place.path, "local-mine")), "the agent's own\n");
  assertEquals(failed.map(({ path }) => path).sort(), ["local-folder", "local-link"]);
});

Deno.test("include() does not write through a link in the worktree that leads out of it", async () => {
  await using w = await includeWorld({ ignored: "*.key\n", include: "*.key\n", files: ["below/a.key"] });
  const outside = join(w.repo.path, "..", "outside");
  await Deno.mkdir(outside, { recursive: true });
  const place = await w.add();
  await Deno.symlink(outside, join(place.path, "below"));
  const { count, failed } = await w.worktrees.include(place);
  assertEquals([count, failed.map(({ path }) => path)], [0, ["below/a.key"]]);
  assertStringIncludes(failed[0]!.reason, "no folder in the worktree");
  assertEquals(await exists(join(outside, "a.key")), false);
});

Deno.test("what include() copied is nobody's work, also once it is not ignored any more, until it is committed", async () => {
  await using w = await includeWorld({ ignored: ".env\n", include: ".env\n", files: [".env"] });
  const place = await w.add();
  await w.worktrees.include(place);
  await write(place.path, ".gitignore", "!.env\n");
  await write(place.path, "work.txt");
  assertEquals((await w.worktrees.changes(place)).uncommitted, 2);
  assertEquals((await w.worktrees.uncommitted(place)).files, [".gitignore", "work.txt"]);
  assertEquals((await w.diff(place)).includes(".env\n+.env"), false);
  assertEquals(await w.files((await w.snapshot(place)).commit), [".gitignore", "README.md", "work.txt"]);
  await git(place.path, "add", "-f", ".env");
  await git(place.path, "commit", "--quiet", "--message=mine");
  assertEquals((await w.files((await w.snapshot(place)).commit)).includes(".env"), true);
});

Deno.test("include() does nothing without a file, with an empty one, and for files that git cannot read", async () => {
  for (const include of [null, "", "\n# nothing\n", "nothing-matches\n"]) {
    await using w = await worktreeWorld();
    if (include !== null) await write(w.repo.path, ".worktreeinclude", include);
    const place = await w.add();
    assertEquals(await w.worktrees.include(place), { files: [], count: 0, bytes: 0, failed: [], failedCount: 0 });
  }
});
