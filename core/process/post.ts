// POST to the receivers of messages: to the hosts that the operator names, and where these lead. No redirect is followed, and
// of an answer only its status counts.
//
// What a name leads to is looked at on the connection itself, before a byte is sent: a name that leads elsewhere a moment
// later changes nothing.

import { type IncomingHttpHeaders, request as httpRequest } from "node:http";
import { BlockList, connect as connectPlain, isIPv6, type Socket } from "node:net";
import { connect as connectSecure } from "node:tls";
import { messageOf } from "../domain/error.ts";
import { hostOf, portOf, type WebhookHost } from "../domain/webhook_hosts.ts";

export interface PostRequest {
  url: string;
  headers: Record<string, string>;
  body: string;
}

export interface PostAnswer {
  /** Of HTTP; null: there was no answer. */
  status: number | null;
  /** What the receiver asks to wait before the next try, in seconds. */
  retryAfterSeconds: number | null;
  /** Why there was no answer. */
  error: string | null;
}

export interface Poster {
  /** Why nothing may be sent to that address, and what to do; null: it may. */
  obstacle(url: string): string | null;
  /** Never rejects, but with the signal's reason. */
  post(request: PostRequest, options: { signal: AbortSignal }): Promise<PostAnswer>;
}

/** As the specification of Standard Webhooks recommends: 15 to 30 s. */
const withinMs = 20_000;
const retryAfterAtMost = 86_400;
/** Where a limit is reached and nothing says for how long. */
const limitedForUnsaid = 60;

const privateRanges = new BlockList();
for (
  const [address, bits] of [
    ...[["0.0.0.0", 8], ["10.0.0.0", 8], ["100.64.0.0", 10], ["127.0.0.0", 8], ["169.254.0.0", 16]] as const,
    ...[["172.16.0.0", 12], ["192.0.0.0", 24], ["192.168.0.0", 16], ["198.18.0.0", 15], ["224.0.0.0", 3]] as const,
    // Metadata services of clouds that are at none of these.
    ...[["168.63.129.16", 32]] as const,
    ...[["::", 127], ["64:ff9b::", 96], ["fc00::", 7], ["fe80::", 10], ["ff00::", 8]] as const,
  ]
) privateRanges.addSubnet(address, bits, isIPv6(address) ? "ipv6" : "ipv4");

/** Whether an address is this machine's, a private network's, or nobody's. */
export function isPrivateAddress(address: string): boolean {
  return privateRanges.check(address, isIPv6(address) ? "ipv6" : "ipv4");
}

/** Posts to `hosts` alone. `ca`: a certificate to trust besides, for tests. */
export function poster(hosts: readonly WebhookHost[], { ca }: { ca?: string } = {}): Poster {
  function obstacle(text: string): string | null {
    const url = URL.parse(text);
    if (!url || !/^https?:$/.test(url.protocol)) return "It must be an http or https address";
    if (hostOf(hosts, url)) return null;
    return `Nothing may be sent to ${url.host} from here: add ${url.host} to CODER_WEBHOOK_HOSTS and start again`;
  }

  async function send({ url: text, headers, body }: PostRequest, signal: AbortSignal): Promise<PostAnswer> {
    const url = new URL(text);
    const isAllowed = (address: string) => hostOf(hosts, url)!.isPrivate || !isPrivateAddress(address);
    const socket = await connect(url, { isAllowed, ca, signal });
    try {
      return await ask(socket, { url, headers, body, signal });
    } finally {
      socket.destroy();
    }
  }

  return {
    obstacle,
    async post(request, { signal }) {
      const refused = obstacle(request.url);
      if (refused !== null) return failed(refused);
      const timeout = AbortSignal.timeout(withinMs);
      try {
        return await send(request, AbortSignal.any([signal, timeout]));
      } catch (error) {
        signal.throwIfAborted();
        return failed(timeout.aborted ? `No answer within ${withinMs / 1_000} s` : messageOf(error));
      }
    },
  };
}

function failed(error: string): PostAnswer {
  return { status: null, retryAfterSeconds: null, error };
}

interface Connecting {
  isAllowed(address: string): boolean;
  ca: string | undefined;
  signal: AbortSignal;
}

/** A connection to where the name leads, if that is allowed; over TLS for https. */
async function connect(url: URL, { isAllowed, ca, signal }: Connecting): Promise<Socket> {
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const plain = connectPlain({ host, port: portOf(url) });
  try {
    await once(plain, "connect", signal);
    const address = plain.remoteAddress ?? "";
    if (!isAllowed(address)) {
      throw new Error(
        `${host} leads to ${address}, which is of a private network: allow that with ${url.host}=private in ` +
          "CODER_WEBHOOK_HOSTS",
      );
    }
    if (url.protocol === "http:") return plain;
    const secure = connectSecure({ socket: plain, servername: host, ca });
    await once(secure, "secureConnect", signal);
    return secure;
  } catch (error) {
    plain.destroy();
    throw error;
  }
}

async function ask(
  socket: Socket,
  { url, headers, body, signal }: Omit<PostRequest, "url"> & { url: URL; signal: AbortSignal },
): Promise<PostAnswer> {
  const bytes = new TextEncoder().encode(body);
  const request = httpRequest({
    createConnection: () => socket,
    method: "POST",
    path: `${url.pathname}${url.search}`,
    headers: { ...headers, host: url.host, "content-length": bytes.length, connection: "close" },
  });
  const { promise, resolve, reject } = Promise.withResolvers<PostAnswer>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  request.once("error", reject);
  request.once("response", (response) => {
    // What it says is for nobody.
    response.once("error", () => {}).resume();
    resolve({
      status: response.statusCode ?? null,
      retryAfterSeconds: retryAfter(response.headers["retry-after"]) ?? limitedFor(response.headers),
      error: null,
    });
  });
  request.end(bytes);
  try {
    return await promise;
  } finally {
    signal.removeEventListener("abort", abort);
    request.destroy();
  }
}

/** Seconds, a day at most; a date, which nobody sends here, counts as nothing. */
function retryAfter(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,9}$/.test(value) ? Math.min(Number(value), retryAfterAtMost) : null;
}

/**
 * Seconds until there is something left of a limit; null: there is now, or nothing is said of one. Source:
 * https://docs.github.com/rest/using-the-rest-api/rate-limits-for-the-rest-api.
 */
function limitedFor({ "x-ratelimit-remaining": left, "x-ratelimit-reset": reset }: IncomingHttpHeaders): number | null {
  if (left !== "0") return null;
  const seconds = Math.ceil(Number(reset) - Date.now() / 1_000);
  return Number.isNaN(seconds) ? limitedForUnsaid : Math.min(Math.max(seconds, 1), retryAfterAtMost);
}

function once(socket: Socket, event: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  const abort = () => reject(signal.reason);
  signal.addEventListener("abort", abort, { once: true });
  socket.once(event, () => resolve());
  // It stays: an error that comes later, when nobody waits, must not end the process.
  socket.on("error", reject);
  return promise.finally(() => signal.removeEventListener("abort", abort));
}
