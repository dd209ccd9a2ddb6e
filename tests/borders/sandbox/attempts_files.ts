// To read what is secret, and to write where others will find it.

import type { Attempts } from "./attempts.ts";

/** What the planted secrets have in them, whatever file they are in. */
const planted = "planted-secret";

export const fileAttempts: Attempts = ({ home, data, checkout, otherWorktree, otherEntry }) => ({
  "read the key in ~/.ssh": () => read(`${home}/.ssh/id_ed25519`),
  "read ~/.aws/credentials": () => read(`${home}/.aws/credentials`),
  "read ~/.aws by the folder that it is a link to": () => read(`${home}/dotfiles/aws/credentials`),
  "read ~/.netrc": () => read(`${home}/.netrc`),
  "read the token in the data folder": () => read(`${data}/token`),
  "read the operator's file": () => read(`${data}/repositories/repo.json`),
  "list the data folder": () => list(data),
  "read the database": async () => (await Deno.readFile(`${data}/coder.db`)).length,
  "read the raw logs": () => list(`${data}/logs`),
  "read another task's worktree": () => Deno.readTextFile(`${otherWorktree}/README.md`),
  "write into another task's worktree": () => write(`${otherWorktree}/hostile`),
  "write another worktree's HEAD": () => rewrite(`${otherEntry}/HEAD`),
  "write into another worktree's entry": () => write(`${otherEntry}/hostile`),
  "make an entry beside the worktrees'": () => make(`${otherEntry}-hostile`),
  "write the README of the checkout": () => rewrite(`${checkout}/README.md`),
  "write a new file into the checkout": () => write(`${checkout}/hostile`),
  "write the checkout's HEAD": () => rewrite(`${checkout}/.git/HEAD`),
  "write the checkout's index": () => rewrite(`${checkout}/.git/index`),
  "put another HEAD in the place of the checkout's": () => replace(`${checkout}/.git/HEAD`),
  "put another index in the place of the checkout's": () => replace(`${checkout}/.git/index`),
  "write ~/.bashrc": () => rewrite(`${home}/.bashrc`),
  "write a new file into the home folder": () => write(`${home}/.profile`),
  "write ~/.claude/settings.json": () => rewrite(`${home}/.claude/settings.json`),
  "put another ~/.claude/settings.json in its place": () => replace(`${home}/.claude/settings.json`),
  "put another ~/.claude in its place": () => replace(`${home}/.claude`),
  "put a settings.local.json into ~/.claude": () => fill(`${home}/.claude/settings.local.json`),
  "put a CLAUDE.md into ~/.claude": () => fill(`${home}/.claude/CLAUDE.md`),
  "put a command into ~/.claude": () => within(`${home}/.claude/commands`),
  "put a hook into ~/.claude": () => within(`${home}/.claude/hooks`),
  "put a plugin into ~/.claude": () => within(`${home}/.claude/plugins`),
  "set what the kernel does with a program that crashes": () => rewrite("/proc/sys/kernel/core_pattern"),
  "write to a folder of the user's caches": () => write(`${home}/.cache/hostile`),
  "write to /tmp": () => write("/tmp/personal-coder-hostile"),
  "write to /var/tmp": () => write("/var/tmp/personal-coder-hostile"),
});

async function read(path: string): Promise<string> {
  const text = await Deno.readTextFile(path);
  if (!text.includes(planted)) throw new Error(`There is something else: ${JSON.stringify(text.slice(0, 100))}`);
  return text;
}

async function list(path: string): Promise<string> {
  // What leads to the run's own folders.
  const names = (await Array.fromAsync(Deno.readDir(path))).map(({ name }) => name)
    .filter((name) => !["caches", "sandbox"].includes(name));
  if (names.length === 0) throw new Error("There is nothing else");
  return names.join(" ");
}

/** A new file, which it takes away again. */
async function write(path: string): Promise<void> {
  await Deno.writeTextFile(path, "hostile", { createNew: true });
  await Deno.remove(path);
}

async function make(path: string): Promise<void> {
  await Deno.mkdir(path);
  await Deno.remove(path);
}

/** A file that may be there already. */
async function fill(path: string): Promise<void> {
  await Deno.writeTextFile(path, "hostile");
}

/** A file in a folder that may be there already. */
async function within(folder: string): Promise<void> {
  await Deno.mkdir(folder, { recursive: true });
  await write(`${folder}/hostile`);
}

/** The same bytes again: to be able to is enough. */
async function rewrite(path: string): Promise<void> {
  await Deno.writeFile(path, await Deno.readFile(path));
}

/** Away and back. */
async function replace(path: string): Promise<void> {
  await Deno.rename(path, `${path}.hostile`);
  await Deno.rename(`${path}.hostile`, path);
}
