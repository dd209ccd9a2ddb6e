// What an agent, setup and check do all day goes on working in a sandbox: git, package managers, compilers, a server for the
// task. One agent does all of it; what this machine has no program for, or no way to, is skipped with the reason.

import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { exists } from "../../e2e/world.ts";
import { git, tempDir } from "../../support/temp.ts";
import { programPath, sandboxTest } from "../../support/sandbox.ts";
import { confinedLevels, sandboxWorld, stepWith } from "./world.ts";

interface Work {
  name: string;
  /** For `sh -eu`, in a worktree with one commit on top of the base. */
  script: string;
  programs?: string[];
  /** Something of the internet that it fetches. */
  fetches?: true;
}

const works: Work[] = [
  { name: "commit", script: "echo 1 > one; git add one; git commit -qm One; git log -1 --format=%s | grep -x One" },
  { name: "amend", script: "echo 2 > one; git commit -qa --amend -m Two; git log -1 --format=%s | grep -x Two" },
  {
    name: "rebase",
    script: `git checkout -q -b side HEAD~1; echo 3 > three; git add three; git commit -qm Three
      git rebase -q "$TASK_BRANCH"; git checkout -q "$TASK_BRANCH"; git merge -q --ff-only side; test -f three`,
  },
  { name: "branch -d", script: "git branch -d side; ! git rev-parse -q --verify side" },
  {
    name: "stash",
    script: "echo 4 > one; git stash -q; git diff --quiet; git stash pop -q; ! git diff --quiet; git checkout -q one",
  },
  { name: "tag", script: "git tag -a -m v1 v1; git describe | grep -x v1; git tag -d v1" },
  {
    name: "submodule add and update",
    script: `git -c protocol.file.allow=always submodule --quiet add "$FOLDER/library" library; git commit -qm Library
      rm -rf library; git -c protocol.file.allow=always submodule --quiet update --init; test -f library/file`,
  },
  {
    name: "add -A with weird names",
    script:
      `touch -- 'a b' '-rf' 'ü' "$(printf 'new\\nline')" '"quoted"' ':(top)'; git add -A; git commit -qm Weird; test -z "$(git status --porcelain)"`,
  },
  { name: "worktree list", script: `git worktree list | grep -F "$PWD"` },
  { name: "gc", script: "git gc --quiet; git fsck" },
  {
    name: "git lfs",
    script: "git lfs version; git lfs track '*.bin'; echo 1 > a.bin; git add -A; git commit -qm Bin",
    programs: ["git-lfs"],
  },
  {
    name: "its own temporary folder",
    script:
      `test -d "$TMPDIR"; echo "$TMPDIR" > "$OUT/tmpdir"; mktemp > /dev/null; mktemp -d > /dev/null; python3 -c 'import tempfile; tempfile.mkdtemp()'`,
    programs: ["python3"],
  },
  {
    name: "a server that setup left on TASK_PORT",
    script:
      `curl -sS --max-time 5 "http://127.0.0.1:$TASK_PORT/" | grep -x served; curl -sS --max-time 5 "http://localhost:$TASK_PORT/" | grep -x served`,
    programs: ["curl"],
  },
  { name: "a pipe of several programs", script: "yes | head -c 10000000 | wc -c | grep -w 10000000" },
  {
    name: "npm install of a local package",
    script:
      `mkdir -p app; cd app; npm init -y > /dev/null; npm pack --silent "$FOLDER/package"; npm install --silent --offline ./local-1.0.0.tgz; node -e 'if (require("local") !== 7) throw 0'`,
    programs: ["npm", "node"],
  },
  {
    name: "npm install from the registry",
    script: `cd app; npm install --silent is-odd; test -f node_modules/is-odd/package.json`,
    programs: ["npm"],
    fetches: true,
  },
  {
    name: "pip install into a virtual environment",
    script: `python3 -m venv venv; venv/bin/pip install -q six; venv/bin/python -c 'import six'`,
    programs: ["python3"],
    fetches: true,
  },
  {
    name: "cargo build",
    script:
      `cargo init -q --vcs none --name hello crate; cd crate; cargo build -q --offline; ./target/debug/hello | grep Hello`,
    programs: ["cargo", "cc"],
  },
  {
    name: "go build",
    script:
      `mkdir -p gone; cd gone; go mod init hello 2> /dev/null; printf 'package main\\nfunc main() { println("Hello") }\\n' > main.go; GOFLAGS=-mod=mod go build -o hello; ./hello 2>&1 | grep Hello`,
    programs: ["go"],
  },
];

