// Small files, such as those in git folders, read and written whole. Synchronous: a turn of the event loop for each of many tiny
// files would take ten times as long as the reading.

import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";

/** The trimmed text of a file; null when it is not there or cannot be read. */
export function readTextIfThere(path: string): string | null {
  try {
    return Deno.readTextFileSync(path).trim();
  } catch {
    return null;
  }
}

/** Whether a folder is at a path, links followed. */
export function isFolder(path: string): boolean {
  try {
    return Deno.statSync(path).isDirectory;
  } catch {
    return false;
  }
}

/**
 * The bytes of a regular file, links followed; null when it is not there. It waits at no pipe. Throws for what is no such file
 * or larger, and what the system says.
 */
export function readRegular(path: string, { maxBytes }: { maxBytes: number }): Uint8Array | null {
  let file: number;
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
  } catch (error) {
    if (/^(ENOENT|ENOTDIR)$/.test((error as { code?: string }).code ?? "")) return null;
    throw error;
  }
  try {
    const stat = fstatSync(file);
    if (!stat.isFile()) throw new Error("it is no file");
    if (stat.size > maxBytes) throw new Error(`it is larger than ${maxBytes} bytes`);
    const bytes = new Uint8Array(stat.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(file, bytes, length, bytes.length - length, null);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(file);
  }
}

/** Writes beside and renames, so that the file is there whole or not at all. */
export function writeWhole(path: string, text: string, options: { mode?: number } = {}): void {
  Deno.writeTextFileSync(`${path}.new`, text, options);
  Deno.renameSync(`${path}.new`, path);
}
