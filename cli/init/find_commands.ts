// How a repository is made ready and judged, as far as its own files say: what its lock files, manifests and Makefile name.
// Nothing is guessed that is not there.

import type { Commands, ReadFile } from "./commands.ts";
import { findPython } from "./find_python.ts";

export interface Found extends Commands {
  /** What a person should look at. */
  notes: string[];
}

/** The lock files that setups are named by. */
export const lockFiles = [
  ...["pnpm-lock.yaml", "yarn.lock", "bun.lock", "bun.lockb", "package-lock.json", "npm-shrinkwrap.json"],
  ...["uv.lock", "poetry.lock", "Cargo.lock"],
];

/** The names that make looks for, in its order. */
const makefiles = ["GNUmakefile", "makefile", "Makefile"];

/** Of a repository of several kinds all count, in this order. */
const kinds = [findNode, findPython, findRust, findGo];

export async function findCommands(read: ReadFile): Promise<Found> {
  const found = (await Promise.all(kinds.map((find) => find(read)))).filter((one) => one !== null);
  const makefile = (await Promise.all(makefiles.map(read))).find((text) => text !== null);
  const make = makeTargets(makefile ?? "");
  // What a Makefile calls its check covers all kinds.
  const check = make.has("check") ? "make check" : joined(found.map((one) => one.check));
  const setup = joined(found.map((one) => one.setup)) ?? ["setup", "deps"].filter((name) => make.has(name))
    .map((name) => `make ${name}`)[0] ??
    null;
  const whole = { setup, check: check ?? (make.has("test") ? "make test" : null) };
  const notes = whole.check === null
    ? ['No tests were found: without a check the agent\'s word is all there is. Name one as "check"']
    : [];
  return { ...whole, notes };
}

function joined(commands: (string | null)[]): string | null {
  return commands.filter((one) => one !== null).join(" && ") || null;
}

async function findNode(read: ReadFile): Promise<Commands | null> {
  const text = await read("package.json");
  const manifest = text === null ? null : objectOf(text);
  if (!manifest) return null;
  const { name, install } = await packageManager(read);
  const hasPackages = ["dependencies", "devDependencies", "optionalDependencies", "workspaces"]
    .some((field) => Object.keys(manifest[field] ?? {}).length > 0);
  const scripts = manifest.scripts as Record<string, unknown> | undefined;
  const isScript = (script: string) => typeof scripts?.[script] === "string";
  // What `npm init` writes fails by design.
  const hasTest = isScript("test") && !String(scripts!.test).includes("no test specified");
  const script = hasTest ? "test" : ["check", "lint"].find(isScript);
  const run = script === "test" && name !== "bun" ? `${name} test` : `${name} run ${script}`;
  return { setup: hasPackages ? install : null, check: script === undefined ? null : run };
}

async function packageManager(read: ReadFile): Promise<{ name: string; install: string }> {
  if (await read("pnpm-lock.yaml") !== null) return { name: "pnpm", install: "pnpm install --frozen-lockfile" };
  const yarn = await read("yarn.lock");
  if (yarn !== null) {
    const isClassic = yarn.includes("# yarn lockfile v1");
    return { name: "yarn", install: `yarn install ${isClassic ? "--frozen-lockfile" : "--immutable"}` };
  }
  for (const lock of ["bun.lock", "bun.lockb"]) {
    if (await read(lock) !== null) return { name: "bun", install: "bun install --frozen-lockfile" };
  }
  for (const lock of ["package-lock.json", "npm-shrinkwrap.json"]) {
    if (await read(lock) !== null) return { name: "npm", install: "npm ci" };
  }
  return { name: "npm", install: "npm install" };
}

async function findRust(read: ReadFile): Promise<Commands | null> {
  if (await read("Cargo.toml") === null) return null;
  const locked = await read("Cargo.lock") === null ? "" : " --locked";
  return { setup: `cargo fetch${locked}`, check: `cargo test${locked}` };
}

async function findGo(read: ReadFile): Promise<Commands | null> {
  return await read("go.mod") === null ? null : { setup: "go mod download", check: "go test ./..." };
}

/** The targets that a Makefile names by itself; what it includes or computes is not looked at. */
function makeTargets(text: string): Set<string> {
  return new Set(
    Array.from(text.matchAll(/^([A-Za-z][\w-]*(?: +[A-Za-z][\w-]*)*) *:(?!:{0,2}=)/gm), ([, names]) => names!)
      .flatMap((names) => names.split(/ +/)),
  );
}

function objectOf(text: string): Record<string, Record<string, unknown>> | null {
  try {
    const value = JSON.parse(text);
    return typeof value === "object" && value !== null && !Array.isArray(value) ? value : null;
  } catch {
    return null;
  }
}