const server =
  `"$DENO" eval --no-config 'Deno.serve({ hostname: "127.0.0.1", port: Number(Deno.env.get("TASK_PORT")), onListen() { Deno.writeTextFileSync("up", ""); } }, () => new Response("served\\n"))' > /dev/null 2>&1 &
until [ -f up ]; do sleep 0.05; done; rm up`;

/** A registry that answers outside, with the home folder that the service has. */
async function hindranceToFetch(home: string): Promise<string | null> {
  const { success } = await new Deno.Command("npm", {
    args: ["view", "is-odd", "version"],
    env: { HOME: home },
    stdin: "null",
    stdout: "null",
    stderr: "null",
  })
    .output().catch(() => ({ success: false }));
  return success ? null : "no registry is reached from here";
}

function lackOf(
  { programs = [], fetches }: Work,
  { level, network }: { level: string; network: string | null },
): string | null {
  const missing = programs.filter((name) => programPath(name) === null);
  if (missing.length > 0) return `not installed: ${missing.join(", ")}`;
  if (!fetches) return null;
  return level === "full" ? "no registry is among the domains" : network;
}

for (const level of confinedLevels) {
  sandboxTest(`${level}: what agents do all day works`, async (context) => {
    await using folder = await tempDir();
    const network = await hindranceToFetch(folder.path);
    const home = Deno.env.get("HOME") ?? "/";
    const tasks = works.filter((work) => lackOf(work, { level, network }) === null);
    const agent = [
      'OUT=$(git rev-parse --absolute-git-dir)/out; mkdir -p "$OUT"; export OUT',
      ...tasks.map(({ script }, at) =>
        `(sh -eu << 'EOF' > "$OUT/${at}" 2>&1\n${script}\nEOF\n) && touch "$OUT/${at}.done"`
      ),
    ].join("\n");
    await using world = await sandboxWorld({
      level,
      agent,
      project: { setup: server },
      env: { RUSTUP_HOME: Deno.env.get("RUSTUP_HOME") ?? join(home, ".rustup") },
    });
    await prepare(world.folder);
    const { id } = await world.service.createTask({ prompt: "Do your work" });
    const task = await world.service.waitForStatus(id, "completed");
    const out = join(await git(task.worktree!, "rev-parse", "--git-dir"), "out");
    for (const work of works) {
      const at = tasks.indexOf(work);
      await stepWith(context, {
        name: work.name,
        lacks: lackOf(work, { level, network }),
        fn: async () => assert(await exists(join(out, `${at}.done`)), await Deno.readTextFile(join(out, String(at)))),
      });
    }
    await context.step("the temporary folder is gone, the caches stay", async () => {
      const tmpdir = (await Deno.readTextFile(join(out, "tmpdir"))).trim();
      assert(tmpdir.startsWith(join(world.service.data, "sandbox")));
      assertEquals(await exists(tmpdir), false);
      assert(await exists(join(world.service.data, "caches", "repo")));
    });
  });
}

/** What the agent takes from its own machine: a repository for a submodule, and a package. */
async function prepare(folder: string): Promise<void> {
  const library = join(folder, "library");
  await git(folder, "init", "-q", library);
  await Deno.writeTextFile(join(library, "file"), "");
  await git(library, "add", ".");
  await git(library, "-c", "user.name=Test", "-c", "user.email=test@example.com", "commit", "-qm", "Begin");
  await Deno.mkdir(join(folder, "package"));
  await Deno.writeTextFile(join(folder, "package", "package.json"), '{"name": "local", "version": "1.0.0"}');
  await Deno.writeTextFile(join(folder, "package", "index.js"), "module.exports = 7;\n");
}
