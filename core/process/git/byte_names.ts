// Names of files as git lists them with `-z`. They are bytes, in no encoding that anybody promises, and what is decoded as
// UTF-8 cannot be handed back to git. So a name is a string here in which each character stands for one byte.

import { Buffer } from "node:buffer";

/** The names in a list whose entries end with a zero byte. */
export function namesIn(list: Uint8Array): string[] {
  const names = Buffer.from(list.buffer, list.byteOffset, list.byteLength).toString("latin1").split("\0");
  return names.filter((name) => name !== "");
}

/** The list of these names, for git's stdin. */
export function listOf(names: string[]): Uint8Array {
  return Buffer.from(names.map((name) => `${name}\0`).join(""), "latin1");
}

/** A path as such a name. */
export function nameOf(path: string): string {
  return Buffer.from(path, "utf8").toString("latin1");
}

/** Such a name for a person to read. */
export function textOf(name: string): string {
  return Buffer.from(name, "latin1").toString("utf8");
}
