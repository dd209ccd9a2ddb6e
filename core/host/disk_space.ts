// How much room a disk has, and what takes it up.

import { join } from "@std/path";
import { statfs } from "node:fs/promises";

/** Bytes that this user may still write on the disk that holds `path`; null when the system does not say. */
export async function freeBytes(path: string): Promise<number | null> {
  try {
    const { bavail, bsize } = await statfs(path);
    return Number(bavail) * Number(bsize);
  } catch {
    return null;
  }
}

/** Bytes free on the fullest of the disks that hold these folders. */
export async function leastFreeBytes(paths: string[]): Promise<number | null> {
  const known = (await Promise.all(paths.map(freeBytes))).filter((bytes) => bytes !== null);
  return known.length === 0 ? null : Math.min(...known);
}

/** What the files beneath a folder take up on their disk; links are not followed, what cannot be looked at counts nothing. */
export async function folderBytes(path: string): Promise<number> {
  let bytes = 0;
  const folders = [path];
  for (let folder = folders.pop(); folder !== undefined; folder = folders.pop()) {
    try {
      for await (const { name, isDirectory } of Deno.readDir(folder)) {
        const at = join(folder, name);
        if (isDirectory) folders.push(at);
        else bytes += await Deno.lstat(at).then(({ blocks }) => (blocks ?? 0) * 512, () => 0);
      }
    } catch { /* it is gone, or not ours to read */ }
  }
  return bytes;
}
