// The data folder, and what it keeps for itself besides the database: the worker's uuid, where the service is
// reached and, beyond loopback, the token.

import { join } from "@std/path";
import { tokenPattern, tokenWords } from "./config.ts";
import { DomainError, messageOf } from "../domain/error.ts";
import type { Clock, Random } from "../domain/ports.ts";
import { makePrivate } from "../kv/database_files.ts";

/** Copies of the database, by the names that backup and restore give them. */
const copyName = /^backup-.+\.db$|\.before-restore-/;

/** Makes the data folder when there is none, for its owner only; so are the copies of the database in it. */
export async function makeDataFolder(data: string): Promise<void> {
  await Deno.mkdir(data, { recursive: true, mode: 0o700 });
  for await (const { name } of Deno.readDir(data)) if (copyName.test(name)) await makePrivate(join(data, name));
}

/** The worker's uuid; made at the first start with this data folder. */
export async function workerId(data: string, random: Random): Promise<string> {
  return await keptText(join(data, "worker-id"), () => random.uuid(), 0o644);
}

/** The token in the data folder; `made` when this call made it. Readable by its owner only. */
export async function ownToken(data: string): Promise<{ token: string; made: boolean }> {
  let made = false;
  const token = await keptText(tokenPath(data), () => {
    made = true;
    return randomToken();
  }, 0o600);
  return { token, made };
}

/** How long a token is believed before its file is read again. */
const believedMs = 1_000;

/** The token that a file of the user's holds. Throws `DomainError("invalid")` when it cannot be read or is no token. */
export async function givenToken(path: string): Promise<string> {
  const text = await Deno.readTextFile(path).catch((error) => {
    throw new DomainError("invalid", `Cannot read CODER_TOKEN_FILE: ${messageOf(error)}`);
  });
  if (tokenPattern.test(text.trim())) return text.trim();
  throw new DomainError("invalid", `The file ${path} of CODER_TOKEN_FILE is not usable; it must hold ${tokenWords}`);
}

/** Reads the token that counts now: `first`, or what has been put in its place in the file since. */
export function tokenInUse(path: string, { first, clock }: { first: string; clock: Clock }): () => Promise<string> {
  let token = first;
  let readAt = clock.monotonic();
  return async () => {
    if (clock.monotonic() - readAt < believedMs) return token;
    readAt = clock.monotonic();
    // A file that is gone or holds no token lets nobody in: what counted goes on counting.
    const kept = (await Deno.readTextFile(path).catch(() => "")).trim();
    if (tokenPattern.test(kept)) token = kept;
    return token;
  };
}

/** Replaces the token and returns it; a running service takes it over within a second, and the old one counts no more. */
export async function newToken(data: string): Promise<string> {
  await makeDataFolder(data);
  const token = randomToken();
  await writeWhole(tokenPath(data), token, 0o600);
  return token;
}

/**
 * Says in the data folder where the service is reached, for programs of its user; null: nowhere any more. What a killed service
 * said stands until the next start.
 */
export async function tellUrl(data: string, url: string | null): Promise<void> {
  const path = join(data, "url");
  if (url !== null) return await writeWhole(path, url, 0o600);
  await Deno.remove(path).catch((error) => {
    if (!(error instanceof Deno.errors.NotFound)) throw error;
  });
}

export function tokenPath(data: string): string {
  return join(data, "token");
}

function randomToken(): string {
  return crypto.getRandomValues(new Uint8Array(32)).toHex();
}

async function keptText(path: string, make: () => string, mode: number): Promise<string> {
  const kept = await Deno.readTextFile(path).catch((error) => {
    if (error instanceof Deno.errors.NotFound) return "";
    throw error;
  });
  if (kept.trim() !== "") return kept.trim();
  const text = make();
  await writeWhole(path, text, mode);
  return text;
}

/** Beside and renamed: there whole or not at all. */
async function writeWhole(path: string, text: string, mode: number): Promise<void> {
  const draft = `${path}.${Deno.pid}`;
  await Deno.writeTextFile(draft, `${text}\n`, { mode });
  await Deno.rename(draft, path);
}
