// How much room a disk has.

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
