// Removing a folder with all that is in it, never following a symbolic link out of it.

import { join } from "@std/path";

/**
 * Removes a folder; one that does not exist is removed already. Folders that their owner made read-only (as Go's module
 * cache does) are made writable on the way.
 */
export async function removeFolder(path: string): Promise<void> {
  try {
    await Deno.remove(path, { recursive: true });
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    if (!(error instanceof Deno.errors.PermissionDenied)) throw error;
    await makeWritable(path);
    await Deno.remove(path, { recursive: true });
  }
}

async function makeWritable(folder: string): Promise<void> {
  await Deno.chmod(folder, 0o700);
  for await (const entry of Deno.readDir(folder)) {
    if (entry.isDirectory) await makeWritable(join(folder, entry.name));
  }
}
