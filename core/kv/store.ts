// Opening the store: one process per local database, by an OS lock that dies with its holder.

import { dirname, join } from "@std/path";
import { DomainError, messageOf } from "../domain/error.ts";
import type { Clock, Random } from "../domain/ports.ts";
import { AllStream } from "./all_stream.ts";
import { requireSound } from "./backup.ts";
import { keepPrivate, type Presence, presenceOf, removeLeftovers } from "./database_files.ts";
import { type EventLog, eventLog } from "./event_log.ts";
import { type Committed, type GroupCommit, groupCommit } from "./group_commit.ts";
import { type IdempotencyKeys, idempotencyKeys } from "./idempotency.ts";
import { keys } from "./keys.ts";
import { denoKv, type Kv, type KvMaybeEntry, localLimits, remoteLimits } from "./kv.ts";
import { type LiveTail, liveTail } from "./live_tail.ts";
import { requireKnownFormat, storeFormat } from "./store_format.ts";
import { sweepBodies } from "./sweep.ts";
import { TaskIndex } from "./task_index.ts";
import { repair, type Verification, verify } from "./verify.ts";
import { WorkerBeats } from "./worker_beat.ts";
import { WorkerNotes } from "./worker_notes.ts";

export interface Store {
  /** The store's uuid. */
  id: string;
  /** What it stands on. For this floor and for tests: whoever uses the store asks one of the parts below. */
  kv: Kv;
  log: EventLog;
  all: AllStream;
  index: TaskIndex;
  notes: WorkerNotes;
  beats: WorkerBeats;
  idempotency: IdempotencyKeys;
  writer: GroupCommit;
  tail: LiveTail;
  /** Whether other processes may write to it. */
  shared: boolean;
  /** Whether the file it stands on is still there; what is no file is always there. */
  presence: Presence;
  /** Whether all that is derived still follows from the log. Call it while nothing writes. */
  verify(): Promise<Verification>;
  /** Mends what `verify` found and can be mended; how many differences that were. Call it while nothing writes. */
  repair(found: Verification): Promise<number>;
  close(): void;
}

/** True for a KV Connect URL; else it is the path of a local file. */
export function isRemote(location: string): boolean {
  return /^https?:\/\//.test(location);
}

/**
 * Opens the database at `location` (a path, `:memory:`, or a KV Connect URL) and what stands on it.
 * Throws `DomainError("unavailable")` with one line that says what to do.
 */
export async function openStore(location: string, { clock, random, share = false }: {
  clock: Clock;
  random: Random;
  /** Tests only: let a second process open the same local file. */
  share?: boolean;
}): Promise<Store> {
  const remote = isRemote(location);
  const local = !remote && location !== ":memory:";
  const lock = local && !share ? await lockDatabase(location) : null;
  try {
    if (local) {
      await removeLeftovers(location);
      await keepPrivate(location);
      await requireSound(location);
    }
    const raw = denoKv(await openKv(location), { clock });
    // What SQLite made just now has the mode of the process; nothing of ours is in it yet.
    if (local) await keepPrivate(location);
    const presence = local ? presenceOf(location) : alwaysThere;
    const kv = local ? whilePresent(raw, presence) : raw;
    try {
      const shared = remote || share;
      return await buildStore(kv, { clock, random, shared, remote, presence, onClose: () => lock?.close() });
    } catch (error) {
      kv.close();
      throw error;
    }
  } catch (error) {
    lock?.close();
    throw error;
  }
}

/** The store on an open KV; simulations call it with their own. */
export async function buildStore(
  kv: Kv,
  { clock, random, shared, remote = false, presence = alwaysThere, onClose = () => {} }: {
    clock: Clock;
    random: Random;
    shared: boolean;
    remote?: boolean;
    presence?: Presence;
    onClose?: () => void;
  },
): Promise<Store> {
  const id = await storeId(kv, random);
  const all = new AllStream(kv);
  const cursor = await all.last();
  const log = eventLog(kv);
  const writer: GroupCommit = groupCommit({
    kv,
    clock,
    random,
    limits: remote ? remoteLimits : localLimits,
    onCommit: (committed: Committed) => tail.committed(committed),
  });
  const tail = liveTail({ kv, log, clock, random, shared, cursor, writer: () => writer });
  // Alone, an intent that is still there belongs to a process that died; with others it may be at work.
  if (!shared) await sweepBodies(kv);
  return {
    id,
    kv,
    log,
    all,
    index: new TaskIndex(kv),
    notes: new WorkerNotes(kv),
    beats: new WorkerBeats(kv),
    idempotency: idempotencyKeys(kv),
    writer,
    tail,
    shared,
    presence,
    verify: () => verify(kv),
    repair: (found) => repair(kv, found),
    close() {
      writer.close();
      kv.close();
      onClose();
    },
  };
}

async function openKv(location: string): Promise<Deno.Kv> {
  try {
    return await Deno.openKv(location);
  } catch (error) {
    const what = isRemote(location) ? "Cannot reach the KV server at" : "Cannot open the database";
    throw new DomainError("unavailable", `${what} ${location}: ${messageOf(error)}`, { cause: error });
  }
}

/** Holds the lock file beside the database, or says who does. The file stays; the lock goes with the process. */
export async function lockDatabase(path: string): Promise<Deno.FsFile> {
  const file = await openLockFile(`${path}.lock`);
  if (!await file.tryLock(true)) {
    const holder = (await Deno.readTextFile(`${path}.lock`).catch(() => "")).trim() || "unknown";
    file.close();
    throw new DomainError(
      "unavailable",
      `Another Personal Coder (pid ${holder}) uses ${path}: stop it, or set CODER_DATA to another folder`,
    );
  }
  await file.truncate(0);
  await file.write(new TextEncoder().encode(`${Deno.pid}\n`));
  return file;
}

async function openLockFile(path: string): Promise<Deno.FsFile> {
  const folder = dirname(path);
  try {
    await Deno.mkdir(folder, { recursive: true, mode: 0o700 });
    return await Deno.open(path, { create: true, read: true, write: true, mode: 0o600 });
  } catch (error) {
    const why = messageOf(error).replace(/\s*\(os error.*$/, "");
    throw new DomainError(
      "unavailable",
      `Cannot write to the data folder ${join(folder)}: ${why}; make it writable or set CODER_DATA`,
      { cause: error },
    );
  }
}

/** The uuid of a store whose format this program knows; a new store gets both. */
async function storeId(kv: Kv, random: Random): Promise<string> {
  for (;;) {
    const found = await kv.getMany<string | number>([keys.store(), keys.format()]);
    const [id, format] = found as [KvMaybeEntry<string>, KvMaybeEntry<number>];
    requireKnownFormat(format.value);
    if (id.value && format.value) return id.value;
    await kv.commit({
      checks: [id, format].map(({ key, versionstamp }) => ({ key, versionstamp })),
      sets: [
        { key: keys.store(), value: id.value ?? random.uuid() },
        { key: keys.format(), value: format.value ?? storeFormat },
      ],
      deletes: [],
    });
  }
}

export const alwaysThere: Presence = { trouble: null, look: () => null };

/** Refuses to write to a file that the next start would not find: an acknowledged commit would be lost with it. */
function whilePresent(kv: Kv, presence: Presence): Kv {
  return {
    ...kv,
    commit(commit) {
      const trouble = presence.look();
      return trouble === null ? kv.commit(commit) : Promise.reject(new DomainError("unavailable", trouble));
    },
  };
}
