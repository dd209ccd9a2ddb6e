import { assert, assertEquals, assertMatch } from "@std/assert";
import { join } from "@std/path";
import { storedBytes } from "../../core/host/stored_bytes.ts";
import { tempDir } from "../support/temp.ts";

const now = Date.UTC(2026, 5, 1);
const dayMs = 86_400_000;

async function world(retentionDays: number | null = null) {
  const folder = await tempDir();
  const logs = join(folder.path, "logs");
  await Deno.mkdir(logs);
  const database = join(folder.path, "coder.db");
  await Deno.writeFile(database, new Uint8Array(1_000));
  await Deno.writeFile(`${database}-wal`, new Uint8Array(24));
  const warnings: string[] = [];
  const clock = { now };
  const options = { logs, database, retentionDays, now: () => clock.now, warn: (text: string) => warnings.push(text) };
  return {
    stored: storedBytes(options),
    warnings,
    clock,
    /** A raw log that was written to last so many days ago. */
    async log(name: string, bytes: number, daysAgo: number) {
      const path = join(logs, name);
      await Deno.writeFile(path, new Uint8Array());
      await Deno.truncate(path, bytes);
      const at = new Date(now - daysAgo * dayMs);
      await Deno.utime(path, at, at);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

Deno.test("storedBytes() tells of logs and database, and what retention would free", async () => {
  await using w = await world();
  await w.log("task-1.log", 500, 40);
  await w.log("task-2.log", 70, 20);
  assertEquals(w.stored.current().logs_bytes, null);
  await w.stored.look();
  const { free_bytes, ...found } = w.stored.current();
  const expected = { logs_bytes: 570, store_bytes: 1_024, retention: { days: 30, frees_bytes: 500 }, notice: null };
  assertEquals([found, free_bytes! > 0], [expected, true]);
  await using own = await world(10);
  await own.log("task-2.log", 70, 20);
  await own.stored.look();
  assertEquals(own.stored.current().retention, { days: 10, frees_bytes: 70 });
});

Deno.test("storedBytes() looks again after ten minutes, not before", async () => {
  await using w = await world();
  await w.stored.look();
  await w.log("task-1.log", 500, 0);
  w.clock.now += 599_000;
  w.stored.current();
  assertEquals(w.stored.current().logs_bytes, 0);
  w.clock.now += 1_000;
  w.stored.current();
  // The look that has begun.
  await w.stored.look();
  assertEquals(w.stored.current().logs_bytes, 500);
});

Deno.test("more than 10 GiB is a notice with its remedy, said in the log once", async () => {
  await using w = await world();
  // They take up nothing: there is nothing in them.
  await w.log("task-1.log", 8 * 1024 ** 3, 40);
  await w.log("task-2.log", 3 * 1024 ** 3, 2);
  await w.stored.look();
  const { notice } = w.stored.current();
  assertMatch(notice!, /^The raw logs take up 11\.0 GiB; CODER_RETENTION_DAYS=30 would free 8\.0 GiB of logs$/);
  await w.stored.look();
  assertEquals(w.warnings, [notice!]);
});

Deno.test("a folder of logs that is not there yet holds nothing", async () => {
  await using w = await world();
  const stored = storedBytes({ logs: "/nowhere/logs", database: null, retentionDays: null, now: () => now, warn() {} });
  await stored.look();
  assertEquals([stored.current().logs_bytes, stored.current().store_bytes], [0, null]);
  assert(w.warnings.length === 0);
});
