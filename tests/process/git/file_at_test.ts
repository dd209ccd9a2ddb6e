import { assertEquals, assertRejects } from "@std/assert";
import { dirname, join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { git } from "../../support/temp.ts";
import { commitIn, worktreeWorld, write } from "../worktree_world.ts";

async function fileWorld() {
  const w = await worktreeWorld();
  const place = await w.add();
  const at = async (moment: string, path: string) => {
    const bytes = await w.worktrees.fileAt(place, { at: moment, path });
    return bytes && new TextDecoder("latin1").decode(bytes);
  };
  return { w, place, at, now: (path: string) => at("now", path) };
}

Deno.test("fileAt() gives a file at a commit, as it lies there now, and of the branch when the worktree is gone", async () => {
  const { w, place, at, now } = await fileWorld();
  await using _ = w;
  const odd = 'a b/:(top)*"\t\n[x]';
  await write(place.path, odd, "one\r\n");
  await Deno.writeFile(join(place.path, "bytes"), new Uint8Array([0, 255, 10]));
  const commit = await commitIn(place.path, "Work");
  await write(place.path, odd, "two\n");
  await write(place.path, "new/file.txt", "new\n");
  assertEquals([await at(commit, odd), await now(odd)], ["one\r\n", "two\n"]);
  assertEquals([await at(commit, "bytes"), await now("bytes")], ["\0\xff\n", "\0\xff\n"]);
  assertEquals([await at(commit, "new/file.txt"), await now("new/file.txt")], [null, "new\n"]);
  assertEquals([await at(place.base_commit, odd), await at(commit, "gone"), await now("gone")], [null, null, null]);
  // A folder is no file, and a file no folder.
  for (const moment of [commit, "now"]) {
    assertEquals([await at(moment, "a b"), await at(moment, "bytes/x")], [null, null]);
  }
  await Deno.remove(join(place.path, "bytes"));
  assertEquals(await now("bytes"), null);
  await w.repo.git("worktree", "remove", "--force", place.path);
  assertEquals(await now(odd), "one\r\n");
});

Deno.test("fileAt() takes only a path within the repository", async () => {
  const { w, place, at } = await fileWorld();
  await using _ = w;
  await write(dirname(place.path), "secret.txt", "secret\n");
  const paths = ["", "/", "/etc/passwd", "../secret.txt", "a/../../secret.txt", "./README.md", "README.md/", "a//b"];
  for (const path of [...paths, ".", "..", "a\0b", ".git", ".git/config", ".GIT/config", "sub/.git/config"]) {
    for (const moment of ["now", place.base_commit]) {
      const error = await assertRejects(() => at(moment, path), DomainError);
      assertEquals(error.code, "invalid", path);
    }
  }
  await assertRejects(() => at("HEAD", "README.md"), DomainError, "no commit id");
  await assertRejects(() => at("2".repeat(40), "README.md"), DomainError, "There is no commit");
});

Deno.test("fileAt() follows no link: a link is where it leads to, and nothing is behind a folder that is one", async () => {
  const { w, place, at, now } = await fileWorld();
  await using _ = w;
  const outside = join(dirname(place.path), "outside");
  await write(outside, "secret.txt", "secret\n");
  await write(place.path, "folder/secret.txt", "plain\n");
  await Deno.symlink(join(outside, "secret.txt"), join(place.path, "link"));
  await Deno.symlink(outside, join(place.path, "folder-link"));
  const commit = await commitIn(place.path, "Links");
  for (const moment of [commit, "now"]) {
    assertEquals(await at(moment, "link"), join(outside, "secret.txt"));
    assertEquals(await at(moment, "folder-link"), outside);
    assertEquals(await at(moment, "folder-link/secret.txt"), null);
  }
  // git lists what its index has, whatever the folder became.
  assertEquals(await now("folder/secret.txt"), "plain\n");
  await Deno.remove(join(place.path, "folder"), { recursive: true });
  await Deno.symlink(outside, join(place.path, "folder"));
  assertEquals(await now("folder/secret.txt"), null);
});

Deno.test("fileAt() enters no repository inside, and shows nothing that is ignored", async () => {
  const { w, place, at, now } = await fileWorld();
  await using _ = w;
  await git(place.path, "init", "--quiet", "lib");
  await write(place.path, "lib/inner.txt");
  await commitIn(join(place.path, "lib"), "Inner");
  await write(place.path, ".gitignore", ".env\n");
  await write(place.path, ".env", "TOKEN=1\n");
  assertEquals([await now("lib"), await now("lib/inner.txt"), await now(".env")], [null, null, null]);
  const commit = await commitIn(place.path, "With a repository");
  for (const moment of [commit, "now"]) {
    assertEquals([await at(moment, "lib"), await at(moment, "lib/inner.txt")], [null, null]);
  }
  // Files of ours that a repository was made around.
  await write(place.path, "own/file.txt");
  await commitIn(place.path, "Own");
  await git(join(place.path, "own"), "init", "--quiet");
  assertEquals(await now("own/file.txt"), null);
});

Deno.test("fileAt() gives at most 10 MiB, and waits for no pipe", async () => {
  const { w, place, at, now } = await fileWorld();
  await using _ = w;
  await Deno.writeFile(join(place.path, "large"), new Uint8Array(10 * 1024 * 1024));
  await Deno.writeFile(join(place.path, "larger"), new Uint8Array(10 * 1024 * 1024 + 1));
  const commit = await commitIn(place.path, "Large");
  for (const moment of [commit, "now"]) {
    assertEquals((await at(moment, "large"))!.length, 10 * 1024 * 1024);
    const error = await assertRejects(() => at(moment, "larger"), DomainError, "larger is larger than 10 MiB");
    assertEquals(error.code, "invalid");
  }
  await Deno.remove(join(place.path, "large"));
  await new Deno.Command("mkfifo", { args: [join(place.path, "large")] }).output();
  assertEquals(await now("large"), null);
});
