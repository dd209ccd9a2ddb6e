// Who asks from outside, as it stands in `by` of the events that follow from it. Pure.

import { tokenNamePattern } from "./access_token.ts";

/** `api`: any program. `ui`: the pages. `cli`: the command line. `mcp`: an agent's tools. What each says of itself. */
export const clients = ["api", "ui", "cli", "mcp"] as const;
export type Client = typeof clients[number];

const tokenPrefix = "token:";

/** Who sent a call with a token of a name. */
export function byToken(name: string): string {
  return tokenPrefix + name;
}

export function isByToken(by: string): boolean {
  return by.startsWith(tokenPrefix) && tokenNamePattern.test(by.slice(tokenPrefix.length));
}

/** Whether a person or a program asked for it, rather than the service itself. */
export function isAsked(by: string | undefined): boolean {
  return by !== undefined && ((clients as readonly string[]).includes(by) || isByToken(by));
}
