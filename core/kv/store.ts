// Opening the store: one process per local database, by an OS lock that dies with its holder.

import { dirname, join } from "@std/path";
import { DomainError, messageOf } from "../domain/error.ts";
import type { Clock, Random } from "../domain/ports.ts";
import { AccessTokens } from "./access_tokens.ts";
import { AllStream } from "./all_stream.ts";
import { requireSound } from "./backup.ts";
import { keepPrivate, type Presence, presenceOf, removeLeftovers } from "./database_files.ts";
import { type EventLog, eventLog } from "./event_log.ts";
import { type Committed, type GroupCommit, groupCommit } from "./group_commit.ts";
import { type Gathered, gathered, gatherMilestones } from "./gather_milestones.ts";
import { type IdempotencyKeys, idempotencyKeys } from "./idempotency.ts";
import { keys } from "./keys.ts";
import { denoKv, type Kv, type KvMaybeEntry, localLimits, remoteLimits } from "./kv.ts";
import { type LiveTail, liveTail } from "./live_tail.ts";
import { Outbox } from "./outbox.ts";
import { Milestones } from "./milestones.ts";
import { reopeningKv, type StoreTrouble } from "./reopening_kv.ts";
import { requireKnownFormat, storeFormat } from "./store_format.ts";
import { sweepBodies } from "./sweep.ts";
import { TaskIndex } from "./task_index.ts";
import { repair, type Repaired, type Verification, verify } from "./verify.ts";
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
  /** What counts across tasks. */
  milestones: Milestones;
  notes: WorkerNotes;
  beats: WorkerBeats;
  outbox: Outbox;
  idempotency: IdempotencyKeys;
  tokens: AccessTokens;
  writer: GroupCommit;
  tail: LiveTail;
  /** Whether other processes may write to it. */
  shared: boolean;
  /** Since when a server has not answered, in ms since 1970, and its last words; null while it does. */
  trouble(): StoreTrouble | null;
  /** Whether the file it stands on is still there; what is no file is always there. */
  presence: Presence;
  /** How far the milestones of a store from before there were any are gathered. */
  gathered(): Promise<Gathered>;
  /** Gathers what is missing of them until all is there, or `signal` aborts. */
  gatherMilestones(options: { signal: AbortSignal }): Promise<void>;
  /** Whether all that is derived still follows from the log. */
  verify(): Promise<Verification>;
  /** Mends what `verify` found and can be mended, where nothing else was written since. */
  repair(found: Verification): Promise<Repaired>;
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
export async function openStore(
  location: string,
  { clock, random, connect = Deno.openKv, onForbidden, share = false }: {
    clock: Clock;
    random: Random;
    /** Opens what is at a location; called again when a server is to be reached anew. */
    connect?: (location: string) => Promise<Deno.Kv>;
    /** Told when a server hands out an endpoint that this process may not call. */
    onForbidden?: (error: Error) => void;
    /** Tests only: let a second process open the same local file. */
    share?: boolean;
  },
): Promise<Store> {
  const remote = isRemote(location);
  const local = !remote && location !== ":memory:";
  const lock = local && !share ? await lockDatabase(location) : null;
  try {
    if (local) {
      await removeLeftovers(location);
      await keepPrivate(location);
      await requireSound(location);
    }
    const open = () => openKv(location, connect);
    const server = remote ? await reopeningKv({ clock, open, onForbidden }) : null;
    const raw = server ?? denoKv(await open(), { clock });
    // What SQLite made just now has the mode of the process; nothing of ours is in it yet.
    if (local) await keepPrivate(location);
    const presence = local ? presenceOf(location) : alwaysThere;
    const kv = local ? whilePresent(raw, presence) : raw;
    try {
      const shared = remote || share;
      const trouble = () => server?.trouble ?? null;
      return await buildStore(kv, { clock, random, shared, remote, presence, trouble, onClose: () => lock?.close() });
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
  { clock, random, shared, remote = false, presence = alwaysThere, trouble = () => null, onClose = () => {} }: {
    clock: Clock;
    random: Random;
    shared: boolean;
    remote?: boolean;
    presence?: Presence;
    trouble?: () => StoreTrouble | null;
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
    shared,
    onCommit: (committed: Committed) => tail.committed(committed),
    catchUp: () => tail.look(),
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
    milestones: new Milestones(kv),
    notes: new WorkerNotes(kv),
    beats: new WorkerBeats(kv),
    outbox: new Outbox(kv),
    idempotency: idempotencyKeys(kv),
    tokens: new AccessTokens(kv),
    writer,
    tail,
    shared,
    trouble,
    presence,
    gathered: async () => await gathered(kv) ?? { next: 1, last: 1 },
    gatherMilestones: (options) => gatherMilestones(kv, log, options),
    verify: () => verify(kv),
    repair: (found) => repair(kv, found),
    close() {
      writer.close();
      kv.close();
      onClose();
    },
  };
}

async function openKv(location: string, connect: (location: string) => Promise<Deno.Kv>): Promise<Deno.Kv> {
  try {
    return await connect(location);
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

/**
 * The uuid of a store whose format this program knows. A new store gets both; an older one is of this program's format from
 * now on, so that no older program starts on what this one writes. One that runs already goes on.
 */
async function storeId(kv: Kv, random: Random): Promise<string> {
  for (;;) {
    const found = await kv.getMany<string | number>([keys.store(), keys.format(), keys.nextId()]);
    const [id, format, nextId] = found as [KvMaybeEntry<string>, KvMaybeEntry<number>, KvMaybeEntry<number>];
    requireKnownFormat(format.value);
    if (id.value && format.value === storeFormat) return id.value;
    await kv.commit({
      checks: [id, format].map(({ key, versionstamp }) => ({ key, versionstamp })),
      sets: [
        { key: keys.store(), value: id.value ?? random.uuid() },
        { key: keys.format(), value: storeFormat },
        // Nothing is missing where nothing was written yet.
        ...(id.value === null && nextId.value === null ? [{ key: keys.gathered(), value: "complete" }] : []),
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
