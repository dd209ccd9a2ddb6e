import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { type Records, textOf } from "../../../core/process/git/folder_look.ts";
import { WatchedRecords } from "../../../core/process/git/folder_records.ts";
import { eventually, tempDir } from "../../support/temp.ts";
import { write } from "../worktree_world.ts";

const isWatched = Deno.build.os === "linux";
const mark = JSON.stringify({ store: "6d1c0000-0000-4000-8000-000000000001", task: 1 });

/** So many records of worktrees that they are watched, looked at until they are. */
async function manyRecords() {
  const stack = new AsyncDisposableStack();
  const folder = join(stack.use(await tempDir()).path, "git");
  for (let n = 0; n < 120; n++) await addRecord(folder, `task-${n}`);
  const records = stack.use(new WatchedRecords(folder));
  for (let look = 0; look < 2; look++) await records.look();
  return {
    folder,
    records,
    /** What a process sees that has never looked. */
    anew: () => new WatchedRecords(folder).look(),
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

async function addRecord(folder: string, name: string): Promise<void> {
  const files = { gitdir: `/${name}/.git\n`, commondir: "../..\n", HEAD: `ref: refs/heads/${name}\n` };
  for (const [file, text] of Object.entries({ ...files, "personal-coder": mark })) {
    await write(folder, `worktrees/${name}/${file}`, text);
  }
}

function contentOf({ units, unfinished, others }: Records) {
  const content = [...units].map(([path, { files, path: at, mark }]) => {
    return [
      path,
      at,
      mark,
      [...files].map(([name, seen]) => `${name} ${seen.kind} ${seen.mode} ${textOf(seen)}`).sort(),
    ];
  });
  return { content: content.sort(), unfinished: [...unfinished].sort(), others: [...others].sort() };
}

async function watcherOf(folder: string): Promise<number | undefined> {
  const { stdout } = await new Deno.Command("ps", { args: ["axww", "-o", "pid=,command="], stdin: "null" }).output();
  const line = new TextDecoder().decode(stdout).split("\n")
    .find((line) => line.includes("record_watch.pl") && line.includes(folder));
  return line === undefined ? undefined : Number.parseInt(line);
}

Deno.test("WatchedRecords sees at once whatever changed in a record, by whatever way", async (t) => {
  await using world = await manyRecords();
  const { folder, records, anew } = world;
  assertEquals(await watcherOf(folder) !== undefined, isWatched);
  const at = (path: string) => join(folder, "worktrees", path);
  const changes: Record<string, () => Promise<unknown>> = {
    "written in its place": () => write(folder, "worktrees/task-1/HEAD", "ref: refs/heads/other\n"),
    async "as git writes it"() {
      await write(folder, "worktrees/task-2/HEAD.lock", "ref: refs/heads/other\n");
      await Deno.rename(at("task-2/HEAD.lock"), at("task-2/HEAD"));
    },
    "again, in the file that came so": () => write(folder, "worktrees/task-2/HEAD", "ref: refs/heads/third\n"),
    async "by another name of the file"() {
      await Deno.link(at("task-3/gitdir"), join(folder, "another"));
      await records.look();
      await Deno.writeTextFile(join(folder, "another"), "/elsewhere/.git\n");
    },
    "a new file": () => write(folder, "worktrees/task-4/config.worktree", "[core]\n"),
    "that file": () => write(folder, "worktrees/task-4/config.worktree", "[core]\n\tfsmonitor = evil\n"),
    "its mode": () => Deno.chmod(at("task-5/HEAD"), 0o600),
    "a file that is gone": () => Deno.remove(at("task-6/HEAD")),
    "a record that is gone": () => Deno.remove(at("task-7"), { recursive: true }),
    "a record of another name": () => Deno.rename(at("task-8"), at("task-8-moved")),
    "and in that": () => write(folder, "worktrees/task-8-moved/HEAD", "ref: refs/heads/other\n"),
    "a new record": () => addRecord(folder, "new\nname"),
    "and what is in it": () => write(folder, "worktrees/new\nname/HEAD", "ref: refs/heads/other\n"),
    "one that is being made": () => write(folder, "worktrees/half/locked", "initializing\n"),
    "what is no record": () => Deno.symlink(folder, at("link")),
    async "another folder in the place of all"() {
      await Deno.rename(at(""), join(folder, "before"));
      await addRecord(folder, "only");
    },
    "and in that, too": () => write(folder, "worktrees/only/HEAD", "ref: refs/heads/other\n"),
    async "many in them, which are watched again"() {
      for (let n = 0; n < 120; n++) await addRecord(folder, `task-${n}`);
      for (let look = 0; look < 2; look++) await records.look();
      await write(folder, "worktrees/only/HEAD", "ref: refs/heads/third\n");
    },
    async "another git folder in the place of this one"() {
      await Deno.rename(folder, `${folder}-before`);
      await addRecord(folder, "only");
    },
  };
  for (const [name, change] of Object.entries(changes)) {
    await t.step(name, async () => {
      const before = contentOf(await records.look());
      await change();
      const now = contentOf(await records.look());
      assert(JSON.stringify(now) !== JSON.stringify(before));
      assertEquals(now, contentOf(await anew()));
    });
  }
});

Deno.test({
  name: "WatchedRecords sees what changed while its watcher was stopped, had too much to tell, or was ended",
  ignore: !isWatched,
  async fn() {
    await using world = await manyRecords();
    const { folder, records, anew } = world;
    const [one, other] = ["HEAD", "gitdir"].map((name) => join(folder, "worktrees/task-1", name));
    const pid = (await watcherOf(folder))!;
    Deno.kill(pid, "SIGSTOP");
    // More than the kernel keeps.
    for (let n = 0; n < 10_000; n++) for (const path of [one!, other!]) Deno.utimeSync(path, n, n);
    await write(folder, "worktrees/task-119/HEAD", "ref: refs/heads/other\n");
    Deno.kill(pid, "SIGCONT");
    assertEquals(contentOf(await records.look()), contentOf(await anew()));
    assertEquals(await watcherOf(folder), pid);

    Deno.kill(pid, "SIGSTOP");
    await write(folder, "worktrees/task-1/HEAD", "ref: refs/heads/second\n");
    assertEquals(contentOf(await records.look()), contentOf(await anew()));
    await eventually(async () => await watcherOf(folder) !== pid, { what: "another watches" });

    Deno.kill((await watcherOf(folder))!, "SIGKILL");
    await write(folder, "worktrees/task-1/HEAD", "ref: refs/heads/third\n");
    assertEquals(contentOf(await records.look()), contentOf(await anew()));
    await write(folder, "worktrees/task-1/HEAD", "ref: refs/heads/fourth\n");
    assertEquals(contentOf(await records.look()), contentOf(await anew()));
  },
});
