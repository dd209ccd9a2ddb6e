// Tokens that open a part of the API, for programs and people besides the service's own user: each has a name, which stands in
// the events that follow from it, and a scope. Pure.

/** What a token permits: each scope all that those before it do. */
export const scopes = [
  /** To read everything. */
  "read",
  /** And to submit tasks. */
  "submit",
  /** And every command: cancel, approve, land, drain. Only tokens themselves are not its to make or revoke. */
  "operate",
] as const;
export type Scope = typeof scopes[number];

/** Who sent a call by such a token. */
export interface TokenIdentity {
  name: string;
  scope: Scope;
}

export function permits(given: Scope, needed: Scope): boolean {
  return scopes.indexOf(given) >= scopes.indexOf(needed);
}

export const tokenNamePattern = /^[a-z0-9][a-z0-9-]{0,31}$/;

const tokenForm = /^coder_([a-z0-9][a-z0-9-]{0,31})_([0-9a-f]{64})$/;

/** The token as it is sent; secret scanners know it by its form. `secret`: 64 hexadecimal digits. */
export function tokenText(name: string, secret: string): string {
  return `coder_${name}_${secret}`;
}

/** The name of a token of this form; null for any other text, such as the service's own token. */
export function nameInToken(text: string): string | null {
  return tokenForm.exec(text)?.[1] ?? null;
}
