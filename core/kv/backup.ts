// Copies of a local database: made while the service runs, put back while it does not, and the look at a file before it is
// opened, so that a damaged one is named and never taken for a new one.

import { deserialize } from "node:v8";
import { dirname } from "@std/path";
import { DomainError, messageOf } from "../domain/error.ts";
import { createPrivate, draftOf, keptName, makePrivate, realPathOf, removeLeftovers, sync } from "./database_files.ts";
import { keys } from "./keys.ts";
import { requireKnownFormat } from "./store_format.ts";

/**
 * Writes a consistent copy of the database at `path` to `to`, also while the service writes to it. Readable by its owner only.
 * Throws `DomainError("conflict")` when `to` exists.
 */
export async function backupDatabase(path: string, to: string): Promise<void> {
  await requireSound(path);
  if (!await Deno.stat(path).catch(() => null)) throw new DomainError("not_found", `There is no database at ${path}`);
  if (await Deno.stat(to).catch(() => null)) throw new DomainError("conflict", `${to} exists; choose another name`);
  try {
    await copyDatabase(path, to);
  } catch (error) {
    throw new DomainError("unavailable", `Cannot back up ${path}: ${messageOf(error)}`, { cause: error });
  }
}

/** A new file with what the database at `from` holds, its write-ahead log included; durable when this resolves. */
async function copyDatabase(from: string, to: string): Promise<void> {
  // Loaded when needed: the service itself does not use it.
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(from, { readOnly: true });
  try {
    await createPrivate(to);
    try {
      database.exec("PRAGMA busy_timeout = 10000");
      database.prepare("VACUUM INTO ?").run(to);
      await sync(to);
      await sync(dirname(to));
    } catch (error) {
      await Deno.remove(to).catch(() => {});
      throw error;
    }
  } finally {
    database.close();
  }
}

/**
 * Puts a backup in the place of the database; what was there is kept beside it. Call it while holding the lock.
 *
 * The name changes hands by one rename of a file that is whole and durable, and until then the old database is as good as it
 * was. So whenever this is cut short, the next start finds the old store or the new one.
 *
 * Returns where the old database was kept, or null when there was none. Throws `DomainError`: `not_found`, `invalid` for a
 * backup that is damaged or of a newer format, `conflict` when something else has the database open.
 */
export async function restoreDatabase(
  from: string,
  to: string,
  { stamp }: { stamp: string },
): Promise<string | null> {
  const path = await realPathOf(to);
  if (!await Deno.stat(from).catch(() => null)) throw new DomainError("not_found", `There is no backup at ${from}`);
  await requireSound(from);
  await requireWhole(from);
  await removeLeftovers(path);
  const draft = draftOf(path);
  await copyDatabase(from, draft);
  const kept = await keepOld(path, keptName(path, stamp));
  await Deno.rename(draft, path);
  await sync(dirname(path));
  return kept;
}

/** Every page of a backup, and its format. */
async function requireWhole(from: string): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  const backup = new DatabaseSync(from, { readOnly: true });
  try {
    const { quick_check: verdict } = backup.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
    if (verdict !== "ok") throw new Error(verdict);
    // As Deno KV writes a key of one text, and a number as V8 serializes it.
    const key = new Uint8Array([2, ...new TextEncoder().encode(keys.format()[0] as string), 0]);
    const row = backup.prepare("SELECT v FROM kv WHERE k = ?").get(key) as { v: Uint8Array } | undefined;
    requireKnownFormat(row ? deserialize(row.v) : null);
  } catch (error) {
    throw new DomainError("invalid", `Cannot restore ${from}: ${messageOf(error)}`, { cause: error });
  } finally {
    backup.close();
  }
}

/**
 * Gives the database at `path` the second name `kept`, and leaves no write-ahead log at `path`: that would be taken for the
 * log of whatever file stands there next. Null when there is no database.
 */
async function keepOld(path: string, kept: string): Promise<string | null> {
  const isThere = await Deno.stat(path).then(() => true, () => false);
  // Of a sound database the log goes into its file. A damaged one is kept as it is, log and all: the next start names it.
  if (isThere && await requireSound(path).then(() => true, () => false)) await foldLog(path);
  for (const suffix of ["-wal", "-shm", ""]) await addName(`${path}${suffix}`, `${kept}${suffix}`);
  await sync(dirname(path));
  for (const suffix of ["-wal", "-shm"]) await Deno.remove(`${path}${suffix}`).catch(ignoreMissing);
  await sync(dirname(path));
  return isThere ? kept : null;
}

