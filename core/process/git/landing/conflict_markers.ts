// Markers of a conflict that somebody committed.

import { Buffer } from "node:buffer";
import { textOf } from "../byte_names.ts";
import { git } from "../git.ts";
import { MAX_LIST_BYTES } from "../worktree_index.ts";

/** Lines of a file, counted from 1, that look like markers. */
type Suspects = Map<string, number[]>;

/** See `Landings.conflictMarkers`. */
export async function conflictMarkers(
  repo: string,
  { from, commit }: { from: string; commit: string },
): Promise<string[]> {
  const at = { cwd: repo, maxOutputBytes: MAX_LIST_BYTES };
  const args = ["diff", "--check", "--no-ext-diff", "--no-textconv", "--no-color", "--no-renames", "--no-relative"];
  const check = await git([...args, from, commit, "--"], { ...at, content: true, codes: [2] });
  const suspects = suspectsIn(check.bytes);
  const found: string[] = [];
  for (const [name, numbers] of suspects) {
    // Seven equals signs alone also underline headings.
    const lines = await linesAt(repo, commit, name);
    if (lines === null || numbers.some((number) => /^[<>|]/.test(lines[number - 1] ?? ""))) found.push(textOf(name));
  }
  return found.sort();
}

/** From `{name}:{line}: leftover conflict marker`, among lines about spaces. */
function suspectsIn(output: Uint8Array): Suspects {
  const suspects: Suspects = new Map();
  const text = Buffer.from(output.buffer, output.byteOffset, output.byteLength).toString("latin1");
  for (const [, name, line] of text.matchAll(/^(.+):(\d+): leftover conflict marker\.?$/gm)) {
    suspects.set(name!, [...suspects.get(name!) ?? [], Number(line)]);
  }
  return suspects;
}

/** A file's lines, by bytes; null when it cannot be found by that name, which may hold a newline. */
async function linesAt(repo: string, commit: string, name: string): Promise<string[] | null> {
  const stdin = Buffer.from(`${commit}:${name}\n`, "latin1");
  const { bytes } = await git(["cat-file", "--batch"], { cwd: repo, stdin, maxOutputBytes: MAX_LIST_BYTES });
  // `{id} blob {size}\n{content}\n`
  const end = bytes.indexOf(10);
  const answer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
  return / blob \d+$/.test(answer.slice(0, end)) ? answer.slice(end + 1).split("\n") : null;
}
