// A store at a KV Connect server, through connections that are left when they are of no use any more. Deno's own never comes
// back after the server, or what is between, refused its token once (401), and waits without end where packets vanish; a new
// one works at once.
//
// Every error but one of what was asked for is one of two here: a read that may work later (`unavailable`), or a commit whose
// outcome is unknown, which its caller sends again as it was.

import { DomainError, messageOf } from "../domain/error.ts";
import type { Clock } from "../domain/ports.ts";
import { denoKv, type Kv, UnknownOutcome, withDeadline } from "./kv.ts";

export interface ReopeningOptions {
  clock: Clock;
  /** Opens a new connection, with the token that counts now. */
  open: () => Promise<Deno.Kv>;
  /** The server hands out an endpoint that this process may not call, which no new connection changes. */
  onForbidden?: (error: Error) => void;
}

/** Since when, in ms since 1970, and what the store said last. */
export interface StoreTrouble {
  since: number;
  reason: string;
}

/** How long a try to open a connection may take: one that began while nothing got through is never answered. */
const openWithinMs = 3_000;

/** How long a call waits for a new connection. */
const waitForOpenMs = 10_000;

/** A connection is not left sooner after it was opened: a server that refuses everything is not flooded. */
const keptMs = 1_000;

/** Deno's own words about keys, values and amounts: the same would be said again. */
const ofRequest =
  /too (?:large|many|long)|keyspace|unsupported|invalid (?:key|value|range|selector)|could not be cloned/i;

/** What opens anew by itself. The first connection is opened before it resolves; rejects with what that rejects with. */
export async function reopeningKv(
  options: ReopeningOptions,
): Promise<Kv & { readonly trouble: StoreTrouble | null }> {
  const kv = new ReopeningKv(await openSoon(options), options);
  return {
    get trouble() {
      return kv.trouble;
    },
    get: (key) => kv.read((now) => now.get(key)),
    getMany: (keys) => kv.read((now) => now.getMany(keys)),
    page: (range, options) => kv.read((now) => now.page(range, options)),
    commit: (commit) => kv.commit((now) => now.commit(commit)),
    watch: (key, callback) => kv.watch(key, callback),
    commitVersionstamp: () => kv.versionstamp,
    close: () => kv.close(),
  };
}

interface Connection {
  kv: Kv;
  openedAt: number;
}

interface Watch {
  key: Deno.KvKey;
  callback: (versionstamp: string | null) => void;
  stop: () => void;
}

class ReopeningKv {
  readonly versionstamp: Deno.KvKeyPart;
  /** Null while its last call was answered. */
  trouble: StoreTrouble | null = null;
  readonly #options: ReopeningOptions;
  readonly #watches = new Set<Watch>();
  #connection: Connection;
  #opening: Promise<void> | null = null;
  #isClosed = false;

  constructor(raw: Deno.Kv, options: ReopeningOptions) {
    this.#options = options;
    this.#connection = this.#connect(raw);
    this.versionstamp = this.#connection.kv.commitVersionstamp();
  }

  async read<T>(call: (kv: Kv) => Promise<T>): Promise<T> {
    return await this.#call(call, (error) => {
      if (error instanceof DomainError) return error;
      return new DomainError("unavailable", `The store cannot be read (${messageOf(error)}); try again`, {
        cause: error,
      });
    });
  }

  async commit<T>(call: (kv: Kv) => Promise<T>): Promise<T> {
    return await this.#call(call, (error) => {
      if (error instanceof UnknownOutcome) return error;
      return new UnknownOutcome(`The store did not take a commit: ${messageOf(error)}`, { cause: error });
    });
  }

  watch(key: Deno.KvKey, callback: Watch["callback"]): () => void {
    const watch = { key, callback, stop: this.#connection.kv.watch(key, callback) };
    this.#watches.add(watch);
    return () => {
      this.#watches.delete(watch);
      watch.stop();
    };
  }

  close(): void {
    this.#isClosed = true;
    this.#connection.kv.close();
  }

  async #call<T>(call: (kv: Kv) => Promise<T>, explained: (error: unknown) => Error): Promise<T> {
    let connection = this.#connection;
    try {
      if (this.#opening) await withDeadline(this.#options.clock, { ms: waitForOpenMs, late: silence }, this.#opening);
      connection = this.#connection;
      const answer = await call(connection.kv);
      this.trouble = null;
      return answer;
    } catch (error) {
      if (this.#isClosed || ofRequest.test(messageOf(error))) throw error;
      if (error instanceof Deno.errors.NotCapable) this.#options.onForbidden?.(error);
      this.trouble = { since: this.trouble?.since ?? this.#options.clock.now(), reason: messageOf(error) };
      this.#leave(connection);
      throw explained(error);
    }
  }

  #leave(connection: Connection): void {
    const { clock } = this.#options;
    const isLeft = connection !== this.#connection || this.#opening !== null;
    if (isLeft || clock.monotonic() - connection.openedAt < keptMs) return;
    this.#opening = this.#reopen(connection).finally(() => this.#opening = null);
  }

  /** Never rejects: where no new one can be had, the old one is left another time. */
  async #reopen(connection: Connection): Promise<void> {
    try {
      const raw = await this.#open();
      if (this.#isClosed) return raw.close();
      this.#connection = this.#connect(raw);
    } catch {
      connection.openedAt = this.#options.clock.monotonic();
      return;
    }
    for (const watch of this.#watches) {
      watch.stop();
      watch.stop = this.#connection.kv.watch(watch.key, watch.callback);
      // Something may have been written since the old one heard.
      watch.callback(null);
    }
    try {
      connection.kv.close();
    } catch { /* it is closed */ }
  }

  /** Tries again while nothing is answered. Rejects with what a try is refused with. */
  async #open(): Promise<Deno.Kv> {
    for (;;) {
      try {
        return await openSoon(this.#options);
      } catch (error) {
        if (!(error instanceof SilentServer) || this.#isClosed) throw error;
      }
    }
  }

  #connect(raw: Deno.Kv): Connection {
    const { clock } = this.#options;
    return { kv: denoKv(raw, { clock }), openedAt: clock.monotonic() };
  }
}

/** Nobody answers who wants a new connection. */
class SilentServer extends DomainError {
  constructor() {
    super("unavailable", "The store does not answer (open); try again");
  }
}

function silence(): SilentServer {
  return new SilentServer();
}

/** One try to open a connection; what comes too late is closed. */
async function openSoon({ clock, open }: ReopeningOptions): Promise<Deno.Kv> {
  const opening = open();
  try {
    return await withDeadline(clock, { ms: openWithinMs, late: silence }, opening);
  } catch (error) {
    void opening.then((raw) => raw.close(), () => {/* it was refused */});
    throw error;
  }
}
