// Deno KV in memory, with its order of keys, its versionstamps, its checks and its limits. kv_model_test.ts holds it
// against the real one. It is synchronous; kv_link.ts puts a network and its faults before it.

import { serialize } from "node:v8";

export interface StoredEntry {
  key: Deno.KvKey;
  value: unknown;
  versionstamp: string;
}

export type Mutation = { type: "set"; key: Deno.KvKey; value: unknown } | { type: "delete"; key: Deno.KvKey };

export interface AtomicWrite {
  checks: { key: Deno.KvKey; versionstamp: string | null }[];
  mutations: Mutation[];
}

export interface AppliedWrite {
  versionstamp: string;
  sets: { key: Deno.KvKey; value: unknown }[];
  deletes: Deno.KvKey[];
}

export interface Selector {
  prefix: Deno.KvKey;
  start?: Deno.KvKey;
  end?: Deno.KvKey;
}

/** Stands for the versionstamp of the commit it is part of. */
export const commitVersionstamp = Symbol("commit versionstamp");

const limits = {
  value: 65_536,
  writeKey: 2_048,
  readKey: 2_049,
  checks: 100,
  mutations: 1_000,
  total: 819_200,
  keys: 81_920,
};

export class SimulatedKv {
  readonly #entries = new Map<string, StoredEntry>();
  /** The encoded keys in order. */
  readonly #names: string[] = [];
  readonly #listeners = new Set<(write: AppliedWrite) => void>();
  #version = 0;

  /** `gap` draws how far the next versionstamp is from the last: they grow, but not by one. */
  constructor(private readonly gap: () => number = () => 1) {}

  get(key: Deno.KvKey): StoredEntry | null {
    return this.#entries.get(readName(key)) ?? null;
  }

  getMany(keys: readonly Deno.KvKey[]): (StoredEntry | null)[] {
    if (keys.length > 10) throw new TypeError("Too many ranges (max 10)");
    return keys.map((key) => this.get(key));
  }

