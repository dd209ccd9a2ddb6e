// Who may call. Bound to loopback, any local user may; the browser is the danger there: a page of another site must not
// reach us, neither by its own requests nor by a name that suddenly resolves to this machine (DNS rebinding).

import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { secureHeaders } from "hono/secure-headers";
import { createHash, timingSafeEqual } from "node:crypto";
import { problemResponse } from "../api/error_response.ts";
import { signedPaths } from "./signed_paths.ts";
import { nameInToken, type TokenIdentity } from "../../core/domain/access_token.ts";
import { rememberAdmission, rememberIdentity } from "./identity.ts";
import { refusalOf } from "./scopes.ts";
import { type WrongTokens, wrongTokens } from "./wrong_tokens.ts";

/** The token that is asked for: fixed, or read anew because it can be replaced meanwhile. Null: none. */
export type Token = string | null | (() => Promise<string | null>);

export interface GuardOptions {
  /** Host names, without port, that this server answers to. */
  hosts: ReadonlySet<string>;
  /** Whether any IP address will do as a host: bound beyond loopback we are reached by addresses we do not know. */
  anyAddress: boolean;
  /** The origin at which a proxy serves this: pages of it are ours, whatever host the proxy asks us for. */
  publicOrigin: string | null;
  token: Token;
  /** Who has a token with a scope; null: it is none. Absent: there are none. */
  identify?(token: string): Promise<TokenIdentity | null>;
}

export const sessionCookie = "coder_session";

const open = new Set(["/healthz", "/livez", "/readyz", "/login", "/logout", ...signedPaths]);

/** Whether only programs of this machine reach a server that is bound to `host`. */
export function isLoopback(host: string): boolean {
  return host === "localhost" || host === "::1" || /^127(\.\d{1,3}){3}$/.test(host);
}

/**
 * Who may call a server bound to `host` on the machine `hostname`. It answers to loopback's own names, its address, those of the
 * URLs at which it is reached, and the machine's names when beyond loopback. There any IP address will do as well, since an
 * address cannot be rebound to another machine. Bound to loopback nobody has a reason to call us by a foreign one: it is a
 * page that tries `0.0.0.0`, or a forwarder that nobody named to us, and to which a token should be asked for.
 */
export function guardOptions({ host, hostname, publicUrl, workerUrl, token }: {
  host: string;
  hostname: string;
  publicUrl: string | null;
  workerUrl: string | null;
  token: Token;
}): GuardOptions {
  const names = ["localhost", "127.0.0.1", "[::1]", host.includes(":") ? `[${host}]` : host];
  for (const url of [publicUrl, workerUrl]) if (url !== null) names.push(new URL(url).hostname);
  if (!isLoopback(host)) names.push(hostname, `${hostname}.local`);
  const hosts = new Set(names.map((name) => name.toLowerCase()));
  return { hosts, anyAddress: !isLoopback(host), publicOrigin: publicUrl, token };
}

export async function readToken(token: Token): Promise<string | null> {
  return typeof token === "function" ? await token() : token;
}

/** Host, Origin and Fetch-Metadata checks, and the token: answers what is refused, and lets all else through. */
export function guard(options: GuardOptions): MiddlewareHandler {
  const wrong = wrongTokens();
  return async (c, next) => {
    const refusal = refuseStranger(c, options) ?? await refuseByToken(c, options, wrong);
    return refusal ?? await next();
  };
}

/** The headers that every answer carries, refusals as well. What a page says for itself (its policy) is kept. */
export function answerHeaders(): MiddlewareHandler {
  return secureHeaders({
    overwrite: false,
    contentSecurityPolicy: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] },
    xFrameOptions: "DENY",
    // What a page may never ask the browser for.
    permissionsPolicy: {
      camera: false,
      displayCapture: false,
      geolocation: false,
      microphone: false,
      midi: false,
      payment: false,
      serial: false,
      usb: false,
    },
    // Whether there is TLS is for the proxy in front to know; the others tell browsers of another age, or nothing.
    strictTransportSecurity: false,
    originAgentCluster: false,
    xDnsPrefetchControl: false,
    xDownloadOptions: false,
    xPermittedCrossDomainPolicies: false,
    xXssProtection: false,
  });
}

