// Guessing is made slow: an address that sent many different wrong tokens within a minute is not listened to for the rest of
// it. The same wrong one again and again counts once, so that a page or a script with an old token locks nobody out.

export interface WrongTokens {
  /** Seconds until the address may try again; 0: now. */
  secondsLocked(address: string): number;
  add(address: string, wrong: string): Promise<void>;
}

const wrongAtMost = 20;
const windowMs = 60_000;
const addressesAtMost = 10_000;

export function wrongTokens({ now = () => performance.now() }: { now?: () => number } = {}): WrongTokens {
  /** Per address since when, and digests of what was tried since. */
  const tried = new Map<string, { since: number; digests: Set<string> }>();

  function entryOf(address: string): { since: number; digests: Set<string> } | undefined {
    const entry = tried.get(address);
    if (!entry || now() - entry.since < windowMs) return entry;
    tried.delete(address);
    return undefined;
  }

  return {
    secondsLocked(address) {
      const entry = entryOf(address);
      return entry && entry.digests.size >= wrongAtMost ? Math.ceil((entry.since + windowMs - now()) / 1_000) : 0;
    },
    async add(address, wrong) {
      const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(wrong))).toHex();
      let entry = entryOf(address);
      if (!entry) {
        // The one that has been here longest goes first.
        if (tried.size >= addressesAtMost) tried.delete(tried.keys().next().value!);
        entry = { since: now(), digests: new Set() };
        tried.set(address, entry);
      }
      if (entry.digests.size < wrongAtMost) entry.digests.add(digest);
    },
  };
}