  list({ prefix, start, end }: Selector, { limit, reverse }: { limit: number; reverse: boolean }): StoredEntry[] {
    if (limit > 1_000) throw new TypeError("Too many entries (max 1000)");
    if (start && end) {
      throw new TypeError("Selector can not specify both 'start' and 'end' key when specifying 'prefix'");
    }
    const inside = readName(prefix);
    for (const [what, key] of [["Start", start], ["End", end]] as const) {
      if (key && !(readName(key).startsWith(inside) && key.length > prefix.length)) {
        throw new TypeError(`${what} key is not in the keyspace defined by prefix`);
      }
    }
    const from = start ? this.#indexOf(readName(start)) : this.#indexOf(`${inside}\x00`);
    const to = Math.max(from, end ? this.#indexOf(readName(end)) : this.#indexOf(`${inside}\xff`));
    const names = reverse
      ? this.#names.slice(Math.max(from, to - limit), to).reverse()
      : this.#names.slice(from, Math.min(to, from + limit));
    return names.map((name) => this.#entries.get(name)!);
  }

  /** The versionstamp, or null when a check failed. */
  commit({ checks, mutations }: AtomicWrite): string | null {
    requireWithinLimits(checks, mutations);
    for (const { key, versionstamp } of checks) {
      if ((this.#entries.get(nameOf(key))?.versionstamp ?? null) !== versionstamp) return null;
    }
    this.#version += this.gap();
    const versionstamp = `${this.#version.toString(16).padStart(16, "0")}0000`;
    const write: AppliedWrite = { versionstamp, sets: [], deletes: [] };
    for (const mutation of mutations) {
      if (mutation.type === "delete") {
        this.#delete(nameOf(mutation.key));
        write.deletes.push(mutation.key);
        continue;
      }
      const key = mutation.key.map((part) => isStamp(part) ? versionstamp : part);
      this.#set(nameOf(key), { key, value: copied(mutation.value), versionstamp });
      write.sets.push({ key, value: mutation.value });
    }
    for (const listener of this.#listeners) listener(write);
    return versionstamp;
  }

  /** Calls back after each write that was applied. */
  listen(listener: (write: AppliedWrite) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  #set(name: string, entry: StoredEntry): void {
    if (!this.#entries.has(name)) this.#names.splice(this.#indexOf(name), 0, name);
    this.#entries.set(name, entry);
  }

  #delete(name: string): void {
    if (this.#entries.delete(name)) this.#names.splice(this.#indexOf(name), 1);
  }

  /** Where `name` is or would be. */
  #indexOf(name: string): number {
    let low = 0;
    let high = this.#names.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#names[middle]! < name) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}

function isStamp(part: unknown): boolean {
  return part === commitVersionstamp;
}

function requireWithinLimits(checks: AtomicWrite["checks"], mutations: Mutation[]): void {
  if (checks.length > limits.checks) throw new TypeError(`Too many checks (max ${limits.checks})`);
  if (mutations.length > limits.mutations) throw new TypeError(`Too many mutations (max ${limits.mutations})`);
  let total = 0;
  let keyTotal = 0;
  for (const { key } of [...checks, ...mutations]) {
    if (key.length === 0) throw new TypeError("key cannot be empty");
    total += writtenKeySize(key);
  }
  for (const mutation of mutations) {
    if (mutation.type === "delete") continue;
    const keySize = writtenKeySize(mutation.key);
    const size = sizeOf(mutation.value);
    if (size > limits.value) throw new TypeError(`Value too large (max ${limits.value} bytes)`);
    total += size + keySize;
    keyTotal += keySize;
  }
  if (total > limits.total) throw new TypeError(`Total mutation size too large (max ${limits.total} bytes)`);
  if (keyTotal > limits.keys) throw new TypeError(`Total key size too large (max ${limits.keys} bytes)`);
}

function writtenKeySize(key: Deno.KvKey): number {
  const size = nameOf(key.filter((part) => !isStamp(part))).length;
  if (size > limits.writeKey) throw new TypeError(`Key too large for write (max ${limits.writeKey} bytes)`);
  return size;
}

function readName(key: Deno.KvKey): string {
  const name = nameOf(key);
  if (name.length > limits.readKey) throw new TypeError(`Key too large for read (max ${limits.readKey} bytes)`);
  return name;
}

function sizeOf(value: unknown): number {
  if (value instanceof Uint8Array) return value.length;
  return typeof value === "number" || typeof value === "boolean" ? 12 : serialize(value).length;
}

/** Kept values are copies; frozen, as far as that goes, so that a reader need not get one of its own. */
function copied(value: unknown): unknown {
  if (value instanceof Uint8Array) return value.slice();
  return typeof value === "object" ? deepFrozen(structuredClone(value)) : value;
}

function deepFrozen(value: unknown): unknown {
  if (typeof value === "object" && value !== null) Object.values(Object.freeze(value)).forEach(deepFrozen);
  return value;
}

const numberView = new DataView(new ArrayBuffer(8));

/** A key as a string of bytes whose order is that of Deno KV: strings before numbers, each in its own order. */
export function nameOf(key: Deno.KvKey): string {
  let name = "";
  for (const part of key) {
    if (typeof part === "string") name += `\x02${bytesOf(part).replaceAll("\0", "\0\xff")}\0`;
    else if (typeof part === "number") name += `\x21${numberBytes(part)}`;
    else throw new TypeError(`The simulated KV has no keys of type ${typeof part}`);
  }
  return name;
}

const encoder = new TextEncoder();

function bytesOf(text: string): string {
  // deno-lint-ignore no-control-regex -- ASCII needs no encoding
  return /^[\x00-\x7f]*$/.test(text) ? text : String.fromCharCode(...encoder.encode(text));
}

function numberBytes(value: number): string {
  numberView.setFloat64(0, value);
  // The sign bit is flipped, and all bits of a negative number: then bytes compare as numbers do.
  const negative = numberView.getUint8(0) >= 0x80;
  let bytes = "";
  for (let at = 0; at < 8; at++) {
    const byte = numberView.getUint8(at);
    bytes += String.fromCharCode(negative ? byte ^ 0xff : at === 0 ? byte ^ 0x80 : byte);
  }
  return bytes;
}
