import { assert, assertEquals, assertRejects, assertStringIncludes } from "@std/assert";
import { join } from "@std/path";
import { DomainError } from "../../core/domain/error.ts";
import { backupDatabase, requireSound, restoreDatabase } from "../../core/kv/backup.ts";
import { openStore, type Store } from "../../core/kv/store.ts";
import { verify } from "../../core/kv/verify.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
import { created } from "../engine/samples.ts";
import { tempDir } from "../support/temp.ts";

const ports = { clock: systemClock, random: systemRandom };

function create(store: Store): Promise<unknown> {
  const event = { type: "task.created" as const, data: created(1, 0).data };
  return store.writer.append({ task: "new", by: "api", priority: "command", decide: () => [event] });
}

Deno.test("backupDatabase() copies a database that is being written to, and what it copies is sound", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  const store = await openStore(path, ports);
  await create(store);
  let isDone = false;
  const writing = (async () => {
    while (!isDone) await create(store);
  })();
  for (let n = 0; n < 5; n++) await backupDatabase(path, join(folder.path, `${n}.db`));
  isDone = true;
  await writing;
  store.close();

  let before = 0;
  for (let n = 0; n < 5; n++) {
    const copy = await openStore(join(folder.path, `${n}.db`), ports);
    const { events, differences } = await verify(copy.kv);
    copy.close();
    assertEquals(differences, []);
    assert(events >= Math.max(1, before), "a later backup holds less");
    before = events;
  }
});

Deno.test("a backup, what it restores and what that replaces are for their owner only", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  const store = await openStore(path, ports);
  await create(store);
  await backupDatabase(path, join(folder.path, "b.db"));
  store.close();
  await Deno.chmod(path, 0o644);
  await restoreDatabase(join(folder.path, "b.db"), path, { stamp: "now" });
  for (const name of ["b.db", "coder.db", "coder.db.before-restore-now"]) {
    assertEquals((await Deno.stat(join(folder.path, name))).mode! & 0o777, 0o600, name);
  }
});

Deno.test("backupDatabase() never writes over a file", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  (await openStore(path, ports)).close();
  await backupDatabase(path, join(folder.path, "b.db"));
  await assertRejects(() => backupDatabase(path, join(folder.path, "b.db")), DomainError, "exists");
});

Deno.test("restoreDatabase() puts a backup back and keeps what was there", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  const first = await openStore(path, ports);
  await create(first);
  await backupDatabase(path, join(folder.path, "b.db"));
  await create(first);
  first.close();

  const kept = await restoreDatabase(join(folder.path, "b.db"), path, { stamp: "now" });
  const restored = await openStore(path, ports);
  assertEquals((await verify(restored.kv)).events, 1);
  assertEquals(restored.id, first.id);
  restored.close();
  const old = await openStore(kept!, ports);
  assertEquals((await verify(old.kv)).events, 2);
  old.close();
});

const damages: Record<string, (path: string) => Promise<void>> = {
  "cut short": async (path) => await Deno.truncate(path, 20_000),
  "no SQLite file": async (path) => {
    using file = await Deno.open(path, { write: true });
    await file.write(new TextEncoder().encode("not a database"));
  },
  "empty": async (path) => await Deno.truncate(path, 0),
};

for (const [damage, apply] of Object.entries(damages)) {
  Deno.test(`openStore() names a database that is ${damage}, with the way back, and leaves it as it is`, async () => {
    await using folder = await tempDir();
    const path = join(folder.path, "coder.db");
    const store = await openStore(path, ports);
    for (let n = 0; n < 20; n++) await create(store);
    store.close();
    await apply(path);
    const before = await Deno.readFile(path);
    const error = await assertRejects(() => openStore(path, ports), DomainError);
    assertStringIncludes(error.message, path);
    assertStringIncludes(error.message, "deno task restore");
    assertEquals(await Deno.readFile(path), before);
    await assertRejects(() => restoreDatabase(path, join(folder.path, "x.db"), { stamp: "now" }), DomainError);
  });
}

Deno.test("requireSound() lets a database pass whose last pages a killed checkpoint left in the write-ahead log", async () => {
  await using folder = await tempDir();
  const path = join(folder.path, "coder.db");
  const store = await openStore(path, ports);
  for (let n = 0; n < 20; n++) await create(store);
  const log = await Deno.readFile(`${path}-wal`);
  store.close();
  // As a kill -9 leaves it when page 1 is in its place and the last pages are not.
  await Deno.writeFile(`${path}-wal`, log);
  await Deno.truncate(path, (await Deno.stat(path)).size - 8_192);
  await requireSound(path);
  const again = await openStore(path, ports);
  assertEquals((await again.log.head(20))?.id, 20);
  again.close();
});

Deno.test("requireSound() has nothing against a file that is not there yet", async () => {
  await using folder = await tempDir();
  await requireSound(join(folder.path, "none.db"));
});
