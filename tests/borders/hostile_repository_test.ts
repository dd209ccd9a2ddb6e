// Repositories and agents that want more than their worktree, on the real service: no program that a repository names is run
// by the service's own git, nothing is read or written outside, and what the user configured goes on working.

import { assert, assertEquals, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { startService, type TestService } from "../support/service.ts";
import { eventually, git, tempDir, type TempRepository, tempRepository } from "../support/temp.ts";
import { scriptAgent } from "./script_agent.ts";

const hooks = [
  ...["post-checkout", "pre-commit", "post-commit", "reference-transaction", "post-index-change", "pre-auto-gc"],
  ...["prepare-commit-msg", "commit-msg", "post-rewrite", "fsmonitor-watchman", "post-merge", "pre-push"],
];

interface Traps {
  /** The names of the programs that were run. */
  sprung(): Promise<string[]>;
  /** A program that leaves its name; it passes its input on, so that as a filter it is not noticed otherwise. */
  trap(name: string): Promise<string>;
}

async function traps(folder: string): Promise<Traps> {
  const programs = join(folder, "traps");
  const marks = join(folder, "marks");
  for (const path of [programs, marks]) await Deno.mkdir(path, { recursive: true });
  return {
    async sprung() {
      return (await Array.fromAsync(Deno.readDir(marks))).map(({ name }) => name).sort();
    },
    async trap(name) {
      const path = join(programs, name);
      await Deno.writeTextFile(path, `#!/bin/sh\n: > '${marks}/${name}'\n[ -t 0 ] || cat\n`, { mode: 0o755 });
      return path;
    },
  };
}

/** Sets every trap that a repository's configuration and hooks have room for. */
async function setTraps(repository: TempRepository, { trap }: Traps, folder: string): Promise<void> {
  for (const hook of hooks) {
    await Deno.copyFile(await trap(`hook-${hook}`), join(repository.path, ".git", "hooks", hook));
  }
  const included = join(folder, "included");
  const config: [string, string][] = [
    ["core.fsmonitor", await trap("fsmonitor")],
    ["diff.external", await trap("diff-external")],
    ["diff.evil.command", await trap("diff-command")],
    ["diff.evil.textconv", await trap("textconv")],
    ["filter.evil.clean", await trap("clean")],
    ["filter.evil.smudge", await trap("smudge")],
    ["filter.evil.required", "true"],
    ["filter.long.process", await trap("process")],
    ["filter.user.clean", await trap("user-clean")],
    ["filter.user.smudge", await trap("user-smudge")],
    ["core.sshCommand", await trap("ssh")],
    ["core.askPass", await trap("askpass")],
    ["core.pager", await trap("pager")],
    ["core.editor", await trap("editor")],
    ["credential.helper", await trap("credential")],
    ["gpg.program", await trap("gpg")],
    ["log.showSignature", "true"],
    ["alias.worktree", `!${await trap("alias")}`],
    ["alias.diff", `!${await trap("alias-diff")}`],
    ["hook.evil.command", await trap("config-hook")],
    ["hook.evil.event", "reference-transaction"],
    // A partial clone: git fetches what it misses from a "remote" that is a program.
    ["core.repositoryFormatVersion", "1"],
    ["extensions.partialClone", "evil"],
    ["remote.evil.promisor", "true"],
    ["remote.evil.url", join(folder, "nowhere")],
    ["remote.evil.uploadpack", await trap("upload-pack")],
    ["uploadpack.packObjectsHook", await trap("pack-hook")],
    ["include.path", included],
  ];
  for (const [key, value] of config) await repository.git("config", key, value);
  await Deno.writeTextFile(
    included,
    `[filter "in=cluded"]\n\tclean = ${await trap("included-clean")}\n\tsmudge = ${await trap("included-smudge")}\n`,
  );
}

async function readAll(service: TestService, id: number): Promise<string> {
  const texts = [];
  for (const path of ["", "/events", "/diff", "/tree", "/file?path=README.md", "/log", "/why"]) {
    const response = await service.call(`/api/tasks/${id}${path}`);
    texts.push(await response.text());
    assert([200, 404].includes(response.status), `${path}: ${response.status} ${texts.at(-1)}`);
  }
  return texts.join("\n");
}

Deno.test("no program that a repository names is run; the user's own filters are", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const set = await traps(folder.path);
  const attributes = "*.evil filter=evil diff=evil\n*.long filter=long\n*.inc filter=in=cluded\n*.big filter=user\n";
  await Deno.writeTextFile(join(repository.path, ".gitattributes"), attributes);
  for (const name of ["a.evil", "a.long", "a.inc", "a.big"]) {
    await Deno.writeTextFile(join(repository.path, name), "pointer\n");
  }
  await repository.git("add", "-A");
  await repository.git("commit", "--quiet", "-m", "Files with attributes");
  const pointer = await repository.git("rev-parse", "HEAD:a.evil");
  await setTraps(repository, set, folder.path);
  const user = join(folder.path, "gitconfig");
  await Deno.writeTextFile(
    user,
    `[user]\n\tname = U\n\temail = u@example.com\n[filter "user"]\n\tclean = sed s/content/pointer/\n` +
      `\tsmudge = sed s/pointer/content/\n\trequired = true\n`,
  );
  // It changes every file, so that each filter would be wanted, and leaves a repository of its own with traps inside.
  const agent = await scriptAgent(
    folder.path,
    `
    cat a.big > big-as-seen.txt
    for file in a.evil a.long a.inc; do echo changed >> $file; done
    echo new > new.evil
    mkdir nested && cd nested && git init --quiet . && echo '* filter=evil diff=evil' > .gitattributes
    echo x > file && git add -A && git -c user.name=T -c user.email=t@example.com commit --quiet -m nested
    git config filter.evil.clean '${await set.trap("nested-clean")}'
    git config core.fsmonitor '${await set.trap("nested-fsmonitor")}'
    git config core.hooksPath '${folder.path}/traps'
    echo y >> file
  `,
  );
  await using service = await startService({
    repo: repository.path,
    env: { ...agent, GIT_CONFIG_GLOBAL: user, GIT_CONFIG_NOSYSTEM: "1" },
  });
  await service.createTask({ commit_reminder: false, prompt: "One", base: "main" });
  const task = await service.waitForStatus(1, "completed");
  const text = await readAll(service, 1);
  assertStringIncludes(text, "+changed");
  assertEquals(await Deno.readTextFile(join(task.worktree!, "big-as-seen.txt")), "content\n", "the user's filter ran");
  const diff = await (await service.call("/api/tasks/1/diff")).text();
  assert(!diff.includes("a/a.big"), "and ran back: the file is unchanged");
  // Its uncommitted work, with the nested repository, must be saved or kept when it is thrown away.
  await service.createTask({ commit_reminder: false, prompt: "Two [fail]" });
  const two = await service.waitForStatus(2, "failed");
  assertEquals(await git(repository.path, "show", `${two.snapshot!.ref}-nested/nested:file`), "x\ny");
  // An object that is missing: asked for by name, and by a tree whose files are then checked out.
  const unknown = await service.call("/api/tasks", { json: { prompt: "Three", base: "1".repeat(40) } });
  assertEquals([unknown.status, (await unknown.json()).errors[0].path], [422, "base"]);
  await Deno.remove(join(repository.path, ".git", "objects", pointer.slice(0, 2), pointer.slice(2)));
  await service.createTask({ commit_reminder: false, prompt: "Four" });
  await eventually(async () => (await service.health()).pause !== null, { what: "the service says what is wrong" });
  assertStringIncludes((await service.health()).pause!.reason, "git reset failed");
  await service.stop();
  assertEquals(await set.sprung(), []);
});

