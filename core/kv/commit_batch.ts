// One commit in the making: decided appends on top of each other, counted exactly against the limits of KV.

import type { NewEvent } from "../domain/event.ts";
import type { Task } from "../domain/task.ts";
import { isChatter, type Published } from "./event_record.ts";
import { indexChanges } from "./head_index.ts";
import { encodeHead } from "./head_record.ts";
import { ageEntry, type IdempotencyRecord } from "./idempotency.ts";
import { keyBytes, keys } from "./keys.ts";
import type { Kv, KvCommit, KvKey, KvLimits } from "./kv.ts";
import { dayMark } from "./milestone_record.ts";

export interface AppendRequest {
  task: number | "new";
  /** Who is writing: `api`, `ui`, `scheduler` or `worker/epoch`. */
  by: string;
  /** Pure. `head` is null when the task has no events yet. May throw `DomainError`. */
  decide(head: Task | null, context: { id: number; now: number }): NewEvent[];
  priority: "command" | "output";
  /** The same key and hash again yields the first task; another hash is a conflict. For `new` only. */
  idempotency?: { key: string; hash: string };
  /**
   * A key that must still have this versionstamp; it is set again in the commit unless `isForeign` (it is somebody else's to
   * set). Stale: rejects with `StaleGuard`.
   */
  guard?: Guard;
  /** What is written to another task in the same commit; neither is when this throws. `made`: the id of the request's own task. */
  also?: {
    task: number;
    decide(head: Task | null, context: { made: number; now: number }): NewEvent[];
  };
}

export interface Guard {
  key: KvKey;
  versionstamp: string | null;
  isForeign?: boolean;
}

export interface Appended {
  /** The state after the append. */
  head: Task;
  events: Published[];
  /** False when an idempotency key had been used: `head` is the earlier task. */
  created: boolean;
}

export interface Waiting {
  request: AppendRequest;
  resolve(appended: Appended): void;
  reject(error: unknown): void;
  /** Races lost against other processes. */
  lost: number;
}

/** A head with the versionstamp it was read or written at. */
export interface Known {
  task: Task | null;
  versionstamp: string | null;
}

export interface Numbered {
  value: number;
  versionstamp: string | null;
}

/** A fold is kept each time a history grows past a multiple of this. */
export const foldEvery = 500;

/** The state of a task that does not exist yet. */
export const fresh: Known = { task: null, versionstamp: null };

interface Taken {
  waiting: Waiting;
  head: Task | null;
  events: Published[];
  /** What it wrote to another task. */
  also: Published[];
  error?: unknown;
}

interface Staged {
  task: Task | null;
  /** The head before the batch. */
  known: Known;
  changed: boolean;
  from: number;
  /** What of it is written; null when nothing changed. */
  writes: HeadWrites | null;
  cost: Cost;
}

interface HeadWrites {
  sets: KvCommit["sets"];
  deletes: KvKey[];
}

/** What something takes of a commit's limits. */
interface Cost {
  mutations: number;
  /** Keys and values. */
  bytes: number;
  keyBytes: number;
}

/** The next id, the all-stream entry and the signal, with the ranges of all tasks a commit may hold. */
const frameCost: Cost = { mutations: 4, bytes: 6_000, keyBytes: 300 };

function costOf({ checks, sets, deletes }: {
  checks: KvKey[];
  sets: { key: KvKey; bytes: number }[];
  deletes: KvKey[];
}): Cost {
  const keyed = [...checks, ...sets.map(({ key }) => key), ...deletes].reduce((sum, key) => sum + keyBytes(key), 0);
  const bytes = sets.reduce((sum, set) => sum + set.bytes, keyed);
  return { mutations: sets.length + deletes.length, bytes, keyBytes: keyed };
}

/** The sum, without what `replaced` took. */
function sumOf(costs: Cost[], replaced: Cost[]): Cost {
  const total = (of: Cost[], field: keyof Cost) => of.reduce((sum, cost) => sum + cost[field], 0);
  const sum = (field: keyof Cost) => total(costs, field) - total(replaced, field);
  return { mutations: sum("mutations"), bytes: sum("bytes"), keyBytes: sum("keyBytes") };
}

