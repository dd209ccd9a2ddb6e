// Where the service is and how to be let in: CODER_URL with its token, else the service of this installation, by its data
// folder. A token goes only to the service that it belongs to.

import { fromFileUrl, join, resolve } from "@std/path";
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
  const home = variable("HOME");
  const set: Settings = { text: variable, path: (name) => wholePath(name, variable(name), { folder: ".", home }) };
  const given = variable("CODER_URL");
  if (given) return { url: checkedUrl(given, "CODER_URL"), token: await tokenOf(set) };
  const own = await ownSettings(root, home);
  // What is set wins over the file, as it does for the service.
  const { text, path }: Settings = {
    text: (name) => (variable(name) === undefined ? own : set).text(name),
    path: (name) => (variable(name) === undefined ? own : set).path(name),
  };
  const data = path("CODER_DATA") ?? (root === null ? null : join(root, "data"));
  const url = data === null ? null : await textOf(join(data, "url"));
  const token = await tokenOf({ text, path }) ?? (data === null ? null : await textOf(join(data, "token")));
  return { url: url === null ? defaultUrl : checkedUrl(url, `${data}/url`), token };
}

/** What is set by name; an empty value counts as unset. */
interface Settings {
  text(name: string): string | undefined;
  /** Made whole as the service does it. */
  path(name: string): string | undefined;
}

async function tokenOf({ text, path: pathOf }: Settings): Promise<string | null> {
  const token = text("CODER_TOKEN")?.trim();
  if (token) return token;
  const path = pathOf("CODER_TOKEN_FILE");
  if (path === undefined) return null;
  return await textOf(path) ?? fail(`Cannot read a token from CODER_TOKEN_FILE: ${path} is not there or empty`);
}

/** The `.env` that the service of this installation reads, in whose folder it runs. */
async function ownSettings(root: string | null, home: string | undefined): Promise<Settings> {
  const file = root === null ? null : await textOf(join(root, ".env"));
  const settings = file === null ? {} : parseEnv(file);
  return {
    text: (name) => settings[name],
    path: (name) => wholePath(name, settings[name], { folder: root ?? ".", home }),
  };
}

/** No shell has seen what stands in a file: `~` is the person's home here. */
function wholePath(
  name: string,
  path: string | undefined,
  { folder, home }: { folder: string; home: string | undefined },
): string | undefined {
  if (!path) return undefined;
  if (path !== "~" && !path.startsWith("~/")) return resolve(folder, path);
  return home ? join(home, path.slice(1)) : fail(`${name} begins with ~, but HOME is not set; write the whole path`);
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
