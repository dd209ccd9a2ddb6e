// `coder token`: tokens with a scope.

import type { TokenIdentity } from "../../core/domain/access_token.ts";
import { ago } from "../../core/view/format.ts";
import type { AccessTokenView, NewAccessToken } from "../../core/view/access_token_view.ts";
import { type ExitCode, exitCodes } from "../failure.ts";
import type { Session } from "../session.ts";
import { plain, table } from "../terminal/text.ts";

/** Prints the token alone, so that a script can take it. */
export async function createToken(
  { api, out, isJson, note }: Session,
  { name, scope }: TokenIdentity,
): Promise<ExitCode> {
  const made = await api.json<NewAccessToken>("/api/tokens", { body: { name, scope } });
  if (isJson) out.printJson(made);
  else {
    out.print(made.token);
    note(`It is shown this once. Set it as CODER_TOKEN, beside CODER_URL=${api.url}`);
  }
  return exitCodes.done;
}

export async function listTokens({ api, out, isJson }: Session): Promise<ExitCode> {
  const { tokens } = await api.json<{ tokens: AccessTokenView[] }>("/api/tokens");
  if (isJson) out.printJson(tokens);
  else if (tokens.length === 0) out.print("No tokens");
  else {
    const now = Date.now();
    const rows = tokens.map(({ name, scope, created_at, created_by }) => [
      name,
      scope,
      ago(now - Date.parse(created_at)),
      `by ${plain(created_by)}`,
    ]);
    out.print(...table(rows, { columns: out.columns, flexible: 0 }).map((row) => row.join("  ").trimEnd()));
  }
  return exitCodes.done;
}

export async function revokeToken({ api, out, isJson }: Session, name: string): Promise<ExitCode> {
  const response = await api.call(`/api/tokens/${encodeURIComponent(name)}`, { method: "DELETE" });
  await response.body?.cancel();
  if (isJson) out.printJson({ revoked: name });
  else out.print(`The token ${name} opens nothing any more`);
  return exitCodes.done;
}
