// What an agent writes into configurations while our gits read them: programs that are named there only for a moment do not
// run, and nothing is fetched from where it says.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { keepCopiesIn } from "../../../core/process/git/configuration_copies.ts";
import { gitWorktrees } from "../../../core/process/git/git_worktrees.ts";
import type { Place } from "../../../core/process/git/worktrees.ts";
import { eventually, git, tempDir, tempRepository } from "../../support/temp.ts";
import { type WorktreeWorld, worktreeWorld, write } from "../worktree_world.ts";
import { withUserConfig } from "./landing/world.ts";

const looks = 12;

/** Swaps a file with and without a text at its end, as fast as it can, until it is disposed of. */
async function swapping(file: string, text: string): Promise<AsyncDisposable> {
  const clean = await Deno.readTextFile(file).catch(() => "");
  await Deno.writeTextFile(`${file}.without`, clean);
  await Deno.writeTextFile(`${file}.with`, `${clean}\n${text}`);
  const script = `while :; do for one in with without; do cp "$0.$one" "$0.next"; mv "$0.next" "$0"; done; done`;
  const child = new Deno.Command("sh", { args: ["-c", script, file], stdin: "null" }).spawn();
  const { ino } = await Deno.stat(file).catch(() => ({ ino: null }));
  await eventually(async () => (await Deno.stat(file)).ino !== ino, { what: "the file is swapped" });
  return {
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await child.status;
      await Deno.writeTextFile(file, clean);
    },
  };
}

/** A program for the configuration, which leaves a trace. */
function trap(world: WorktreeWorld): { section: string; hasRun(): Promise<boolean> } {
  const trace = `${world.repo.path}-trace`;
  return {
    section: `[filter "x"]\n\tclean = "touch ${trace}; cat"\n`,
    hasRun: () => Deno.stat(trace).then(() => true, () => false),
  };
}

/** Everything that looks into files of a place, again and again, each time with something new in one. */
async function lookOftenAt({ worktrees, diff }: WorktreeWorld, place: Place): Promise<void> {
  await write(place.path, ".gitattributes", "* filter=x\n");
  for (let look = 0; look < looks; look++) {
    await write(place.path, "README.md", `look ${look}\n`);
    assertStringIncludes(await diff(place), `+look ${look}`);
    assertEquals((await worktrees.changes(place)).uncommitted, 2);
    await worktrees.savePoint(place, { task: 1, name: `run-${look + 1}` });
  }
}

Deno.test("no program runs that the configuration names only at times, be a run guarded or not", async () => {
  await using world = await worktreeWorld();
  const { section, hasRun } = trap(world);
  const place = await world.add();
  const config = join(world.repo.path, ".git/config");
  {
    await using _ = await swapping(config, section);
    await lookOftenAt(world, place);
    assertEquals(await hasRun(), false);
  }
  using _guard = await world.worktrees.guardFolder(place);
  await using _ = await swapping(config, section);
  await lookOftenAt(world, place);
  assertEquals(await hasRun(), false);
});

Deno.test("no program runs that a worktree's own configuration names, or a file that is included", async () => {
  await using world = await worktreeWorld();
  const { section, hasRun } = trap(world);
  await world.repo.git("config", "extensions.worktreeConfig", "true");
  const place = await world.add();
  const own = await git(place.path, "rev-parse", "--path-format=absolute", "--git-path", "config.worktree");
  {
    await using _ = await swapping(own, section);
    await lookOftenAt(world, place);
  }
  assertEquals(await hasRun(), false);
  const included = `${world.repo.path}-included`;
  await world.repo.git("config", "include.path", included);
  await using _ = await swapping(included, section);
  await lookOftenAt(world, place);
  assertEquals(await hasRun(), false);
});

Deno.test("no program runs that a line without an end is to keep out of the copy", async () => {
  await using world = await worktreeWorld();
  const { section, hasRun } = trap(world);
  const place = await world.add();
  const own = await git(place.path, "rev-parse", "--path-format=absolute", "--git-path", "config.worktree");
  await world.repo.git("config", "extensions.worktreeConfig", "true");
  // The line is continued by whatever comes next.
  await Deno.writeTextFile(own, "[x]\n\ty = z\\");
  await using _ = await swapping(own, `\n${section}`);
  await lookOftenAt(world, place);
  assertEquals(await hasRun(), false);
});

