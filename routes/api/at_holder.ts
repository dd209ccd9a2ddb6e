// Questions about what a task has on a disk are answered at every worker's door: what another worker has is asked of its own API
// with the token that all share.

import type { Context, MiddlewareHandler } from "hono";
import type { Service } from "../../core/engine/service/service.ts";
import { byToken, isByToken } from "../../core/domain/caller.ts";
import { identityOf } from "../guard/identity.ts";
import { readToken, type Token } from "../guard/guard.ts";

/** Says that a worker asks for somebody else, and must be answered from what is here. */
const askedFor = "x-coder-asked-for";
/** Who asked at that worker's door, where it was by a token with a scope. */
const askedBy = "x-coder-asked-by";
const answerMs = 30_000;

/** What of an answer is passed on. */
const passedOn = [
  "content-type",
  "content-disposition",
  "content-security-policy",
  "diff-from",
  "diff-to",
  "log-bytes",
  "etag",
];

/**
 * `exchangeFirst`: what the exchange of the repository has is as good as the worktree. `asks`: whether a call is about what is
 * on a disk at all. What cannot be asked is left to the routes
 * behind it, which do what can be done here, or say who has it.
 */
export function atHolder(
  service: Service,
  { token, exchangeFirst = false, asks = () => true }: {
    token: Token;
    exchangeFirst?: boolean;
    asks?(c: Context): boolean;
  },
): MiddlewareHandler {
  return async (c, next) => {
    const id = Number(c.req.param("id"));
    if (!Number.isSafeInteger(id) || id < 1 || c.req.header(askedFor) !== undefined || !asks(c)) return await next();
    const where = await service.whereabouts(id);
    if (where.kind === "here" || where.url === null || (exchangeFirst && where.exchanged)) return await next();
    const answer = await ask(c, where.url, await readToken(token));
    if (!answer) return await next();
    return answer;
  };
}

/** Who asked at another worker's door, as that one knows it; null: this one is asked itself, or it was with no such token. */
export function askerOf(c: Context): string | null {
  const by = c.req.header(askedBy);
  return c.req.header(askedFor) !== undefined && by !== undefined && isByToken(by) ? by : null;
}

/** The answer of another worker; null when it gives none. */
async function ask(c: Context, url: string, token: string | null): Promise<Response | null> {
  const { pathname, search } = new URL(c.req.url);
  const { method } = c.req;
  const headers = new Headers({ [askedFor]: "1" });
  for (const name of ["content-type", "x-coder-client"]) {
    const value = c.req.header(name);
    if (value !== undefined) headers.set(name, value);
  }
  const identity = identityOf(c);
  if (identity) headers.set(askedBy, byToken(identity.name));
  if (token !== null) headers.set("authorization", `Bearer ${token}`);
  const body = method === "GET" || method === "HEAD" ? undefined : await c.req.text();
  try {
    const waiting = new AbortController();
    const timer = setTimeout(() => waiting.abort(), answerMs);
    const answer = await fetch(new URL(pathname + search, url), {
      ...{ method, headers, body, redirect: "error", signal: waiting.signal },
    }).finally(() => clearTimeout(timer));
    // That worker's own trouble with this one says nothing of the task.
    if (answer.status === 401 || answer.status === 403 || answer.status === 421) {
      await answer.body?.cancel();
      return null;
    }
    const passed = new Headers({ "cache-control": "no-store" });
    for (const name of passedOn) {
      const value = answer.headers.get(name);
      if (value !== null) passed.set(name, value);
    }
    return new Response(answer.body, { status: answer.status, headers: passed });
  } catch {
    return null;
  }
}