function refuseStranger(c: Context, { hosts, anyAddress, publicOrigin }: GuardOptions): Response | null {
  const host = (c.req.header("host") ?? "").toLowerCase();
  if (!hosts.has(nameOf(host)) && !(anyAddress && isAddress(nameOf(host)))) {
    return problemResponse(421, `This server does not answer to the host name "${nameOf(host).slice(0, 100)}"`);
  }
  const origin = c.req.header("origin");
  const isOurs = origin === undefined || isOwn(origin, host) || origin === publicOrigin;
  const isForeign = !isOurs || (comesFromElsewhere(c) && !isVisit(c));
  return isForeign ? problemResponse(403, "Requests from pages of another origin are refused") : null;
}

function comesFromElsewhere(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  return site !== undefined && site !== "same-origin" && site !== "none";
}

/** A link on another site may lead to a page of ours: it opens in the reader's own tab and tells the other site nothing. */
function isVisit(c: Context): boolean {
  return c.req.method === "GET" && c.req.header("sec-fetch-mode") === "navigate" &&
    c.req.header("sec-fetch-dest") === "document" && (!c.req.path.startsWith("/api/") || c.req.path === "/api/docs");
}

function isAddress(name: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || /^\[[0-9a-f:.]+\]$/.test(name);
}

function isOwn(origin: string, host: string): boolean {
  return URL.parse(origin)?.host === host;
}

/** A `Host` header without its port; IPv6 keeps its brackets. */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, "");
}

async function refuseByToken(c: Context, options: GuardOptions, wrong: WrongTokens): Promise<Response | null> {
  if (open.has(c.req.path) || c.req.path.startsWith("/assets/")) return null;
  const bearer = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  const session = getCookie(c, sessionCookie);
  const admitted = await admit({ bearer, session }, options);
  if (admitted === null) return await refuseUnknown(c, bearer ?? session, wrong);
  if (admitted.identity) {
    const refusal = refusalOf(admitted.identity, c.req);
    if (refusal !== null) return problemResponse(403, refusal);
    rememberIdentity(c, admitted.identity);
  }
  const holds = async () => await admit({ bearer, session }, options) !== null;
  rememberAdmission(c, { by: JSON.stringify([bearer, session]), holds });
  return null;
}

/** Whose a call is: of a token with a scope, or (null) of the service's own, where one is asked for. Null: of nobody's. */
async function admit(
  { bearer, session }: { bearer: string | undefined; session: string | undefined },
  { token: asked, identify }: Pick<GuardOptions, "token" | "identify">,
): Promise<{ identity: TokenIdentity | null } | null> {
  const token = await readToken(asked);
  if (bearer !== undefined) {
    if (token !== null && sameSecret(bearer, token)) return { identity: null };
    // Also where no token is asked for: one with a scope opens no more than that, and one that was revoked nothing.
    if (nameInToken(bearer) !== null) {
      const identity = await identify?.(bearer) ?? null;
      return identity && { identity };
    }
  }
  if (token === null) return { identity: null };
  const isSession = session !== undefined && sameSecret(session, await sessionOf(token));
  return isSession ? { identity: null } : null;
}

/** `tried`: a wrong token or session. */
async function refuseUnknown(c: Context, tried: string | undefined, wrong: WrongTokens): Promise<Response> {
  // The right one is in by now, whoever else guesses from its address: behind a proxy everybody has the same.
  if (tried !== undefined) {
    await wrong.add(addressOf(c), tried);
    const seconds = await wrong.slowDown(addressOf(c));
    if (seconds > 0) {
      const response = problemResponse(429, "Too many wrong tokens from this address: wait a minute, then try again");
      response.headers.set("retry-after", String(seconds));
      return response;
    }
  }
  if (c.req.method === "GET" && c.req.header("accept")?.includes("text/html")) {
    const { pathname, search } = new URL(c.req.url);
    return c.redirect(pathname === "/" ? "/login" : `/login?next=${encodeURIComponent(pathname + search)}`, 303);
  }
  const response = problemResponse(401, "Send the token as `Authorization: Bearer ...`, or log in at /login");
  response.headers.set("www-authenticate", "Bearer");
  return response;
}

/** Who is on the other end of the connection; empty where it is not known (`app.request()`). */
function addressOf(c: Context): string {
  const { remoteAddr } = (c.env ?? {}) as { remoteAddr?: Deno.Addr };
  return remoteAddr && "hostname" in remoteAddr ? remoteAddr.hostname : "";
}

/** What the cookie holds instead of the token itself. */
export async function sessionOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`personal-coder session ${token}`));
  return new Uint8Array(digest).toHex();
}

/** Compares digests, so that neither the length nor the first differing character shows in the time it takes. */
export function sameSecret(a: string, b: string): boolean {
  const [left, right] = [a, b].map((text) => createHash("sha256").update(text).digest());
  return timingSafeEqual(left!, right!);
}
