import { assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { git, tempDir } from "../../support/temp.ts";
import { worktreeWorld, write } from "../worktree_world.ts";

const attacks: Record<string, (place: { path: string }, repo: { path: string }) => Promise<unknown>> = {
  "info/exclude": (_place, repo) => write(repo.path, ".git/info/exclude", "*\n"),
  "core.excludesFile": async (place, repo) => {
    await write(repo.path, ".git/ignore-all", "*\n");
    await git(place.path, "config", "core.excludesFile", join(repo.path, ".git/ignore-all"));
  },
};

for (const [what, attack] of Object.entries(attacks)) {
  Deno.test(`What an agent writes to ${what} hides no work of another task`, async () => {
    await using w = await worktreeWorld();
    const place = await w.add(1);
    const other = await w.add(2);
    await attack(other, w.repo);
    await write(place.path, "folder/work.txt");
    assertEquals(await git(place.path, "status", "--porcelain"), "");
    assertStringIncludes(await w.diff(place), "+folder/work.txt\n");
    assertEquals((await w.worktrees.changes(place)).uncommitted, 1);
    assertEquals(await w.worktrees.mergedCommit(place), null);
    assertEquals(await w.files((await w.snapshot(place)).commit), ["README.md", "folder/work.txt"]);
  });
}

Deno.test("What the user excluded before the run, and the worktree's own .gitignore, stay excluded", async () => {
  await using w = await worktreeWorld();
  await write(w.repo.path, ".git/info/exclude", "/by-info\n*.swp\n!kept.swp\n");
  await write(w.repo.path, ".git/ignored", "by-user\n");
  await w.repo.git("config", "core.excludesFile", join(w.repo.path, ".git/ignored"));
  const place = await w.add();
  // Later changes are not heard, whatever they say.
  await write(w.repo.path, ".git/info/exclude", "");
  await write(w.repo.path, ".git/ignored", "");
  await write(place.path, ".gitignore", "node_modules/\n");
  await git(place.path, "init", "--quiet", "nested");
  for (const file of ["by-info", "by-user", "a.swp", "kept.swp", "node_modules/x", "below/by-info", "work.txt"]) {
    await write(place.path, file);
    await write(join(place.path, "nested"), file);
  }
  const { commit, nested } = await w.snapshot(place);
  const kept = [".gitignore", "README.md", "below/by-info", "kept.swp", "nested", "work.txt"];
  assertEquals(await w.files(commit), kept);
  // A repository inside has an `info/exclude` and `.gitignore` of its own; the user is the same.
  const inner = ["a.swp", "below/by-info", "by-info", "kept.swp", "node_modules/x", "work.txt"];
  assertEquals(await w.files(nested![0]!.commit), inner);
});

const places: [written: string | null, file: string][] = [
  [null, ".config/git/ignore"],
  ["~/mine", "mine"],
  ["%HOME%/named", "named"],
];

for (const [written, file] of places) {
  Deno.test(`The user's exclusions are found where git finds them: ${written ?? "in the usual place"}`, async () => {
    await using w = await worktreeWorld();
    await using home = await tempDir();
    await write(home.path, file, "by-user\n");
    if (written !== null) await w.repo.git("config", "core.excludesFile", written.replace("%HOME%", home.path));
    const [before, xdg] = [Deno.env.get("HOME"), Deno.env.get("XDG_CONFIG_HOME")];
    Deno.env.set("HOME", home.path);
    Deno.env.delete("XDG_CONFIG_HOME");
    try {
      const place = await w.add();
      await write(place.path, "by-user");
      assertEquals((await w.worktrees.changes(place)).uncommitted, 0);
    } finally {
      if (before !== undefined) Deno.env.set("HOME", before);
      if (xdg !== undefined) Deno.env.set("XDG_CONFIG_HOME", xdg);
    }
  });
}
