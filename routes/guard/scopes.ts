// What a call needs of the token that it is sent with. Pure.

import { permits, type Scope, type TokenIdentity } from "../../core/domain/access_token.ts";

/** `owner`: the service's own token, or that none is asked for. */
export type Needed = Scope | "owner";

/** A call that is not named here needs `operate`, so that a new one is not open by mistake. */
export function neededFor(method: string, path: string): Needed {
  // Who could make tokens would outlive its own.
  if (path === "/api/tokens" || path.startsWith("/api/tokens/")) return "owner";
  if (method === "GET" || method === "HEAD") return "read";
  if (method === "POST" && path === "/api/tasks") return "submit";
  // Its tools call the API, each with the token that they came with.
  return method === "POST" && path === "/mcp" ? "read" : "operate";
}

/** Why a token does not do for a call, in a sentence; null: it does. */
export function refusalOf(
  { name, scope }: TokenIdentity,
  { method, path }: { method: string; path: string },
): string | null {
  const needed = neededFor(method, path);
  if (needed !== "owner" && permits(scope, needed)) return null;
  return `The token ${name} has the scope ${scope}; this needs ${
    needed === "owner" ? "the service's own token" : `the scope ${needed}`
  }`;
}
