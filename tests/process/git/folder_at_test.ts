import { assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { git } from "../../support/temp.ts";
import { commitIn, worktreeWorld, write } from "../worktree_world.ts";

async function folderWorld() {
  const w = await worktreeWorld();
  const place = await w.add();
  const at = async (moment: string, path: string) => {
    const content = await w.worktrees.folderAt(place, { at: moment, path });
    return content && content.entries.map(({ name, kind, bytes }) => `${kind} ${name} ${bytes ?? ""}`.trim());
  };
  return { w, place, at, now: (path: string) => at("now", path) };
}

Deno.test("folderAt() lists one folder at a commit, as it lies there now, and of the branch when the worktree is gone", async () => {
  const { w, place, at, now } = await folderWorld();
  await using _ = w;
  const odd = "ü [x]*";
  await write(place.path, `${odd}/a.txt`, "one\n");
  await write(place.path, `${odd}/deep/er/b.txt`, "b");
  await write(place.path, `${odd}2/c.txt`, "c");
  const commit = await commitIn(place.path, "Work");
  await write(place.path, `${odd}/new.txt`, "not committed");
  await Deno.remove(join(place.path, odd, "a.txt"));
  assertEquals(await at(commit, odd), ["folder deep", "file a.txt 4"]);
  assertEquals(await now(odd), ["folder deep", "file new.txt 13"]);
  assertEquals((await at(commit, ""))?.filter((line) => line.startsWith("folder")), [
    `folder ${odd}`,
    `folder ${odd}2`,
  ]);
  assertEquals(await now(""), await at(commit, ""));
  assertEquals(await at(place.base_commit, odd), null);
  for (const moment of [commit, "now"]) {
    assertEquals([await at(moment, "gone"), await at(moment, `${odd}2/c.txt`)], [null, null]);
  }
  await w.repo.git("worktree", "remove", "--force", place.path);
  assertEquals(await now(odd), ["folder deep", "file a.txt 4"]);
});

Deno.test("folderAt() takes only a path within the repository", async () => {
  const { w, place, at } = await folderWorld();
  await using _ = w;
  for (
    const path of ["/", "/etc", "..", "a/../..", ".", "./src", "src/", "a//b", "a\0b", ".git", ".GIT/refs", "a/.git"]
  ) {
    for (const moment of ["now", place.base_commit]) {
      const error = await assertRejects(() => at(moment, path), DomainError);
      assertEquals(error.code, "invalid", path);
    }
  }
});

Deno.test("folderAt() follows no link, and shows nothing of a repository inside and nothing that is ignored", async () => {
  const { w, place, at, now } = await folderWorld();
  await using _ = w;
  await write(join(dirname(place.path), "outside"), "secret.txt", "secret\n");
  await write(place.path, ".gitignore", "*.key\n");
  await write(place.path, "folder/plain.txt", "plain\n");
  await write(place.path, "folder/my.key", "secret\n");
  const commit = await commitIn(place.path, "Folder");
  const nested = join(place.path, "nested");
  await Deno.mkdir(nested);
  await git(nested, "init", "-q");
  await write(nested, "inner.txt", "inner\n");
  await Deno.symlink("../outside", join(place.path, "way"));
  assertEquals((await now(""))?.slice(0, 2), ["folder folder", "repository nested"]);
  assertEquals((await now(""))?.includes("link way"), true);
  assertEquals([await now("folder"), await now("way"), await now("nested")], [["file plain.txt 6"], null, null]);
  // Git still lists what was there: the folder is a link now.
  await Deno.remove(join(place.path, "folder"), { recursive: true });
  await Deno.symlink("../outside", join(place.path, "folder"));
  await Deno.writeTextFile(join(dirname(place.path), "outside", "plain.txt"), "outside");
  assertEquals([await now("folder"), await at(commit, "folder")], [null, ["file plain.txt 6"]]);
});

Deno.test("folderAt() gives the first 2,000 of a folder and says so", async () => {
  const { w, place } = await folderWorld();
  await using _ = w;
  await Deno.mkdir(join(place.path, "many"));
  for (let count = 0; count < 2_001; count++) await Deno.writeTextFile(join(place.path, "many", `${count}`), "");
  const content = await w.worktrees.folderAt(place, { at: "now", path: "many" });
  assertEquals([content?.entries.length, content?.isCut], [2_000, true]);
});
