import { assert, assertEquals } from "@std/assert";
import { join } from "@std/path";
import { isSame, type KnownUnits, seeAt } from "../../../core/process/git/folder_look.ts";
import { WatchedRecords } from "../../../core/process/git/folder_records.ts";
import { eventually, tempDir } from "../../support/temp.ts";
import { write } from "../worktree_world.ts";
import { folderWorld } from "./folder_world.ts";

Deno.test("seeAt() sees what was written in the same moment as what it saw", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "hook");
  // The clock of a file system may be coarse: so two versions get the same stamp sooner or later.
  await eventually(() => {
    Deno.writeTextFileSync(path, "one");
    const before = seeAt(path, undefined)!;
    Deno.writeTextFileSync(path, "two");
    const now = seeAt(path, before)!;
    assert(!isSame(before, now));
    return before.changedAt === now.changedAt && before.ino === now.ino;
  }, { what: "both have the same stamp" });
});

Deno.test("seeAt() does not read again what has the stamp of long ago", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "hook");
  await Deno.writeTextFile(path, "one");
  const seen = seeAt(path, undefined)!;
  const settled = { ...seen, isSettled: true };
  assert(seeAt(path, settled) === settled);
  await Deno.chmod(path, 0o755);
  assertEquals(isSame(seeAt(path, settled)!, settled), false);
});

Deno.test("a file of a worktree's record that was written in its place is seen, whenever the folder changed last", async () => {
  await using world = await folderWorld();
  const look = async (known: KnownUnits) => (await new WatchedRecords(world.folder).look(known)).units;
  const known = await look(new Map());
  for (const unit of known.values()) {
    for (const seen of [unit.folder, ...unit.files.values()]) if (seen !== null) seen.isSettled = true;
  }
  const record = `worktrees/${world.other.branch}`;
  assert((await look(known)).get(record) === known.get(record));
  for (const name of ["gitdir", "commondir", "HEAD", "personal-coder"]) {
    await write(world.folder, `${record}/${name}`, "something else\n");
    const seen = (await look(known)).get(record)!.files.get(name)!;
    assertEquals(isSame(seen, known.get(record)!.files.get(name)!), false);
  }
});
