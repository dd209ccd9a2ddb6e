// Where each repository's exchange is: as the operator's file says, else as CODER_EXCHANGE does. A repository does not say it
// itself: what is pushed somewhere is the operator's to decide.

import type { ExchangeUrls } from "../git/git_exchange.ts";
import type { ExchangeSettings } from "./project_settings.ts";

/**
 * As they were at the last look, which counts an operator's file from the moment it is saved. It never rejects: what cannot be
 * read stays as it was.
 */
export function exchangeUrls(
  { repos, projects, warn }: {
    /** Their names now. */
    repos: () => Iterable<string>;
    projects: ExchangeSettings;
    warn: (message: string, error: unknown) => void;
  },
): ExchangeUrls {
  let current: ReadonlyMap<string, string> = new Map();

  async function urlOf(repo: string): Promise<[string, string] | null> {
    try {
      const url = await projects.exchange(repo);
      return url === null ? null : [repo, url];
    } catch (error) {
      warn(`Cannot see where the exchange of repository ${repo} is`, error);
      const before = current.get(repo);
      return before === undefined ? null : [repo, before];
    }
  }

  return {
    get current() {
      return current;
    },
    async look() {
      const found = (await Promise.all([...repos()].map(urlOf))).filter((one) => one !== null);
      // The same map for the same answer: whoever goes by it compares.
      if (JSON.stringify(found) !== JSON.stringify([...current])) current = new Map(found);
    },
  };
}
