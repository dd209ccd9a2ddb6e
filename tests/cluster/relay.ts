// What may stand between a worker and its store: passes bytes on, until it is told to refuse, to fall silent, or to lose what
// the server answers.

/**
 * `open` passes bytes on. `refused`: connections are reset and new ones refused. `half-open`: what a worker sends arrives, and no
 * answer comes back. `black hole`: nothing arrives in either direction, on old and new connections; no end and no reset.
 */
export type Passage = "open" | "refused" | "half-open" | "black hole";

export interface Relay extends AsyncDisposable {
  url: string;
  port: number;
  /** Requests that have begun to pass since the last call. */
  requests(): number;
  set(passage: Passage): void;
  /** From now on nothing passes through connections that were made before; new ones work. */
  swallow(): void;
}

interface Pair {
  near: Deno.TcpConn;
  far: Deno.TcpConn;
  isSilent: boolean;
}

/** Listens on loopback, in front of `port`. */
export function startRelay(port: number): Relay {
  let listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const own = listener.addr.port;
  const pairs = new Set<Pair>();
  let passage: Passage = "open";
  let requests = 0;
  let accepting = accept(listener);

  async function accept(listener: Deno.TcpListener): Promise<void> {
    try {
      for await (const near of listener) {
        const far = await Deno.connect({ hostname: "127.0.0.1", port }).catch(() => null);
        if (far === null) {
          end(near);
          continue;
        }
        const pair = { near, far, isSilent: false };
        pairs.add(pair);
        void Promise.all([pass(pair, "there"), pass(pair, "back")]).finally(() => pairs.delete(pair));
      }
    } catch { /* it is closed */ }
  }

  async function pass(pair: Pair, way: "there" | "back"): Promise<void> {
    const [from, to] = way === "there" ? [pair.near, pair.far] : [pair.far, pair.near];
    const bytes = new Uint8Array(65_536);
    const counted = new RequestCount();
    try {
      for (let count = await from.read(bytes); count !== null; count = await from.read(bytes)) {
        if (way === "there") requests += counted.in(bytes.subarray(0, count));
        const isLost = pair.isSilent || passage === "black hole" || (passage === "half-open" && way === "back");
        // What was lost once makes the rest of a connection useless.
        if (isLost) pair.isSilent = true;
        else for (let at = 0; at < count;) at += await to.write(bytes.subarray(at, count));
      }
    } catch { /* one of them has gone */ }
    // A silent one does not tell that the other side has ended it.
    if (pair.isSilent) return;
    end(pair.near);
    end(pair.far);
  }

  function endAll(): void {
    for (const { near, far } of pairs) for (const one of [near, far]) end(one);
    pairs.clear();
  }

  return {
    url: `http://127.0.0.1:${own}`,
    port: own,
    requests() {
      const counted = requests;
      requests = 0;
      return counted;
    },
    set(next) {
      const before = passage;
      passage = next;
      if (next === "refused") {
        listener.close();
        endAll();
      } else if (before === "refused") {
        listener = Deno.listen({ hostname: "127.0.0.1", port: own });
        accepting = accept(listener);
      }
    },
    swallow: () => pairs.forEach((pair) => pair.isSilent = true),
    async [Symbol.asyncDispose]() {
      if (passage !== "refused") listener.close();
      await accepting;
      endAll();
    },
  };
}

/** "PRI * HTTP/2.0..." (RFC 9113, section 3.4): Deno speaks HTTP/2 to a server without TLS, too. */
const prefaceBytes = 24;
const frameHeadBytes = 9;
const headersType = 1;

/** Counts the requests in what a client sends on one connection: each begins with one HEADERS frame. */
class RequestCount {
  /** Bytes until the next frame begins. */
  #skip = prefaceBytes;
  #head: number[] = [];

  in(bytes: Uint8Array): number {
    let count = 0;
    for (let at = 0; at < bytes.length;) {
      if (this.#skip > 0) {
        const skipped = Math.min(this.#skip, bytes.length - at);
        this.#skip -= skipped;
        at += skipped;
        continue;
      }
      this.#head.push(bytes[at++]!);
      if (this.#head.length < frameHeadBytes) continue;
      const [high, middle, low, type] = this.#head as [number, number, number, number];
      this.#skip = high * 65_536 + middle * 256 + low;
      this.#head = [];
      if (type === headersType) count++;
    }
    return count;
  }
}

function end(connection: Deno.TcpConn): void {
  try {
    connection.close();
  } catch { /* it is closed */ }
}
