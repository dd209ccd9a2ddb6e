// A token with a scope as the API shows it.

import type { Scope } from "../domain/access_token.ts";

export interface AccessTokenView {
  name: string;
  scope: Scope;
  created_at: string;
  /** Who asked for it: `cli`, `ui`, `api`. */
  created_by: string;
}

/** The one answer that has the token itself. */
export interface NewAccessToken extends AccessTokenView {
  token: string;
}