Deno.test("a failed task's work is saved without running what the repository names", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const set = await traps(folder.path);
  await Deno.writeTextFile(join(repository.path, ".gitattributes"), "* filter=evil diff=evil\n*.big filter=user\n");
  await Deno.writeTextFile(join(repository.path, "a.big"), "pointer\n");
  await repository.git("add", "-A");
  await repository.git("commit", "--quiet", "-m", "Attributes");
  await setTraps(repository, set, folder.path);
  const user = join(folder.path, "gitconfig");
  const filter = "clean = sed s/content/pointer/\n\tsmudge = sed s/pointer/content/";
  await Deno.writeTextFile(user, `[filter "user"]\n\t${filter}\n`);
  const agent = await scriptAgent(
    folder.path,
    `
    echo work > work.txt; echo "content too" >> a.big
    ln -s /etc/passwd passwd; rm README.md; ln -s /etc/hostname README.md; ln -s /etc folder
  `,
  );
  await using service = await startService({
    repo: repository.path,
    env: { ...agent, GIT_CONFIG_GLOBAL: user, GIT_CONFIG_NOSYSTEM: "1" },
  });
  await service.createTask({ commit_reminder: false, prompt: "One [fail]" });
  const task = await service.waitForStatus(1, "failed");
  const diff = await readAll(service, 1);
  assertStringIncludes(diff, "+work");
  assertStringIncludes(diff, "+/etc/passwd");
  assert(!diff.includes("root:"), "a link is shown as a link");
  assert(task.snapshot, "the work was saved");
  assertEquals(await git(repository.path, "show", `${task.snapshot.ref}:a.big`), "pointer\npointer too");
  const links = await git(repository.path, "ls-tree", task.snapshot.ref, "passwd", "README.md", "folder");
  assertEquals(links.split("\n").map((line) => line.slice(0, 6)), ["120000", "120000", "120000"]);
  assertEquals(task.worktree, null);
  await service.stop();
  assertEquals(await set.sprung(), []);
});

