import { assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { worktreeWorld, write } from "../worktree_world.ts";

const repo = "app";

Deno.test("readAtCommit() gives a file as the commit has it, whatever lies in the folder now", async () => {
  await using w = await worktreeWorld();
  const before = await w.repo.git("rev-parse", "HEAD");
  await write(w.repo.path, "coder.json", '{"check": "true"}\n');
  await write(w.repo.path, "folder/coder.json", "{}");
  await Deno.writeFile(join(w.repo.path, "bytes"), new Uint8Array([0xff, 0xfe]));
  await Deno.writeTextFile(join(w.repo.path, "large"), "x".repeat(300_000));
  await Deno.symlink("coder.json", join(w.repo.path, "link"));
  await w.repo.git("add", "-A");
  await w.repo.git("commit", "--quiet", "--message=settings");
  const after = await w.repo.git("rev-parse", "HEAD");
  await write(w.repo.path, "coder.json", "changed");
  const read = (commit: string, path: string) => w.worktrees.readAtCommit(repo, commit, path);
  assertEquals([await read(before, "coder.json"), await read(after, "coder.json")], [null, '{"check": "true"}\n']);
  await assertRejects(() => read(after, "folder"), DomainError, "folder is no regular file");
  await assertRejects(() => read(after, "link"), DomainError, "link is no regular file");
  await assertRejects(() => read(after, "bytes"), DomainError, "bytes is not UTF-8");
  await assertRejects(() => read(after, "large"), DomainError, "large is larger than 256 KiB");
});

Deno.test("requireBase() names what is near to a name that is nothing", async () => {
  await using w = await worktreeWorld();
  const head = await w.repo.git("rev-parse", "HEAD");
  await w.repo.git("branch", "feature/login");
  await w.repo.git("tag", "v1.2.3");
  const base = (name: string) => w.worktrees.requireBase(repo, name);
  for (const name of ["HEAD", "feature/login", "v1.2.3", head, head.slice(0, 10)]) assertEquals(await base(name), head);
  await assertRejects(() => base("feature/lgoin"), DomainError, 'commit "feature/lgoin"; did you mean feature/login?');
  await assertRejects(() => base("v1.2.4"), DomainError, "did you mean v1.2.3?");
  const { message } = await assertRejects(() => base("quite-something-else"), DomainError);
  assertEquals(message, 'There is no branch, tag or commit "quite-something-else"');
});
