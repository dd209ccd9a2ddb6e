// Tokens with a scope: made, told apart, revoked.

import { Buffer } from "node:buffer";
import { createHash, timingSafeEqual } from "node:crypto";
import { nameInToken, tokenText } from "../../domain/access_token.ts";
import { DomainError } from "../../domain/error.ts";
import type { NewEvent } from "../../domain/event.ts";
import { type KeptToken, tokensAtMost } from "../../kv/access_tokens.ts";
import type { AccessTokenView } from "../../view/access_token_view.ts";
import type { EngineContext } from "../context.ts";
import { handleCommand } from "../handle_command.ts";
import type { Service } from "./service.ts";

export function accessTokens(
  context: EngineContext,
): Pick<Service, "identify" | "accessTokens" | "createAccessToken" | "revokeAccessToken"> {
  const { store: { tokens }, clock, random } = context;

  return {
    async identify(token) {
      const name = nameInToken(token);
      const kept = name === null ? null : await tokens.get(name);
      if (name === null || kept === null) return null;
      return timingSafeEqual(digestOf(token), Buffer.from(kept.hash, "hex")) ? { name, scope: kept.scope } : null;
    },

    async accessTokens() {
      return [...await tokens.all()].map(([name, kept]) => viewOf(name, kept));
    },

    async createAccessToken({ name, scope }, { by }) {
      const before = await tokens.all();
      if (before.has(name)) throw taken(name);
      if (before.size >= tokensAtMost) {
        throw new DomainError("conflict", `There are ${tokensAtMost} tokens: revoke one that is not used any more`);
      }
      // Two random UUIDs: 244 bits that nobody can guess.
      const token = tokenText(name, (random.uuid() + random.uuid()).replaceAll("-", ""));
      const created_at = new Date(clock.now()).toISOString();
      const kept: KeptToken = { scope, hash: digestOf(token).toString("hex"), created_at, by };
      // Told before it counts: no token is used that the log does not know.
      await note({ type: "token.created", data: { name, scope } }, by);
      if (!await tokens.add(name, kept)) throw taken(name);
      return { ...viewOf(name, kept), token };
    },

    async revokeAccessToken(name, { by }) {
      if (await tokens.get(name) === null) throw new DomainError("not_found", `There is no token ${name}`);
      // Told after it counts no more.
      await tokens.remove(name);
      await note({ type: "token.revoked", data: { name } }, by);
    },
  };

  async function note(event: NewEvent, by: string): Promise<void> {
    await handleCommand(context, 0, { type: "note", event }, { by, until: "answered" });
  }
}

function taken(name: string): DomainError {
  return new DomainError("conflict", `There is a token ${name} already: revoke it first, or take another name`);
}

function viewOf(name: string, { scope, created_at, by }: KeptToken): AccessTokenView {
  return { name, scope, created_at, created_by: by };
}

function digestOf(token: string) {
  return createHash("sha256").update(token).digest();
}
