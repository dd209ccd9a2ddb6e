import { assertEquals } from "@std/assert";
import { join } from "@std/path";
import { run } from "../../../core/process/subprocess.ts";
import { git } from "../../support/temp.ts";
import { write } from "../worktree_world.ts";
import { contentOf, type FolderWorld, folderWorld, runThat, wordsOf } from "./folder_world.ts";

const evil = "#!/bin/sh\necho taken over\n";

async function fifo(path: string): Promise<void> {
  const { code } = await run("mkfifo", [path]);
  assertEquals(code, 0);
}

async function replaceByLink(path: string, target: string): Promise<void> {
  await Deno.remove(path, { recursive: true });
  await Deno.symlink(target, path);
}

interface Tampering {
  name: string;
  action: (world: FolderWorld) => Promise<unknown>;
  /** As `wordsOf` says it. */
  found: string[];
  /** Paths of which the kept commit holds the changed version. */
  kept?: string[];
}

const tamperings: Tampering[] = [
  {
    name: "a hook is added",
    action: ({ folder }) => write(folder, "hooks/pre-commit", evil),
    found: ["added hooks/pre-commit"],
    kept: ["hooks/pre-commit"],
  },
  {
    name: "a hook is added in a folder in the hooks",
    action: ({ folder }) => write(folder, "hooks/deep/in/here", evil),
    found: ["added hooks/deep/in/here"],
    kept: ["hooks/deep/in/here"],
  },
  {
    name: "a file in the hooks is made executable",
    action: ({ folder }) => Deno.chmod(join(folder, "hooks/notes.txt"), 0o755),
    found: ["changed hooks/notes.txt"],
    kept: ["hooks/notes.txt"],
  },
  {
    name: "a hook is replaced by a link to outside",
    action: async ({ folder, outside }) => {
      await write(outside, "hook", evil);
      await replaceByLink(join(folder, "hooks/commit-msg"), join(outside, "hook"));
    },
    found: ["changed hooks/commit-msg"],
    kept: ["hooks/commit-msg"],
  },
  {
    name: "a link in the hooks leads elsewhere",
    action: ({ folder }) => replaceByLink(join(folder, "hooks/post-commit"), "/bin/true"),
    found: ["changed hooks/post-commit"],
    kept: ["hooks/post-commit"],
  },
  {
    name: "a hook is changed in its place, to one of the same size",
    action: ({ folder }) => write(folder, "hooks/commit-msg", "#!/bin/sh\nexit 1\n"),
    found: ["changed hooks/commit-msg"],
    kept: ["hooks/commit-msg"],
  },
  {
    name: "nobody may look into the hooks any more",
    action: async ({ folder }) => {
      await write(folder, "hooks/pre-push", evil);
      await Deno.chmod(join(folder, "hooks"), 0);
    },
    found: ["added hooks/pre-push"],
    kept: ["hooks/pre-push"],
  },
  {
    name: "the hooks are replaced by a link to outside",
    action: async ({ folder, outside }) => {
      await write(outside, "commit-msg", evil);
      await replaceByLink(join(folder, "hooks"), outside);
    },
    found: ["added hooks", "removed hooks/commit-msg", "removed hooks/notes.txt", "removed hooks/post-commit"],
    kept: ["hooks"],
  },
  {
    name: "the configuration says where hooks are, starts a monitor, and gives a command another meaning",
    action: async ({ repo }) => {
      await repo.git("config", "core.hooksPath", "/tmp/hooks");
      await repo.git("config", "core.fsmonitor", "/tmp/monitor");
      await repo.git("config", "alias.st", "!taken over");
    },
    found: ["changed config"],
    kept: ["config"],
  },
  {
    name: "the configuration is gone",
    action: ({ folder }) => Deno.remove(join(folder, "config")),
    found: ["removed config"],
  },
  {
    name: "the configuration cannot be read by git",
    action: ({ folder }) => write(folder, "config", "[core\n"),
    found: ["changed config"],
    kept: ["config"],
  },
  {
    name: "the configuration is a folder",
    action: async ({ folder }) => {
      await Deno.remove(join(folder, "config"));
      await write(folder, "config/inside", "in the way\n");
    },
    found: ["changed config (not kept: a folder)"],
  },
  {
    name: "a configuration for worktrees is added",
    action: ({ folder, place }) => {
      const own = `worktrees/${place.branch}/config.worktree`;
      return Promise.all(["config.worktree", own].map((file) => write(folder, file, "[core]\n\thooksPath = /tmp\n")));
    },
    found: ["added config.worktree", "added worktrees/task-1-x/config.worktree"],
    kept: ["config.worktree", "worktrees/task-1-x/config.worktree"],
  },
  {
    name: "attributes name a filter",
    action: ({ folder }) => write(folder, "info/attributes", "* filter=evil\n"),
    found: ["changed info/attributes"],
    kept: ["info/attributes"],
  },
  {
    name: "other files in info",
    action: ({ folder }) =>
      Promise.all(["exclude", "grafts", "sparse-checkout"].map((file) => write(folder, `info/${file}`, "*\n"))),
    found: ["changed info/exclude", "added info/grafts", "added info/sparse-checkout"],
    kept: ["info/exclude", "info/grafts", "info/sparse-checkout"],
  },
  {
    name: "objects come from elsewhere",
    action: ({ folder, outside }) =>
      Promise.all(
        ["alternates", "http-alternates"].map((file) => write(folder, `objects/info/${file}`, `${outside}\n`)),
      ),
    found: ["added objects/info/alternates", "added objects/info/http-alternates"],
    kept: ["objects/info/alternates", "objects/info/http-alternates"],
  },
  {
    name: "the folder says that it belongs to another, and where remotes are",
    action: ({ folder, outside }) =>
      Promise.all(
        ["commondir", "gitdir", "remotes/origin", "branches/main"].map((file) => write(folder, file, outside)),
      ),
    found: ["added branches/main", "added commondir", "added gitdir", "added remotes/origin"],
    kept: ["branches/main", "commondir", "gitdir", "remotes/origin"],
  },
  {
    name: "the worktree of another task leads elsewhere",
    action: async ({ folder, outside }) => {
      const record = join(folder, "worktrees/task-2-x");
      await write(record, "gitdir", `${outside}/.git\n`);
      await write(record, "commondir", `${outside}\n`);
      await write(record, "HEAD", "ref: refs/heads/main\n");
      await write(record, "locked", "mine\n");
      await write(record, "personal-coder", "{}");
      await write(record, "personal-coder-removing", "");
    },
    found: [
      ...[
        "changed worktrees/task-2-x/HEAD",
        "changed worktrees/task-2-x/commondir",
        "changed worktrees/task-2-x/gitdir",
      ],
      ...["added worktrees/task-2-x/locked", "changed worktrees/task-2-x/personal-coder"],
      "added worktrees/task-2-x/personal-coder-removing",
    ],
    kept: ["worktrees/task-2-x/HEAD", "worktrees/task-2-x/gitdir"],
  },
  {
    name: "a person's worktree leads elsewhere",
    action: ({ folder, outside }) => write(folder, "worktrees/repo-person/gitdir", `${outside}/.git\n`),
    found: ["changed worktrees/repo-person/gitdir"],
    kept: ["worktrees/repo-person/gitdir"],
  },
  {
    name: "the run's own worktree leads elsewhere",
    action: async ({ folder, outside }) => {
      await write(folder, "worktrees/task-1-x/gitdir", `${outside}/.git\n`);
      await write(folder, "worktrees/task-1-x/commondir", `${outside}\n`);
      await write(folder, "worktrees/task-1-x/locked", "");
    },
    found: [
      ...["changed worktrees/task-1-x/commondir", "changed worktrees/task-1-x/gitdir"],
      "added worktrees/task-1-x/locked",
    ],
    kept: ["worktrees/task-1-x/commondir"],
  },
  {
    name: "a submodule's hooks and configuration",
    action: async ({ folder }) => {
      await write(folder, "modules/libs/inner/hooks/post-checkout", evil);
      await git(join(folder, "modules/libs/inner"), "config", "core.fsmonitor", "/tmp/monitor");
    },
    found: ["changed modules/libs/inner/config", "added modules/libs/inner/hooks/post-checkout"],
    kept: ["modules/libs/inner/hooks/post-checkout"],
  },
  {
    name: "a hook is a pipe",
    action: async ({ folder }) => {
      await Deno.remove(join(folder, "hooks/commit-msg"));
      await fifo(join(folder, "hooks/commit-msg"));
    },
    found: ["changed hooks/commit-msg (not kept: no regular file)"],
  },
  {
    name: "pipes where git reads at each call",
    action: async ({ folder }) => {
      await Deno.remove(join(folder, "config"));
      await fifo(join(folder, "config"));
      await fifo(join(folder, "objects/info/alternates"));
    },
    found: [
      "changed config (not kept: no regular file)",
      "added objects/info/alternates (not kept: no regular file)",
    ],
  },
  {
    name: "a hook is huge",
    action: async ({ folder }) => {
      await write(folder, "hooks/pre-push", evil);
      await Deno.truncate(join(folder, "hooks/pre-push"), 2 ** 40);
    },
    found: ["added hooks/pre-push (not kept: larger than 1 MiB)"],
  },
  {
    name: "what was there is gone",
    action: async ({ folder }) => {
      await Deno.remove(join(folder, "hooks"), { recursive: true });
      await Deno.remove(join(folder, "info"), { recursive: true });
    },
    found: [
      ...["removed hooks/commit-msg", "removed hooks/notes.txt", "removed hooks/post-commit"],
      ...["removed info/attributes", "removed info/exclude"],
    ],
  },
];

