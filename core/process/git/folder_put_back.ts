// Putting back what changed in a git folder. By no link that could lead out of it; each file is there whole at any moment, and
// git's own lock on a configuration is respected, but not for ever: an agent that was killed may have left it.
//
// Someone who is at work in the folder at the same moment can still put a link in the way between a look and a step; what is
// written then has the old content, and the next comparison finds the link.

import { removeFolder } from "../remove_folder.ts";
import { delay } from "@std/async";
import { basename, dirname, join } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import { run } from "../subprocess.ts";
import type { Difference } from "./folder_differences.ts";
import type { Seen } from "./folder_look.ts";

/** Beside what they replace, in the folder itself: on its file system, and where no git looks. */
const scratch = "personal-coder.put-back";
const lockLooks = 20;
const lockLookMs = 50;

/** Puts one path back as it was. Returns null, or why that cannot be. Callers hold the repository's turn. */
export async function putBack(common: string, { path, before }: Difference): Promise<string | null> {
  try {
    if (before?.kind === "other") return "it was no file";
    if (before?.kind === "file" && before.bytes === null) return "it was too large to keep a copy";
    if (before === null) await removeAt(common, path);
    else await writeAt(common, path, before);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

/** Removes what is at a path, and folders that are empty then. Throws what the system says. */
async function removeAt(common: string, path: string): Promise<void> {
  if (!await isByFolders(common, dirname(path))) return;
  await removeFolder(join(common, path));
  // hooks/a/b: a and then nothing; hooks itself stays.
  for (let folder = dirname(path); dirname(folder) !== "." && /(^|\/)hooks\/./.test(folder); folder = dirname(folder)) {
    if (!await Deno.remove(join(common, folder)).then(() => true, () => false)) return;
  }
}

async function writeAt(common: string, path: string, before: Seen): Promise<void> {
  await makeFolders(common, dirname(path));
  const target = join(common, path);
  const isConfiguration = ["config", "config.worktree"].includes(basename(path));
  const temporary = isConfiguration ? `${target}.lock` : join(common, scratch);
  if (isConfiguration) await waitForLock(temporary);
  await removeFolder(temporary);
  if (before.kind === "link") await makeLink(before.target, temporary);
  else if (before.kind === "file") {
    // Fails for anything that is there, a link too. The mode is given whatever the process's umask says.
    await Deno.writeFile(temporary, before.bytes!, { createNew: true, mode: before.mode });
  }
  const isFolder = await Deno.lstat(target).then((at) => at.isDirectory, () => false);
  if (isFolder) await removeFolder(target);
  await Deno.rename(temporary, target);
}

/** Waits for another git's lock, for a second at most: it is held for the moment of a write, and after that left behind. */
async function waitForLock(lock: string): Promise<void> {
  for (let look = 0; look < lockLooks; look++) {
    if (!await Deno.lstat(lock).then(() => true, () => false)) return;
    await delay(lockLookMs);
  }
}

/** The runtime makes links only with all permissions; a shell needs none of them. */
async function makeLink(target: string, path: string): Promise<void> {
  const { code, stderr } = await run("sh", ["-c", 'exec ln -s -- "$1" "$2"', "sh", target, path]);
  if (code !== 0) throw new DomainError("unavailable", new TextDecoder().decode(stderr).trim());
}

/** Whether only folders lead to a path. */
async function isByFolders(common: string, path: string): Promise<boolean> {
  for (const folder of foldersTo(path)) {
    if (!await Deno.lstat(join(common, folder)).then((at) => at.isDirectory, () => false)) return false;
  }
  return true;
}

/** Makes the folders to a path; throws when something else is on the way. */
async function makeFolders(common: string, path: string): Promise<void> {
  for (const folder of foldersTo(path)) {
    const at = join(common, folder);
    if (!await Deno.lstat(at).then(({ isDirectory }) => isDirectory, () => false)) await Deno.mkdir(at);
  }
}

/** `a/b/c` → `a`, `a/b`, `a/b/c`. */
function foldersTo(path: string): string[] {
  const parts = path === "." ? [] : path.split("/");
  return parts.map((_, at) => parts.slice(0, at + 1).join("/"));
}
