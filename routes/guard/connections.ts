// The listener: takes connections one by one, so that their number has a bound and each can be closed by itself.
//
// `Deno.serve` takes as many as there are descriptors, and ends the process when there are none left; it also shows no
// connection that has not sent a request. So connections are accepted here, and each is given to the same HTTP of Deno's
// alone. That one is reached by an internal name of Deno (`canServeConnections` says whether it is there).
//
// Promises: there are never more than `atMost` connections. When one more comes, the one that has been idle longest goes; when
// there is none, the one whose body has been awaited longest; when all of them are at work, the new one. The log says so. One that sends no whole request head in time is closed. A listener that cannot accept
// for lack of descriptors waits and goes on.

import { delay } from "@std/async";
import type { BodyAwaiting } from "./body.ts";
import { refusals } from "./refusals.ts";

export interface ConnectionsOptions {
  hostname: string;
  /** 0: any free one. */
  port: number;
  /** Connections at once. */
  atMost: number;
  /** How long a new connection may take to send its first request's head, in ms. */
  headWithinMs?: number;
  handler(request: Request, info: { remoteAddr: Deno.Addr } & BodyAwaiting): Response | Promise<Response>;
  onError(error: unknown): Response | Promise<Response>;
  warn(message: string, error: unknown): void;
}

/** What `Deno.serve` does with each connection that it accepts. */
type ServeConnection = (
  connection: Deno.Conn,
  signal: AbortSignal,
  handler: (request: Request, info: Deno.ServeHandlerInfo) => Response | Promise<Response>,
  onError: (error: unknown) => Response | Promise<Response>,
  onListen: () => void,
) => { finished: Promise<void>; shutdown(): Promise<void> };

interface Connection {
  /** Requests that are being answered. */
  busy: number;
  /** Ends it at once. */
  abort: AbortController;
  server: ReturnType<ServeConnection>;
}

/** After a failed accept; at each try the connection that has been idle longest is closed, which frees a descriptor. */
const acceptAgainMs = 100;
const warnEveryMs = 60_000;

function serveConnection(): ServeConnection | undefined {
  const { internal } = Deno as unknown as { internal: symbol };
  const internals =
    (Deno as unknown as Record<symbol, { serveHttpOnConnection?: ServeConnection } | undefined>)[internal];
  return internals?.serveHttpOnConnection;
}

/** Whether this Deno can serve single connections. */
export function canServeConnections(): boolean {
  return typeof serveConnection() === "function";
}

/**
 * How many connections there may be at once: what the limit of open descriptors leaves beside `agents` with their pipes, logs
 * and gits, the store and our own files.
 */
export function connectionsAtMost({ descriptors, agents }: { descriptors: number | null; agents: number }): number {
  const reserved = 128 + 16 * agents;
  return Math.max(16, Math.min(4_096, (descriptors ?? 1_024) - reserved));
}

export class Connections {
  readonly #options: Required<ConnectionsOptions>;
  readonly #serve: ServeConnection;
  readonly #listener: Deno.TcpListener;
  readonly #accepting: Promise<void>;
  readonly #all = new Set<Connection>();
  /** Those without a request, the one that has been so longest first. */
  readonly #idle = new Set<Connection>();
  /** Those that are sending a body, in the same order. */
  readonly #sending = new Set<Connection>();
  readonly #refused: (words: string) => void;
  #isClosing = false;
  #warnedAt = -Infinity;

  /** Listens at once; throws what `Deno.listen` throws. */
  constructor(options: ConnectionsOptions) {
    this.#options = { headWithinMs: 30_000, ...options };
    this.#refused = refusals((message) => options.warn(message, null));
    this.#serve = serveConnection()!;
    this.#listener = Deno.listen({ hostname: options.hostname, port: options.port });
    this.#accepting = this.#acceptAll();
  }

  get port(): number {
    return this.#listener.addr.port;
  }

  /** How many there are. */
  get count(): number {
    return this.#all.size;
  }

  /** Takes no more, closes those that are idle, and resolves when the others have their answers. */
  async shutdown(): Promise<void> {
    if (this.#isClosing) return await this.#accepting;
    this.#isClosing = true;
    this.#listener.close();
    while (this.#closeLongestIdle());
    await Promise.all([...this.#all].map(({ server }) => server.shutdown().catch(() => {})));
    await this.#accepting;
  }

  async #acceptAll(): Promise<void> {
    while (!this.#isClosing) {
      try {
        this.#take(await this.#listener.accept());
      } catch (error) {
        if (this.#isClosing) return;
        if (performance.now() - this.#warnedAt > warnEveryMs) {
          this.#warnedAt = performance.now();
          this.#options.warn(`Cannot take a connection, with ${this.#all.size} open`, error);
        }
        this.#closeLongestIdle();
        await delay(acceptAgainMs);
      }
    }
  }

  #take(accepted: Deno.TcpConn): void {
    const { atMost, headWithinMs, onError } = this.#options;
    if (this.#all.size >= atMost && !this.#makeRoom(atMost)) return accepted.close();
    try {
      accepted.setNoDelay();
    } catch { /* the client has left; that shows below */ }
    const abort = new AbortController();
    const headTimer = setTimeout(() => abort.abort(), headWithinMs);
    const handler: Parameters<ServeConnection>[2] = (request, info) => {
      clearTimeout(headTimer);
      this.#begin(connection, info);
      return this.#options.handler(request, {
        remoteAddr: info.remoteAddr,
        awaitsClient: () => this.#awaitBody(connection),
      });
    };
    const server = this.#serve(accepted, abort.signal, handler, onError, () => {});
    const connection: Connection = { busy: 0, abort, server };
    this.#all.add(connection);
    this.#idle.add(connection);
    const gone = () => {
      clearTimeout(headTimer);
      this.#all.delete(connection);
      this.#idle.delete(connection);
      this.#sending.delete(connection);
    };
    server.finished.then(gone, () => {
      gone();
      // The client left in the middle of an answer: only this gives back what Deno holds for the connection.
      server.shutdown().catch(() => {});
    });
  }

  #begin(connection: Connection, { completed }: Deno.ServeHandlerInfo): void {
    connection.busy++;
    this.#idle.delete(connection);
    const answered = () => {
      connection.busy--;
      if (connection.busy === 0 && this.#all.has(connection)) this.#idle.add(connection);
    };
    // Rejects when the client left before it had all.
    completed.then(answered, answered);
  }

  #awaitBody(connection: Connection): Disposable {
    this.#sending.add(connection);
    return { [Symbol.dispose]: () => void this.#sending.delete(connection) };
  }

  /** For a new connection; false when all are at work. */
  #makeRoom(atMost: number): boolean {
    const all = `All ${atMost.toLocaleString("en-US")} connections are in use`;
    if (this.#closeLongestIdle()) this.#refused(`${all}: the one that has been idle longest is closed for a new one`);
    else if (this.#closeFirst(this.#sending)) {
      this.#refused(`${all}: one that sends its body slowly is closed for a new one`);
    } else {
      this.#refused(`${all} and at work: a new one is closed`);
      return false;
    }
    return true;
  }

  /** False when all are at work. */
  #closeLongestIdle(): boolean {
    return this.#closeFirst(this.#idle);
  }

  #closeFirst(connections: Set<Connection>): boolean {
    const [first] = connections;
    if (!first) return false;
    // Counted out at once: that it has ended is told later.
    connections.delete(first);
    this.#all.delete(first);
    first.abort.abort();
    return true;
  }
}