for (const { name, action, found, kept = [] } of tamperings) {
  Deno.test(`restoreFolder() undoes, keeps and tells it: ${name}`, async () => {
    await using world = await folderWorld();
    const { folder, repo } = world;
    // The templates of the machine's git are not the point.
    for await (const { name } of Deno.readDir(join(folder, "hooks"))) {
      if (name.endsWith(".sample")) await Deno.remove(join(folder, "hooks", name));
    }
    const before = await contentOf(folder);
    let tampered: Record<string, string> = {};
    let outside: Record<string, string> = {};
    const changes = await runThat(world, async () => {
      await action(world);
      outside = await contentOf(world.outside);
      // Of what cannot be read nothing is compared.
      tampered = kept.length > 0 ? await contentOf(folder).catch(() => ({})) : {};
    });
    assertEquals(wordsOf(changes), found);
    assertEquals(changes.count, found.length);
    assertEquals(await contentOf(folder), before);
    assertEquals(await contentOf(world.outside), outside);
    assertEquals([changes.ref, await repo.git("rev-parse", changes.ref!)], [
      "refs/coder/task-1/git-folder-1",
      changes.commit,
    ]);
    for (const path of kept) {
      const [mode] = (await repo.git("ls-tree", changes.commit!, path)).split(" ");
      const content = await repo.git("cat-file", "blob", `${changes.commit}:${path}`);
      const is = tampered[path];
      if (is === undefined) continue;
      assertEquals(is.replace(/^(-> |\d+ )/, "").trim(), content);
      assertEquals(mode, is.startsWith("->") ? "120000" : /^7/.test(is) ? "100755" : "100644");
    }
    assertEquals(await world.worktrees.isWhole(world.place), true);
    assertEquals(await world.worktrees.isWhole(world.other), true);
    await repo.git("fsck", "--strict");
    assertEquals(await runThat(world, () => Promise.resolve()), changes, "called again, it says what is kept");
  });
}
