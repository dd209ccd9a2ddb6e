// Who may call. Bound to loopback, any local user may; the browser is the danger there: a page of another site must not
// reach us, neither by its own requests nor by a name that suddenly resolves to this machine (DNS rebinding).

import type { Context, MiddlewareHandler } from "hono";
import { getCookie } from "hono/cookie";
import { problemResponse } from "./error_response.ts";
import { limits } from "./schemas.ts";

export interface GuardOptions {
  /** Host names, without port, that this server answers to. */
  hosts: ReadonlySet<string>;
  /** Null: no token is asked for. */
  token: string | null;
}

export const sessionCookie = "coder_session";

const safeMethods = new Set(["GET", "HEAD", "OPTIONS"]);
const open = new Set(["/healthz", "/login"]);

/** The names a server bound to `host` answers to: loopback's own, the address, and the machine's name when beyond. */
export function allowedHosts(host: string, hostname: string): Set<string> {
  const names = ["localhost", "127.0.0.1", "[::1]", host.includes(":") ? `[${host}]` : host];
  if (!["127.0.0.1", "localhost", "::1"].includes(host)) names.push(hostname, `${hostname}.local`);
  return new Set(names.map((name) => name.toLowerCase()));
}

/** Host, Origin and Fetch-Metadata checks, the token, and the headers every answer carries. */
export function guard({ hosts, token }: GuardOptions): MiddlewareHandler {
  return async (c, next) => {
    const refusal = refuseStranger(c, hosts) ?? await refuseWithoutToken(c, token) ?? refuseBody(c);
    if (refusal) return withHeaders(refusal);
    await next();
    withHeaders(c.res);
  };
}

function withHeaders(response: Response): Response {
  const { headers } = response;
  headers.set("x-content-type-options", "nosniff");
  if (!headers.has("referrer-policy")) headers.set("referrer-policy", "no-referrer");
  headers.set("cross-origin-resource-policy", "same-origin");
  headers.set("x-frame-options", "DENY");
  if (!headers.has("content-security-policy")) {
    headers.set("content-security-policy", "default-src 'none'; frame-ancestors 'none'");
  }
  return response;
}

function refuseStranger(c: Context, hosts: ReadonlySet<string>): Response | null {
  const host = c.req.header("host") ?? "";
  if (!hosts.has(nameOf(host)) && !isAddress(nameOf(host))) {
    return problemResponse(421, `This server does not answer to the host name "${nameOf(host).slice(0, 100)}"`);
  }
  const origin = c.req.header("origin");
  const isForeign = (origin !== undefined && !isOwn(origin, host)) || (comesFromElsewhere(c) && !isVisit(c));
  return isForeign ? problemResponse(403, "Requests from pages of another origin are refused") : null;
}

function comesFromElsewhere(c: Context): boolean {
  const site = c.req.header("sec-fetch-site");
  return site !== undefined && site !== "same-origin" && site !== "none";
}

/** A link on another site may lead to a page of ours: it opens in the reader's own tab and tells the other site nothing. */
function isVisit(c: Context): boolean {
  return c.req.method === "GET" && c.req.header("sec-fetch-mode") === "navigate" &&
    c.req.header("sec-fetch-dest") === "document" && !c.req.path.startsWith("/api/");
}

/** An IP address cannot be rebound, so it is always right; what is reachable by it is decided by where we listen. */
function isAddress(name: string): boolean {
  return /^\d{1,3}(\.\d{1,3}){3}$/.test(name) || /^\[[0-9a-f:.]+\]$/.test(name);
}

function isOwn(origin: string, host: string): boolean {
  return URL.parse(origin)?.host === host;
}

/** A `Host` header without its port; IPv6 keeps its brackets. */
function nameOf(host: string): string {
  return host.replace(/:\d+$/, "").toLowerCase();
}

async function refuseWithoutToken(c: Context, token: string | null): Promise<Response | null> {
  if (token === null || open.has(c.req.path) || c.req.path.startsWith("/assets/")) return null;
  const bearer = /^Bearer (\S+)$/i.exec(c.req.header("authorization") ?? "")?.[1];
  if (bearer !== undefined && await sameSecret(bearer, token)) return null;
  const session = getCookie(c, sessionCookie);
  if (session !== undefined && await sameSecret(session, await sessionOf(token))) return null;
  if (c.req.method === "GET" && c.req.header("accept")?.includes("text/html")) {
    const { pathname, search } = new URL(c.req.url);
    return c.redirect(pathname === "/" ? "/login" : `/login?next=${encodeURIComponent(pathname + search)}`, 303);
  }
  const response = problemResponse(401, "Send the token as `Authorization: Bearer ...`, or log in at /login");
  response.headers.set("www-authenticate", "Bearer");
  return response;
}

/** What the cookie holds instead of the token itself. */
export async function sessionOf(token: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(`personal-coder session ${token}`));
  return new Uint8Array(digest).toHex();
}

/** Compares digests, so that neither the length nor the first differing character shows in the time it takes. */
export async function sameSecret(a: string, b: string): Promise<boolean> {
  const encoder = new TextEncoder();
  const [x, y] = await Promise.all([a, b].map((text) => crypto.subtle.digest("SHA-256", encoder.encode(text))));
  const left = new Uint8Array(x!);
  const right = new Uint8Array(y!);
  let difference = 0;
  for (let index = 0; index < left.length; index++) difference |= left[index]! ^ right[index]!;
  return difference === 0;
}

/** Bodies are JSON of at most 2 MiB; the login form is the one exception. */
function refuseBody(c: Context): Response | null {
  if (safeMethods.has(c.req.method)) return null;
  const length = Number(c.req.header("content-length") ?? "0");
  if (length > limits.body) return problemResponse(413, `The body is larger than ${limits.body} bytes`);
  const hasBody = length > 0 || c.req.header("transfer-encoding") !== undefined;
  const type = (c.req.header("content-type") ?? "").split(";")[0]!.trim().toLowerCase();
  if (hasBody && type !== "application/json" && c.req.path !== "/login") {
    return problemResponse(415, "Send the body as application/json");
  }
  return null;
}