Deno.test("a worktree that became a link to elsewhere is neither read nor removed through", async () => {
  await using folder = await tempDir();
  await using outside = await tempDir();
  await using repository = await tempRepository();
  await Deno.writeTextFile(join(outside.path, "secret.txt"), "do not show\n");
  await Deno.writeTextFile(join(outside.path, ".git"), `gitdir: ${repository.path}/.git\n`);
  const agent = await scriptAgent(
    folder.path,
    `
    echo work > work.txt
    here=$(pwd); cd /; mv "$here" '${folder.path}/moved'; ln -s '${outside.path}' "$here"
  `,
  );
  await using service = await startService({ repo: repository.path, env: agent });
  await service.createTask({ commit_reminder: false, prompt: "One" });
  await service.waitFor(1, (task) => task.status === "completed" || task.status === "failed");
  const text = await readAll(service, 1);
  assert(!text.includes("do not show") && !text.includes("secret.txt"), text);
  for (const command of ["retry", "cancel"]) {
    await (await service.call(`/api/tasks/1/${command}`, { method: "POST" })).body?.cancel();
  }
  await service.waitFor(1, (task) => ["completed", "failed", "cancelled"].includes(task.status));
  await service.stop();
  assertEquals((await Array.fromAsync(Deno.readDir(outside.path))).map(({ name }) => name).sort(), [
    ".git",
    "secret.txt",
  ]);
  assertEquals(await Deno.readTextFile(join(outside.path, "secret.txt")), "do not show\n");
});

Deno.test("the raw log is a file of ours, and no link to another", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const agent = await scriptAgent(folder.path, "echo work > work.txt");
  await using service = await startService({ repo: repository.path, env: agent });
  await service.createTask({ commit_reminder: false, prompt: "One" });
  await service.waitForStatus(1, "completed");
  const log = join(service.data, "logs", "task-1.log");
  await Deno.remove(log);
  await Deno.symlink("/etc/passwd", log);
  const response = await service.call("/api/tasks/1/log");
  assertEquals(response.status, 404);
  assert(!(await response.text()).includes("root:"));
});