/** Writes the write-ahead log into the database and removes it. */
async function foldLog(path: string): Promise<void> {
  const { DatabaseSync } = await import("node:sqlite");
  const database = new DatabaseSync(path);
  try {
    database.exec("PRAGMA busy_timeout = 2000");
    const { busy } = database.prepare("PRAGMA wal_checkpoint(TRUNCATE)").get() as { busy: number };
    if (busy !== 0) throw new DomainError("conflict", `Another program has ${path} open: close it and restore again`);
  } finally {
    database.close();
  }
}

/** A second name for a file, or a copy where a file can have one name only. */
async function addName(path: string, name: string): Promise<void> {
  try {
    await Deno.link(path, name);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (error instanceof Deno.errors.AlreadyExists) throw error;
    await Deno.copyFile(path, name);
    await sync(name);
  }
  await makePrivate(name);
}

function ignoreMissing(error: unknown): void {
  if (!(error instanceof Deno.errors.NotFound)) throw error;
}

const wayBack = 'put a backup back with "deno task restore FILE", or move the file away to begin anew';

/** Throws `DomainError("unavailable")` when the file at `path` exists and is not a whole SQLite database. */
export async function requireSound(path: string): Promise<void> {
  const info = await Deno.stat(path).catch(() => null);
  if (!info) return;
  if (!info.isFile) {
    throw new DomainError("unavailable", `${path} is not a file; set CODER_KV or CODER_DATA to another place`);
  }
  const fail = (why: string) => {
    throw new DomainError("unavailable", `The database ${path} is damaged (${why}): ${wayBack}`);
  };
  if (info.size === 0) fail("it is empty");
  const header = new Uint8Array(100);
  using file = await Deno.open(path, { read: true });
  const read = await file.read(header);
  if (read !== 100 || !new TextDecoder().decode(header).startsWith("SQLite format 3\0")) fail("it is no SQLite file");
  // https://www.sqlite.org/fileformat.html#the_database_header: the size in pages counts when its change counter matches.
  const view = new DataView(header.buffer);
  const pageSize = view.getUint16(16) === 1 ? 65_536 : view.getUint16(16);
  const isCurrent = view.getUint32(24) === view.getUint32(92);
  // While a write-ahead log is there, its last pages may be in it only: a checkpoint is going on, or a kill ended one.
  const hasLog = ((await Deno.stat(`${path}-wal`).catch(() => null))?.size ?? 0) > 0;
  if (!hasLog && isCurrent && info.size < view.getUint32(28) * pageSize) fail("it was cut short");
  const trouble = await readTrouble(path, info.size);
  if (trouble !== null) fail(trouble);
}

/** Up to this size a whole check costs about 20 ms. */
const checkedWholeBytes = 8 * 1024 * 1024;

/**
 * What SQLite says against a database, or null. Deno KV reads its tables when it opens them, and a page it cannot read ends
 * the process in the middle of a panic: so they are read here first. A small file is checked whole; of a large one only what
 * every start needs, since a start must not cost the history.
 */
async function readTrouble(path: string, size: number): Promise<string | null> {
  const { DatabaseSync } = await import("node:sqlite");
  let database: InstanceType<typeof DatabaseSync> | null = null;
  try {
    database = new DatabaseSync(path, { readOnly: true });
    database.exec("PRAGMA busy_timeout = 10000");
    if (size <= checkedWholeBytes) {
      const { quick_check: verdict } = database.prepare("PRAGMA quick_check(1)").get() as { quick_check: string };
      return verdict === "ok" ? null : verdict.replaceAll(/\s+/g, " ");
    }
    const tables = database.prepare("SELECT name FROM sqlite_master WHERE type = 'table'").all() as { name: string }[];
    for (const { name } of tables) {
      const key = name === "kv" ? "k" : "rowid";
      for (const order of ["ASC", "DESC"]) {
        database.prepare(`SELECT * FROM "${name}" ORDER BY ${key} ${order} LIMIT 10`).all();
      }
    }
    if (tables.some(({ name }) => name === "kv")) {
      database.prepare("SELECT k FROM kv WHERE expiration_ms >= 0 LIMIT 1").all();
    }
    return null;
  } catch (error) {
    const message = messageOf(error);
    // Only what SQLite says of the content counts here: a lock, or a folder that cannot be written, is not damage.
    if (/malformed|not a database|corrupt/.test(message)) return message;
    return null;
  } finally {
    database?.close();
  }
}
