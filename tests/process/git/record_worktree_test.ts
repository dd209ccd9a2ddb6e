import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { recordWorktree } from "../../../core/process/git/record_worktree.ts";
import { tempRepository } from "../../support/temp.ts";

/** Files and what is in them; the paths of both worktrees read the same, and so do the times of their logs. */
async function contentsOf(folder: string, { name, path }: { name: string; path: string }): Promise<[string, string][]> {
  const found: [string, string][] = [];
  for await (const entry of Deno.readDir(folder)) {
    const at = join(folder, entry.name);
    if (entry.isDirectory) {
      const inside = await contentsOf(at, { name, path });
      found.push(...inside.map(([file, text]): [string, string] => [`${entry.name}/${file}`, text]));
      continue;
    }
    const text = (await Deno.readTextFile(at)).replaceAll(path, "PATH").replaceAll(name, "NAME").replace(/\d{10} /, "");
    found.push([entry.name, `${((await Deno.lstat(at)).mode! & 0o777).toString(8)} ${text}`]);
  }
  return found.sort();
}

Deno.test("recordWorktree() writes what git writes, of a branch and of a commit", async () => {
  await using repository = await tempRepository();
  const common = join(repository.path, ".git");
  const commit = await repository.git("rev-parse", "HEAD");
  const add = ["worktree", "add", "--quiet", "--no-checkout", "--lock", "--reason", "initializing"];
  for (const isBranch of [true, false]) {
    const [ours, theirs] = isBranch ? ["by-us", "by-git"] : ["at-us", "at-git"];
    const [ourPath, theirPath] = [ours, theirs].map((name) => `${repository.path}-${name}`) as [string, string];
    if (isBranch) { for (const name of [ours, theirs]) await repository.git("branch", name!); }
    await repository.git(...add, ...isBranch ? [theirPath, theirs!] : ["--detach", theirPath, commit]);
    const name = `${repository.path.split("/").at(-1)}-${ours}`;
    const head = isBranch ? { branch: ours! } : { commit };
    await recordWorktree(name, head, { repo: repository.path, common, path: ourPath, env: {} });
    const git = { name: theirs!, path: theirPath };
    const own = { name: ours!, path: ourPath };
    const record = await contentsOf(join(common, "worktrees", name.replace(ours!, theirs!)), git);
    assertEquals(
      await contentsOf(join(common, "worktrees", name), own),
      // That begins with the call that brings the files.
      record.filter(([file]) => file !== "logs/HEAD"),
    );
    assertEquals(await contentsOf(ourPath, own), await contentsOf(theirPath, git));
  }
});

Deno.test("recordWorktree() leaves it to git where a name is taken and where a repository has extensions", async () => {
  await using repository = await tempRepository();
  const common = join(repository.path, ".git");
  const record = async (name: string, folder: string) => {
    await repository.git("branch", name);
    const path = `${repository.path}-${folder}/${name}`;
    await recordWorktree(name, { branch: name }, { repo: repository.path, common, path, env: {} });
  };
  await repository.git("worktree", "add", "--quiet", "--detach", `${repository.path}-one/taken`);
  await record("taken", "two");
  // git numbers it.
  assertEquals((await Deno.readTextFile(join(common, "worktrees/taken1/HEAD"))).trim(), "ref: refs/heads/taken");

  await repository.git("config", "extensions.worktreeConfig", "true");
  await repository.git("config", "--worktree", "core.sparseCheckout", "true");
  await record("extended", "two");
  // git copies the settings of the worktree in which it is called.
  assertEquals((await Deno.lstat(join(common, "worktrees/extended/config.worktree"))).isFile, true);
});