Deno.test("a base is a commit or nothing: options, paths and odd names end in a plain refusal", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const agent = await scriptAgent(folder.path, "echo work > work.txt");
  // A file whose name makes `HEAD:...` look like a commit, and refs with names that look like something else.
  await Deno.writeTextFile(join(repository.path, "x^{commit}"), "a blob\n");
  await repository.git("add", "-A");
  await repository.git("commit", "--quiet", "-m", "An odd name");
  const head = await repository.git("rev-parse", "HEAD");
  for (
    const ref of [
      "refs/heads/--upload-pack=x",
      "refs/heads/-b",
      "refs/heads/a/HEAD",
      "refs/heads/$(id)",
      "refs/tags/;id",
    ]
  ) {
    await repository.git("update-ref", ref, head);
  }
  await using service = await startService({ repo: repository.path, env: agent });
  const refused = [
    ...["--upload-pack=y", "-c", "--help", "--output=/tmp/evil", "HEAD:x", "HEAD:README.md", ":/first", ":0:README.md"],
    ...["^HEAD", "HEAD..main", "main...HEAD", "../../etc/passwd", "/etc/passwd", "--", "-", "@{-1}", "HEAD@{99}"],
    ...["refs/heads/nothing", "0".repeat(40), "task:99x"],
  ];
  const good = ["refs/heads/--upload-pack=x", "refs/heads/-b", "a/HEAD", "$(id)", ";id", "HEAD^{/odd}", "@", "HEAD~1"];
  let next = 0;
  const before = await repository.git("for-each-ref", "refs/heads");
  for (const base of refused) {
    const response = await service.call("/api/tasks", { json: { prompt: "x", base } });
    await response.body?.cancel();
    if (response.status === 422) continue;
    assertEquals(response.status, 201, base);
    const task = await service.waitForStatus(++next, "failed");
    assertStringIncludes(task.error ?? "", "Cannot start from", base);
    assertEquals(task.worktree, null, base);
  }
  assertEquals(await repository.git("for-each-ref", "refs/heads"), before, "no branch was made for a wrong base");
  for (const base of good) {
    await service.createTask({ prompt: "x", base, commit_reminder: false });
    const task = await service.waitForStatus(++next, "completed");
    assertEquals((await Deno.lstat(task.worktree!)).isDirectory, true, base);
  }
});

Deno.test("titles and repositories are names, never paths or options", async () => {
  await using folder = await tempDir();
  await using repository = await tempRepository();
  const agent = await scriptAgent(folder.path, "echo work > work.txt");
  // The folder of the worktrees is itself a link.
  await Deno.mkdir(join(folder.path, "real"));
  await Deno.symlink(join(folder.path, "real"), join(folder.path, "link"));
  await using service = await startService({
    repo: repository.path,
    env: { ...agent, CODER_WORKTREES: join(folder.path, "link") },
  });
  const titles = [
    "../../../etc/x",
    "--force",
    "-rf /",
    "$(touch /tmp/evil)",
    "; touch evil",
    ".git",
    "..",
    "con",
    "a\u202Eb",
    "ﬁ",
  ];
  for (const [index, title] of titles.entries()) {
    await service.createTask({ prompt: "x", title, commit_reminder: false });
    const task = await service.waitForStatus(index + 1, "completed");
    assert(/^task-\d+-[a-z0-9-]{1,40}$/.test(task.branch!), `${title}: ${task.branch}`);
    assertEquals(
      await Deno.realPath(task.worktree!),
      join(folder.path, "real", repository.path.split("/").at(-1)!, task.branch!),
    );
  }
  for (const repo of ["../repo", repository.path, "/etc", "", "other", "__proto__", "constructor"]) {
    const response = await service.call("/api/tasks", { json: { prompt: "x", repo } });
    assertEquals(response.status, 422, repo);
    await response.body?.cancel();
  }
  await eventually(async () => (await service.health()).slots.busy === 0);
});
