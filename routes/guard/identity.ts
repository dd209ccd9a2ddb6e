// Who sent a call by a token with a scope, and whether it would be let through still, from the guard to the routes.

import type { Context } from "hono";
import type { TokenIdentity } from "../../core/domain/access_token.ts";

const variable = "tokenIdentity";

export function rememberIdentity(c: Context, identity: TokenIdentity): void {
  c.set(variable, identity);
}

/** What a call was let through by: tokens are revoked and replaced while a stream lasts. */
export interface Admission {
  /** The same for all calls that came by the same. */
  by: string;
  /** Whether it opens the door still. */
  holds(): Promise<boolean>;
}

const admissionVariable = "admission";

export function rememberAdmission(c: Context, admission: Admission): void {
  c.set(admissionVariable, admission);
}

/** Null: there was no guard. */
export function admissionOf(c: Context): Admission | null {
  return c.get(admissionVariable) ?? null;
}

/** Null: it was the service's own token, or none is asked for. */
export function identityOf(c: Context): TokenIdentity | null {
  return c.get(variable) ?? null;
}
