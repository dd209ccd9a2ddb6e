// Guessing is made slow: an address that sent many different wrong tokens within a minute waits for each "no" in the rest of
// it, and then is told to come back later. The same wrong one again and again counts once, so that a page or a script with
// an old token is not slowed. Only a "no" is slow: whoever has the right token is let in before anybody asks here.

import { delay } from "@std/async";

export interface WrongTokens {
  add(address: string, wrong: string): Promise<void>;
  /** Seconds until the address may try again; 0: now. Resolves later when it must wait. */
  slowDown(address: string): Promise<number>;
}

export interface WrongTokensOptions {
  /** Different wrong tokens within a minute that are answered at once. */
  atMost?: number;
  /** How long a "no" is held back after that, in ms. */
  holdMs?: number;
  now?: () => number;
}

const windowMs = 60_000;
const addressesAtMost = 10_000;
/** Each that is held back keeps a connection, and those are counted too: more are told at once. */
const heldAtMost = 64;

export function wrongTokens(
  { atMost = 20, holdMs = 1_000, now = () => performance.now() }: WrongTokensOptions = {},
): WrongTokens {
  /** Per address since when, and digests of what was tried since. */
  const tried = new Map<string, { since: number; digests: Set<string> }>();
  let held = 0;

  function entryOf(address: string): { since: number; digests: Set<string> } | undefined {
    const entry = tried.get(address);
    if (!entry || now() - entry.since < windowMs) return entry;
    tried.delete(address);
    return undefined;
  }

  return {
    async add(address, wrong) {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(wrong))).toHex();
      let entry = entryOf(address);
      if (!entry) {
        // The one that has been here longest goes first.
        if (tried.size >= addressesAtMost) tried.delete(tried.keys().next().value!);
        entry = { since: now(), digests: new Set() };
        tried.set(address, entry);
      }
      if (entry.digests.size <= atMost) entry.digests.add(digest);
    },
    async slowDown(address) {
      const entry = entryOf(address);
      if (!entry || entry.digests.size <= atMost) return 0;
      if (held < heldAtMost) {
        held++;
        await delay(holdMs).finally(() => held--);
      }
      return Math.max(1, Math.ceil((entry.since + windowMs - now()) / 1_000));
    },
  };
}
