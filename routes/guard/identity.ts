// Who sent a call by a token with a scope, from the guard to the routes.

import type { Context } from "hono";
import type { TokenIdentity } from "../../core/domain/access_token.ts";

const variable = "tokenIdentity";

export function rememberIdentity(c: Context, identity: TokenIdentity): void {
  c.set(variable, identity);
}

/** Null: it was the service's own token, or none is asked for. */
export function identityOf(c: Context): TokenIdentity | null {
  return c.get(variable) ?? null;
}
