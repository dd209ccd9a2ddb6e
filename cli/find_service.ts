// Where the service is and how to be let in: CODER_URL with its token, else the service of this installation, by its data
// folder. A token goes only to the service that it belongs to.

import { fromFileUrl, join } from "@std/path";
import { parseEnv } from "node:util";
import { Failure } from "./failure.ts";

export interface ServiceAddress {
  /** Without a slash at its end. */
  url: string;
  token: string | null;
}

/** What is known of the machine: variables by name, and the folder that this program was installed from. */
export interface Surroundings {
  variable(name: string): string | undefined;
  /** The folder of `deno.json`; null where the program is not on this disk. */
  root: string | null;
}

const defaultUrl = "http://127.0.0.1:8000";

/** Throws `Failure` of kind `usage` for a URL or a token file that cannot be used. */
export async function findService({ variable, root }: Surroundings): Promise<ServiceAddress> {
  const given = variable("CODER_URL");
  if (given) return { url: checkedUrl(given, "CODER_URL"), token: await tokenOf(variable) };
  const own = await ownSettings(root);
  // What is set wins over the file, as it does for the service.
  const setting = (name: string) => variable(name) ?? own(name);
  const data = setting("CODER_DATA") ?? (root === null ? null : join(root, "data"));
  const url = data === null ? null : await textOf(join(data, "url"));
  const token = await tokenOf(setting) ?? (data === null ? null : await textOf(join(data, "token")));
  return { url: url === null ? defaultUrl : checkedUrl(url, `${data}/url`), token };
}

async function tokenOf(variable: Surroundings["variable"]): Promise<string | null> {
  const token = variable("CODER_TOKEN")?.trim();
  if (token) return token;
  const path = variable("CODER_TOKEN_FILE");
  if (!path) return null;
  return await textOf(path) ?? fail(`Cannot read a token from CODER_TOKEN_FILE: ${path} is not there or empty`);
}

/** The `.env` that the service of this installation reads. */
async function ownSettings(root: string | null): Promise<Surroundings["variable"]> {
  const text = root === null ? null : await textOf(join(root, ".env"));
  const settings = text === null ? {} : parseEnv(text);
  return (name) => settings[name];
}

async function textOf(path: string): Promise<string | null> {
  try {
    return (await Deno.readTextFile(path)).trim() || null;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound || error instanceof Deno.errors.NotADirectory) return null;
    return fail(`Cannot read ${path}: ${error instanceof Error ? error.message : error}`);
  }
}

function checkedUrl(text: string, from: string): string {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) return fail(`${from} must be like ${defaultUrl}, not "${text}"`);
  if (url.username || url.password) return fail(`${from} must not hold a user or a password; the token is CODER_TOKEN`);
  return url.origin + url.pathname.replace(/\/+$/, "");
}

function fail(message: string): never {
  throw new Failure("usage", message);
}

/** The folder above this file's, or null when it was not loaded from a disk. */
export function rootOf(module: string): string | null {
  return module.startsWith("file:") ? fromFileUrl(new URL("..", module)) : null;
}