Deno.test("nothing is fetched from a remote that is named during a run, or in a repository inside", async () => {
  await using world = await worktreeWorld();
  let requests = 0;
  await using server = Deno.serve({ port: 0, hostname: "127.0.0.1", onListen() {} }, () => {
    requests++;
    return new Response("no", { status: 404 });
  });
  const url = `http://127.0.0.1:${server.addr.port}/secret`;
  const place = await world.add();
  const misses = async (folder: string) => {
    await git(folder, "config", "remote.evil.url", url);
    await git(folder, "config", "remote.evil.promisor", "true");
    // To know what to make of the ends of lines, git looks at what is in the index.
    await write(folder, ".gitattributes", "* text=auto\n");
    await write(folder, "lost.txt");
    await git(folder, "add", "lost.txt");
    const id = await git(folder, "rev-parse", ":lost.txt");
    const objects = await git(folder, "rev-parse", "--path-format=absolute", "--git-path", "objects");
    await Deno.remove(join(objects, id.slice(0, 2), id.slice(2)));
  };
  const look = async () => {
    for (const folder of [place.path, join(place.path, "inner")]) await write(folder, "lost.txt", "ends\r\n");
    await world.worktrees.changes(place).catch(() => {});
    await world.worktrees.savePoint(place, { task: 1, name: "run-1" }).catch(() => {});
    await world.diff(place).catch(() => {});
  };
  await git(place.path, "init", "--quiet", "inner");
  await misses(join(place.path, "inner"));
  await look();
  using guard = await world.worktrees.guardFolder(place);
  await misses(place.path);
  await look();
  assertEquals(requests, 0);
  await world.worktrees.restoreFolder(place, guard, { task: 1, run: 1 });
  await look();
  assertEquals(requests, 0);
});

Deno.test("a partial clone fetches what it misses from its own remote, during a run as well", async () => {
  await using origin = await tempRepository();
  await origin.git("config", "uploadpack.allowFilter", "true");
  await origin.git("config", "uploadpack.allowAnySHA1InWant", "true");
  await write(origin.path, "README.md", "second\n");
  await origin.git("commit", "--quiet", "--all", "--message=Second");
  const clone = `${origin.path}-clone`;
  await git(origin.path, "clone", "--quiet", "--sparse", "--filter=blob:none", `file://${origin.path}`, clone);
  assertEquals(await git(clone, "config", "extensions.worktreeConfig"), "true");
  const worktrees = gitWorktrees({
    repos: new Map([["app", clone]]),
    root: () => `${clone}-worktrees`,
    store: crypto.randomUUID(),
  });
  const place = await worktrees.add({ repo: "app", task: 1, branch: "task-1", base: "HEAD~1", baseCommit: null });
  assertEquals(await Deno.readTextFile(join(place.path, "README.md")), "# A repository for tests\n");
  using _guard = await worktrees.guardFolder(place);
  const second = await git(clone, "rev-parse", "HEAD");
  const text = await new Response((await worktrees.diff(place, { to: second })).stream).text();
  assertStringIncludes(text, "+second");
});

Deno.test("what the user configured goes on working, and what the repository set that is no program", async () => {
  await using world = await worktreeWorld();
  const included = `${world.repo.path}-included`;
  await Deno.writeTextFile(included, '[core]\n\tautocrlf = input\n[x "a\\"b\\\\c"]\n\tname\n\tother = "1;2\\n3"\n');
  await world.repo.git("config", "include.path", included);
  const user = '[filter "up"]\n\tclean = "tr a-z A-Z"\n[filter "x"]\n\tclean = "tr a-z A-Z"\n';
  await withUserConfig(user, async () => {
    const place = await world.add();
    await world.repo.git("config", "filter.x.clean", "sed s/^/theirs/");
    await write(place.path, ".gitattributes", "*.up filter=up\n*.x filter=x\n");
    for (const name of ["a.up", "a.x", "a.txt"]) await write(place.path, name, `word ${name}\r\n`);
    const { commit } = await world.worktrees.savePoint(place, { task: 1, name: "run-1" });
    const contents = ["a.up", "a.x", "a.txt"].map((name) => world.repo.git("show", `${commit}:${name}`));
    // The filter's word for the end of a line is the user's own as well.
    assertEquals(await Promise.all(contents), ["WORD A.UP", "WORD A.X", "word a.txt"]);
    assert(!(await world.repo.git("cat-file", "blob", `${commit}:a.txt`)).includes("\r"));
  });
});

Deno.test("copies are in the folder that is given, and one that is gone is made again", async () => {
  await using world = await worktreeWorld();
  await using data = await tempDir();
  const copies = join(data.path, "git");
  const worktrees = gitWorktrees({
    repos: new Map([["app", world.repo.path]]),
    root: () => `${world.repo.path}-worktrees`,
    ...{ store: crypto.randomUUID(), copies },
  });
  const place = await worktrees.add({ repo: "app", task: 9, branch: "task-9", base: "HEAD", baseCommit: null });
  const names = () => [...Deno.readDirSync(copies)].map(({ name }) => name);
  assertEquals(names().length, 1);
  await worktrees.changes(place);
  assertEquals(names().length, 1);
  assertEquals((await Deno.stat(copies)).mode! & 0o777, 0o700);
  await Deno.remove(copies, { recursive: true });
  assertEquals((await worktrees.changes(place)).uncommitted, 0);
  assertEquals(
    await Deno.readTextFile(join(copies, names()[0]!, "config")),
    await Deno.readTextFile(join(world.repo.path, ".git/config")),
  );
});

Deno.test("copies of an earlier service stay while a git of it may be at work, and then go", async () => {
  await using data = await tempDir();
  for (const name of ["now", "long-ago"]) await Deno.mkdir(join(data.path, name));
  const then = new Date(Date.now() - 2 * 3_600_000);
  await Deno.utime(join(data.path, "long-ago"), then, then);
  keepCopiesIn(data.path);
  assertEquals(Array.from(Deno.readDirSync(data.path), ({ name }) => name), ["now"]);
});
