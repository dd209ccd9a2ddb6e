// A restore that is cut short at any moment, by a real kill: the next start finds the old store or the new one, whole.

import { assert, assertEquals, assertRejects } from "@std/assert";
import { DatabaseSync } from "node:sqlite";
import { join } from "@std/path";
import { DomainError } from "../../core/domain/error.ts";
import { backupDatabase, restoreDatabase } from "../../core/kv/backup.ts";
import { storeFormat } from "../../core/kv/store_format.ts";
import { keys } from "../../core/kv/keys.ts";
import { openStore, type Store } from "../../core/kv/store.ts";
import { verify } from "../../core/kv/verify.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
import { tempDir } from "../support/temp.ts";
import { creation } from "./world.ts";

const ports = { clock: systemClock, random: systemRandom };
const program = new URL("./restore_process.ts", import.meta.url).pathname;
const backedUp = 3;
const written = 5;

async function create(store: Store, count: number): Promise<void> {
  for (let n = 0; n < count; n++) await store.writer.append(creation());
}

/** A folder with a backup of three tasks, and the database with five, the last two in its write-ahead log only. */
async function filled(folder: string): Promise<{ path: string; backup: string }> {
  const path = join(folder, "coder.db");
  const backup = join(folder, "backup.db");
  const store = await openStore(path, ports);
  await create(store, backedUp);
  await backupDatabase(path, backup);
  await create(store, written - backedUp);
  const log = await Deno.readFile(`${path}-wal`);
  const file = await Deno.readFile(path);
  store.close();
  // As a kill -9 leaves it.
  await Deno.writeFile(path, file);
  await Deno.writeFile(`${path}-wal`, log);
  return { path, backup };
}

/** How many tasks the store at `path` has; it must be whole. */
async function tasksAt(path: string): Promise<number> {
  const store = await openStore(path, ports);
  try {
    const { tasks, differences } = await verify(store.kv);
    assertEquals(differences, []);
    return tasks;
  } finally {
    store.close();
  }
}

async function restoreKilledAt(n: number, { path, backup }: { path: string; backup: string }) {
  const { success, stdout } = await new Deno.Command(Deno.execPath(), {
    args: ["run", "-A", "--no-check", program, backup, path, "now", String(n)],
    stdin: "null",
    stderr: "inherit",
  }).output();
  return { success, steps: new TextDecoder().decode(stdout).trim().split("\n") };
}

Deno.test("restoreDatabase() that is killed before any of its steps leaves the old store or the new one", async () => {
  let last: string[] = [];
  const found = new Set<number>();
  for (let n = 1;; n++) {
    await using folder = await tempDir();
    const world = await filled(folder.path);
    const { success, steps } = await restoreKilledAt(n, world);
    const isReplaced = steps.includes("rename coder.db.restoring coder.db");
    const tasks = await tasksAt(world.path);
    assertEquals(tasks, isReplaced ? backedUp : written, `killed after ${steps.join(", ")}`);
    found.add(tasks);
    // Nothing half-made stays, and what was there is kept once it was replaced.
    const names = [...Deno.readDirSync(folder.path)].map(({ name }) => name);
    assert(!names.includes("coder.db.restoring"), `after ${steps.at(-1)}`);
    assertEquals(names.includes("coder.db.before-restore-now"), isReplaced, `after ${steps.at(-1)}`);
    if (isReplaced) assertEquals(await tasksAt(`${world.path}.before-restore-now`), written);
    // The way is open for another try.
    await restoreDatabase(world.backup, world.path, { stamp: "again" });
    assertEquals(await tasksAt(world.path), backedUp);
    last = steps;
    if (success) break;
    assert(n < 100);
  }
  assertEquals(found, new Set([backedUp, written]));
  // A power cut takes what was not synced: the file before it gets the name, the folder before and after.
  const renamed = last.indexOf("rename coder.db.restoring coder.db");
  assertEquals(last.filter((step) => step.startsWith("rename")).length, 1, last.join(", "));
  const folderSyncs = last.flatMap((step, at) => step.startsWith("sync coder-test-") ? [at] : []);
  assert(last.slice(0, renamed).includes("sync coder.db.restoring"), last.join(", "));
  const linked = last.findIndex((step) => step.startsWith("link coder.db "));
  assert(folderSyncs.some((at) => at > linked && at < renamed), last.join(", "));
  assert(folderSyncs.some((at) => at > renamed), last.join(", "));
});

Deno.test("restoreDatabase() of a damaged database keeps it with its log, and its log is not taken for the new one's", async () => {
  await using folder = await tempDir();
  const { path, backup } = await filled(folder.path);
  const log = await Deno.readFile(`${path}-wal`);
  {
    using file = await Deno.open(path, { write: true });
    await file.write(new TextEncoder().encode("not a database at all"));
  }
  const damaged = await Deno.readFile(path);
  const kept = await restoreDatabase(backup, path, { stamp: "now" });
  assertEquals(await Deno.readFile(kept!), damaged);
  assertEquals(await Deno.readFile(`${kept}-wal`), log);
  assertEquals(await tasksAt(path), backedUp);
});

Deno.test("restoreDatabase() where only a write-ahead log was left does not mix it into the backup", async () => {
  await using folder = await tempDir();
  const { path, backup } = await filled(folder.path);
  await Deno.remove(path);
  assertEquals(await restoreDatabase(backup, path, { stamp: "now" }), null);
  assertEquals(await tasksAt(path), backedUp);
});

Deno.test("restoreDatabase() takes what is in the backup's own write-ahead log", async () => {
  await using folder = await tempDir();
  const { path } = await filled(folder.path);
  const other = join(folder.path, "other.db");
  await restoreDatabase(path, other, { stamp: "now" });
  assertEquals(await tasksAt(other), written);
});

Deno.test("restoreDatabase() follows a link to the database, whose log is where the link leads", async () => {
  await using folder = await tempDir();
  const { path, backup } = await filled(folder.path);
  await Deno.mkdir(join(folder.path, "data"));
  const link = join(folder.path, "data", "coder.db");
  await Deno.symlink(path, link);
  assertEquals(await restoreDatabase(backup, link, { stamp: "now" }), `${path}.before-restore-now`);
  assertEquals(await tasksAt(link), backedUp);
  assert((await Deno.lstat(link)).isSymlink);
});

Deno.test("restoreDatabase() refuses while another program has the database open, and leaves it as it was", async () => {
  await using folder = await tempDir();
  const { path, backup } = await filled(folder.path);
  const other = new DatabaseSync(path);
  other.exec("BEGIN; SELECT count(*) FROM kv");
  try {
    const error = await assertRejects(() => restoreDatabase(backup, path, { stamp: "now" }), DomainError);
    assertEquals([error.code, /Another program/.test(error.message)], ["conflict", true], error.message);
  } finally {
    other.close();
  }
  assertEquals(await tasksAt(path), written);
});

Deno.test("restoreDatabase() refuses a backup of a newer format before it touches anything", async () => {
  await using folder = await tempDir();
  const { path, backup } = await filled(folder.path);
  const raw = await Deno.openKv(backup);
  await raw.set(keys.format(), storeFormat + 1);
  raw.close();
  await assertRejects(
    () => restoreDatabase(backup, path, { stamp: "now" }),
    DomainError,
    `is of format ${storeFormat + 1}`,
  );
  assertEquals(await tasksAt(path), written);
});