/** The head, its fold and its index entries: written once per task and commit, however many appends stand on it. */
function headWrites(id: number, { task, known, changed, from }: Omit<Staged, "cost" | "writes">): HeadWrites | null {
  if (!changed || !task) return null;
  const value = encodeHead(task);
  const sets: KvCommit["sets"] = [{ key: keys.task(id), value }];
  if (keepsFold(from, task.seq)) sets.push({ key: keys.fold(id, task.seq), value });
  const index = indexChanges(known.task, task);
  return { sets: [...sets, ...index.sets], deletes: index.deletes };
}

function headCost(id: number, writes: HeadWrites | null): Cost {
  const sets = (writes?.sets ?? []).map(({ key, value }) => ({
    key,
    // A string takes two bytes a character when one of them is beyond Latin-1.
    bytes: typeof value === "string" ? value.length * 2 + 10 : (value as Uint8Array).length,
  }));
  return costOf({ checks: [keys.task(id)], sets, deletes: writes?.deletes ?? [] });
}

function ageEntryCost({ idempotency }: AppendRequest, id: number): { key: KvKey; bytes: number }[] {
  return idempotency ? [{ key: keys.idempotencyOf(id), bytes: idempotency.key.length * 2 + 100 }] : [];
}

function keepsFold(from: number, to: number): boolean {
  return Math.floor((from - 1) / foldEvery) !== Math.floor(to / foldEvery);
}

export interface Addition {
  id: number;
  known: Known;
  error?: unknown;
  head?: Task;
  events?: Published[];
  sets?: KvCommit["sets"];
  bodiesUsed?: string[];
  days?: Set<string>;
}

function bodiesOf({ bodiesUsed = [] }: Addition): string[] {
  return bodiesUsed;
}

/** One commit in the making; it knows the limits. */
export class CommitBatch {
  readonly staged = new Map<number, Staged>();
  readonly taken: Taken[] = [];
  readonly idempotency = new Map<string, IdempotencyRecord>();
  readonly guards: Guard[] = [];
  readonly bodiesUsed: string[] = [];
  readonly sets: KvCommit["sets"] = [];
  /** Of the milestones in it. */
  readonly days = new Set<string>();
  created = 0;
  firstEvent: KvKey | null = null;
  #cost = frameCost;

  /** `isShared`: others write to the store too, and watch for what we write. */
  constructor(readonly commit: string, readonly limits: KvLimits, readonly isShared: boolean) {}

  /** All that it writes, in order. */
  get events(): Published[] {
    return this.taken.flatMap(({ events, also }) => [...events, ...also]);
  }

  /** Whether an append of this batch has the idempotency key or the guard of `request`. */
  holdsKeyOf({ idempotency, guard }: AppendRequest): boolean {
    if (idempotency && this.idempotency.has(idempotency.key)) return true;
    return guard !== undefined && this.guards.some(({ key }) => JSON.stringify(key) === JSON.stringify(guard.key));
  }

