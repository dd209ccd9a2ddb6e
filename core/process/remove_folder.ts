// Removing a folder with all that is in it, never following a symbolic link out of it.

import { DomainError } from "../domain/error.ts";
import { run } from "./subprocess.ts";

const script = 'rm -rf -- "$1" 2> /dev/null || { chmod -R u+rwX -- "$1"; rm -rf -- "$1"; }';

/**
 * Removes a folder, or what is in its place; what does not exist is removed already. Folders that their owner made read-only
 * (as Go's module cache does) are made writable on the way. By rm(1): Deno's own way ends the process where folders are nested
 * some ten thousand deep, as an agent may make them. Throws `DomainError("unavailable")` when something of it stays.
 */
export async function removeFolder(path: string): Promise<void> {
  const { code, stderr } = await run("sh", ["-c", script, "sh", path]);
  if (code === 0) return;
  const words = new TextDecoder().decode(stderr).trim().split("\n").at(-1) ?? "";
  throw new DomainError("unavailable", `Cannot remove ${path}: ${words}`);
}
