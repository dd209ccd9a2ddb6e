// What is kept of tokens with a scope: by name, and of the token itself a hash alone. It counts at every worker of the store from
// the moment it is written, since each call reads it.

import type { Scope } from "../domain/access_token.ts";
import { keys } from "./keys.ts";
import type { Kv } from "./kv.ts";
import { explained } from "./steady_commit.ts";

export interface KeptToken {
  scope: Scope;
  /** SHA-256 of the token, in hexadecimal digits. */
  hash: string;
  /** ISO 8601, UTC. */
  created_at: string;
  /** Who asked for it. */
  by: string;
}

export const tokensAtMost = 1_000;

export class AccessTokens {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  async get(name: string): Promise<KeptToken | null> {
    return (await this.#kv.get<KeptToken>(keys.accessToken(name))).value;
  }

  /** All, by name. */
  async all(): Promise<Map<string, KeptToken>> {
    const entries = await this.#kv.page<KeptToken>({ prefix: keys.accessTokens() }, { limit: tokensAtMost });
    return new Map(entries.map(({ key, value }) => [key[1] as string, value]));
  }

  /** False when there is one of that name; it stays as it is. Throws `DomainError("unavailable")` when that is not known. */
  async add(name: string, value: KeptToken): Promise<boolean> {
    const key = keys.accessToken(name);
    return await this.#commit({ checks: [{ key, versionstamp: null }], sets: [{ key, value }], deletes: [] }) !== null;
  }

  async remove(name: string): Promise<void> {
    await this.#commit({ checks: [], sets: [], deletes: [keys.accessToken(name)] });
  }

  async #commit(commit: Parameters<Kv["commit"]>[0]): Promise<string | null> {
    try {
      return await this.#kv.commit(commit);
    } catch (error) {
      throw explained(error);
    }
  }
}