  /**
   * Adds a decided append, and what it writes `also`, unless they would pass a limit; then the batch is as it was, and false.
   */
  add(waiting: Waiting, own: Addition, also?: Addition): boolean {
    const { request } = waiting;
    const additions = also ? [own, also] : [own];
    const staged = additions.map((one) => this.#stagedWith(one));
    const singles = [
      ...(request.guard ? [{ key: request.guard.key, bytes: 50 }] : []),
      ...(request.idempotency ? [{ key: keys.idempotency(request.idempotency.key), bytes: 300 }] : []),
    ];
    const days = new Set(additions.flatMap(({ days }) => [...days ?? []]));
    const [sets, bodiesUsed] = [additions.flatMap(({ sets = [] }) => sets), additions.flatMap(bodiesOf)];
    const added = costOf({
      checks: singles.map(({ key }) => key),
      sets: [
        ...singles,
        ...ageEntryCost(request, own.id),
        ...sets.map(({ key, value }) => ({ key, bytes: (value as Uint8Array).length })),
        ...[...days].map((day) => ({ key: keys.milestoneDay(day), bytes: 10 })),
      ],
      deletes: bodiesUsed.map(keys.bodyIntent),
    });
    const replaced = additions.flatMap(({ id }) => this.staged.get(id)?.cost ?? []);
    const cost = sumOf([this.#cost, added, ...staged.map((one) => one.cost)], replaced);
    const ids = new Set([...this.staged.keys(), ...additions.map(({ id }) => id)]);
    const checks = ids.size + this.guards.length + this.idempotency.size + 3;
    const { limits } = this;
    const full = checks > limits.checks || cost.mutations > limits.mutations || cost.bytes > limits.bytes ||
      cost.keyBytes > limits.keyBytes;
    if (full && this.taken.length > 0) return false;
    if (full) {
      waiting.reject(new RangeError(`${sets.length} events of ${added.bytes} bytes are too many for one append`));
      return true;
    }
    this.#cost = cost;
    additions.forEach(({ id }, index) => this.staged.set(id, staged[index]!));
    const events = own.events ?? [];
    this.taken.push({ waiting, head: own.head ?? null, events, also: also?.events ?? [], error: own.error });
    if (events.length > 0) {
      this.sets.push(...sets);
      this.bodiesUsed.push(...bodiesUsed);
      for (const day of days) this.days.add(day);
      this.firstEvent ??= sets[0]!.key;
      if (request.task === "new") this.created++;
      if (request.guard) this.guards.push(request.guard);
      if (request.idempotency) {
        const { key, hash } = request.idempotency;
        this.idempotency.set(key, { task: own.id, hash, at: events[0]!.event.at });
      }
    }
    return true;
  }

  #stagedWith({ id, known, head, events = [] }: Addition): Staged {
    const earlier = this.staged.get(id);
    const after = {
      task: events.length > 0 ? head! : (earlier ?? known).task,
      known: earlier?.known ?? known,
      changed: events.length > 0 || (earlier?.changed ?? false),
      from: earlier?.from ?? (known.task?.seq ?? 0) + 1,
    };
    const writes = headWrites(id, after);
    return { ...after, writes, cost: headCost(id, writes) };
  }

  /** It is durable: everyone in it gets what was decided, a refusal included. */
  answer(): void {
    for (const { waiting, head, events, error } of this.taken) {
      if (error !== undefined) waiting.reject(error);
      else waiting.resolve({ head: head!, events, created: waiting.request.task === "new" });
    }
  }

  #signals(): KvCommit["sets"] {
    const isNews = !isChatter(this.events);
    return [keys.signal(), ...(isNews ? [keys.news()] : [])].map((key) => ({ key, value: this.commit }));
  }

  /** What is written, checked and deleted; `nextId` as it was read, for a batch that creates tasks. */
  toCommit(kv: Kv, nextId: Numbered | null): KvCommit {
    const checks: KvCommit["checks"] = this.guards.map(({ key, versionstamp }) => ({ key, versionstamp }));
    const sets = [...this.sets, ...[...this.days].map(dayMark)];
    const deletes: KvKey[] = this.bodiesUsed.map(keys.bodyIntent);
    const ranges: [number, number, number][] = [];
    for (const [id, { task, known, from, writes }] of this.staged) {
      checks.push({ key: keys.task(id), versionstamp: known.versionstamp });
      if (!writes) continue;
      sets.push(...writes.sets);
      deletes.push(...writes.deletes);
      ranges.push([id, from, task!.seq]);
    }
    for (const [key, value] of this.idempotency) {
      checks.push({ key: keys.idempotency(key), versionstamp: null });
      sets.push({ key: keys.idempotency(key), value }, ageEntry(key, value));
    }
    for (const { key, isForeign } of this.guards) if (!isForeign) sets.push({ key, value: this.commit });
    if (this.created > 0) {
      checks.push({ key: keys.nextId(), versionstamp: nextId!.versionstamp });
      sets.push({ key: keys.nextId(), value: nextId!.value + this.created });
    }
    if (ranges.length > 0) {
      sets.push({ key: keys.all(kv.commitVersionstamp()), value: ranges });
      if (this.isShared) sets.push(...this.#signals());
    }
    return { checks, sets, deletes };
  }
}
