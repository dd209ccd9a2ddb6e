// What the tests of this floor share: stores on a real Deno KV, clocks that are moved by hand, and a Kv that watches the
// limits or breaks on request.

import { serialize } from "node:v8";
import type { NewEvent, TaskEvent } from "../../core/domain/event.ts";
import type { Clock, Random } from "../../core/domain/ports.ts";
import { eventLog } from "../../core/kv/event_log.ts";
import type { AppendRequest } from "../../core/kv/commit_batch.ts";
import { type Committed, type GroupCommit, groupCommit } from "../../core/kv/group_commit.ts";
import { denoKv, type Kv, type KvCommit, type KvKey, type KvLimits, localLimits } from "../../core/kv/kv.ts";
import { systemClock, systemRandom } from "../../core/host/system.ts";
import { spec } from "../domain/world.ts";

/** Wall time stands at `time`; sleeping costs nothing. For what must not depend on real time. */
export interface HandClock extends Clock {
  time: number;
}

export function handClock(time = Date.parse("2026-01-01T00:00:00.000Z")): HandClock {
  return {
    time,
    now() {
      return this.time;
    },
    monotonic: () => performance.now(),
    sleep: () => Promise.resolve(),
    timer: () => () => {},
  };
}

export interface TestKv extends Kv, Disposable {
  readonly raw: Deno.Kv;
}

/** A real Deno KV in memory, or in a file. */
export async function openKv(path = ":memory:"): Promise<TestKv> {
  const raw = await Deno.openKv(path);
  return { ...denoKv(raw, { clock: systemClock }), raw, [Symbol.dispose]: () => raw.close() };
}

export interface TestWriter extends GroupCommit {
  readonly committed: Committed[];
  /** Creates a task and returns its id. */
  create(changes?: Parameters<typeof spec>[0], options?: Partial<AppendRequest>): Promise<number>;
  /** Appends output to a task. */
  say(task: number, ...texts: string[]): ReturnType<GroupCommit["append"]>;
}

export function writerOn(kv: Kv, { clock = systemClock, random = systemRandom, limits = localLimits, shared = false }: {
  clock?: Clock;
  random?: Random;
  limits?: KvLimits;
  shared?: boolean;
} = {}): TestWriter {
  const committed: Committed[] = [];
  const writer = groupCommit({ kv, clock, random, limits, shared, onCommit: (one) => void committed.push(one) });
  return {
    ...writer,
    committed,
    async create(changes = {}, options = {}) {
      const { head } = await writer.append(creation(changes, options));
      return head.id;
    },
    say: (task, ...texts) => writer.append(output(task, texts.map(text))),
  };
}

export function creation(
  changes: Parameters<typeof spec>[0] = {},
  options: Partial<AppendRequest> = {},
): AppendRequest {
  const data = spec(changes);
  return { task: "new", by: "api", priority: "command", decide: () => [{ type: "task.created", data }], ...options };
}

export function output(task: number, events: NewEvent[]): AppendRequest {
  return { task, by: "laptop/1", priority: "output", decide: () => events };
}

export function text(text: string): NewEvent {
  return { type: "output.text", data: { text } };
}

/** All events of a task, as stored. */
export async function storedEvents(kv: Kv, task: number): Promise<TaskEvent[]> {
  const log = eventLog(kv);
  const all: TaskEvent[] = [];
  for (;;) {
    const page = await log.read(task, { after: all.length, limit: 1_000 });
    if (page.length === 0) return all;
    all.push(...page.map(({ event }) => event));
  }
}

/** `[task, from, to]` of every entry of the all-stream, in commit order. */
export async function allStream(kv: Kv): Promise<[number, number, number][]> {
  const entries = await kv.page<[number, number, number][]>({ prefix: ["all"] }, { limit: 1_000 });
  return entries.flatMap(({ value }) => value);
}

/** What one atomic operation may hold. */
export const realLimits = { mutations: 1_000, checks: 100, bytes: 819_200, keyBytes: 81_920, valueBytes: 65_536 };
export const denokvLimits = { ...realLimits, checks: 10 };

export interface LimitedKv extends Kv {
  readonly commits: KvCommit[];
  /** The most of each that any commit held. */
  readonly most: Record<keyof typeof realLimits, number>;
}

/** Passes commits on and throws when one is beyond `limits`, as the real store does. */
export function limitedKv(kv: Kv, limits = realLimits): LimitedKv {
  const commits: KvCommit[] = [];
  const most = { mutations: 0, checks: 0, bytes: 0, keyBytes: 0, valueBytes: 0 };
  return {
    ...kv,
    commits,
    most,
    commit(commit) {
      const size = sizeOf(commit);
      commits.push(commit);
      for (const name of Object.keys(limits) as (keyof typeof limits)[]) {
        most[name] = Math.max(most[name], size[name]);
        if (size[name] > limits[name]) throw new TypeError(`${size[name]} ${name} in one commit`);
      }
      return kv.commit(commit);
    },
  };
}

function sizeOf({ checks, sets, deletes }: KvCommit): Record<keyof typeof realLimits, number> {
  const keys = [...checks.map(({ key }) => key), ...sets.map(({ key }) => key), ...deletes];
  const keyBytes = keys.reduce((sum, key) => sum + storedKeyBytes(key), 0);
  const values = sets.map(({ value }) => value instanceof Uint8Array ? value.length : serialize(value).length);
  return {
    mutations: sets.length + deletes.length,
    checks: checks.length,
    bytes: values.reduce((sum, bytes) => sum + bytes, keyBytes),
    keyBytes,
    valueBytes: Math.max(0, ...values),
  };
}

/** A key as the store encodes it: a tag, the part, and an end mark for strings. */
function storedKeyBytes(key: KvKey): number {
  const encoder = new TextEncoder();
  // The commit's own versionstamp is a symbol until it is written.
  return key.reduce<number>((sum, part) => sum + (typeof part === "string" ? encoder.encode(part).length + 2 : 22), 0);
}

/** Commits go through `around`, which may let them pass, lose them, or lose their reply. */
export function interceptedKv(
  kv: Kv,
  around: (commit: () => Promise<string | null>, sent: KvCommit) => Promise<string | null>,
): Kv {
  return { ...kv, commit: (commit) => around(() => kv.commit(commit), commit) };
}
