import { assert, assertEquals, assertRejects } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../../core/domain/error.ts";
import { git, inspectRepository, probeGit, resolveCommit } from "../../../core/process/git/git.ts";
import { tempDir, tempRepository } from "../../support/temp.ts";

Deno.test("git() puts git's own words into one line", async () => {
  await using folder = await tempDir();
  const error = await assertRejects(() => git(["status"], { cwd: folder.path }), DomainError);
  assert(/^git status failed: not a git repository[^\n]*$/.test(error.message), error.message);
});

Deno.test("git() leaves out the hints that git has for a person at a terminal", async () => {
  await using repo = await tempRepository();
  await Deno.mkdir(join(repo.path, "out"));
  await repo.git("sparse-checkout", "set", "--cone", "in");
  await Deno.writeTextFile(join(repo.path, "out/a.txt"), "");
  const error = await assertRejects(() => git(["add", "out/a.txt"], { cwd: repo.path }), DomainError);
  assertEquals(error.message, "git add failed: out/a.txt");
});

Deno.test("git() runs no hook and no fsmonitor of the repository", async () => {
  await using repo = await tempRepository();
  const trap = join(repo.path, "trap.sh");
  await Deno.writeTextFile(trap, `#!/bin/sh\ntouch ${repo.path}/trapped\n`, { mode: 0o755 });
  await Deno.copyFile(trap, join(repo.path, ".git/hooks/post-checkout"));
  await Deno.copyFile(trap, join(repo.path, ".git/hooks/reference-transaction"));
  await repo.git("config", "core.fsmonitor", trap);
  await git(["branch", "other"], { cwd: repo.path });
  await git(["checkout", "--quiet", "other"], { cwd: repo.path });
  await git(["status"], { cwd: repo.path });
  await assertRejects(() => Deno.stat(join(repo.path, "trapped")), Deno.errors.NotFound);
});

Deno.test("git() is not led astray by GIT_DIR in the service's environment", async () => {
  await using repo = await tempRepository();
  Deno.env.set("GIT_DIR", "/nowhere");
  try {
    assertEquals((await inspectRepository(repo.path)).root, repo.path);
  } finally {
    Deno.env.delete("GIT_DIR");
  }
});

Deno.test("probeGit() finds git", async () => {
  const probe = await probeGit();
  assert(probe.found && /^\d+\.\d+/.test(probe.version));
});

Deno.test("inspectRepository() returns root, head and branch from any folder within", async () => {
  await using repo = await tempRepository();
  await Deno.mkdir(join(repo.path, "src"));
  const head = await repo.git("rev-parse", "HEAD");
  assertEquals(await inspectRepository(join(repo.path, "src")), { root: repo.path, head, branch: "main" });
  await repo.git("checkout", "--quiet", "--detach");
  assertEquals((await inspectRepository(repo.path)).branch, null);
});

Deno.test("inspectRepository() says in one line what is wrong", async () => {
  await using folder = await tempDir();
  const path = (name: string) => join(folder.path, name);
  await git(["init", "--quiet", path("empty")]);
  await git(["init", "--quiet", "--bare", path("bare")]);
  await Deno.mkdir(path("plain"));
  await Deno.writeTextFile(path("file"), "");
  const reasons: Record<string, string> = {
    missing: "the folder does not exist",
    file: "it is not a folder",
    plain: "it is not a git repository",
    bare: "it is a bare repository; a clone with files is needed",
    empty: "it has no commit yet",
  };
  for (const [name, reason] of Object.entries(reasons)) {
    const error = await assertRejects(() => inspectRepository(path(name)), DomainError);
    assertEquals([error.code, error.message], ["invalid", `Cannot use repository ${path(name)}: ${reason}`]);
  }
});

Deno.test("resolveCommit() takes any text as a name and never as an option", async () => {
  await using repo = await tempRepository();
  const head = await repo.git("rev-parse", "HEAD");
  await repo.git("tag", "-a", "v1", "-m", "v1");
  for (const base of ["HEAD", "main", "v1", head, head.slice(0, 8)]) {
    assertEquals(await resolveCommit(repo.path, base), head);
  }
  for (const base of ["", "--all", "-h", "nope", "main:README.md", "a\nb", "\0", "HEAD~5", "HEAD HEAD", "@{-1}"]) {
    const error = await assertRejects(() => resolveCommit(repo.path, base), DomainError);
    assertEquals(error.code, "invalid");
  }
});
