// Commits as git stores them, for those that are made anew of others: author, encoding and message stay to the byte. A text
// here has a character for each byte (byte_names.ts).

import { Buffer } from "node:buffer";
import { git, gitLine, linesOf } from "../git.ts";
import { MAX_LIST_BYTES } from "../worktree_index.ts";

/** A commit. */
export interface RawCommit {
  tree: string;
  parents: string[];
  /** The value of that header line; so is the next. */
  author: string;
  encoding: string | null;
  /** All after the headers. */
  message: string;
}

/** Reads commits, in the order of their ids. */
export async function readCommits(repo: string, ids: string[]): Promise<RawCommit[]> {
  if (ids.length === 0) return [];
  const stdin = ids.map((id) => `${id}\n`).join("");
  const { bytes } = await git(["cat-file", "--batch"], { cwd: repo, stdin, maxOutputBytes: MAX_LIST_BYTES });
  const commits: RawCommit[] = [];
  // `{id} commit {size}\n{content}\n`
  for (let at = 0; at < bytes.length;) {
    const end = bytes.indexOf(10, at);
    const size = Number(latin1(bytes.subarray(at, end)).split(" ")[2]);
    const from = end + 1;
    at = from + size + 1;
    commits.push(parseCommit(latin1(bytes.subarray(from, at - 1))));
  }
  return commits;
}

function parseCommit(content: string): RawCommit {
  const end = content.indexOf("\n\n");
  const lines = (end < 0 ? content.trimEnd() : content.slice(0, end)).split("\n");
  const valuesOf = (key: string) =>
    lines.filter((line) => line.startsWith(`${key} `)).map((line) => line.slice(key.length + 1));
  return {
    tree: valuesOf("tree")[0]!,
    parents: valuesOf("parent"),
    author: valuesOf("author")[0]!,
    encoding: valuesOf("encoding")[0] ?? null,
    message: end < 0 ? "" : content.slice(end + 2),
  };
}

/** Stores a commit; its id. A signature of the old one would be none of the new, and is not in it. */
export async function writeCommit(
  repo: string,
  { tree, parents, author, committer, encoding, message }: RawCommit & { committer: string },
): Promise<string> {
  const lines = [
    `tree ${tree}`,
    ...parents.map((parent) => `parent ${parent}`),
    `author ${author}`,
    `committer ${committer}`,
    ...(encoding === null ? [] : [`encoding ${encoding}`]),
  ];
  const stdin = Buffer.from(`${lines.join("\n")}\n\n${message}`, "latin1");
  return await gitLine(["hash-object", "-t", "commit", "-w", "--stdin"], { cwd: repo, stdin });
}

function latin1(bytes: Uint8Array): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("latin1");
}

/** See `Landings.isSameContent`. */
export async function isSameContent(repo: string, one: string, other: string): Promise<boolean> {
  const { text } = await git(["rev-parse", `${one}^{tree}`, `${other}^{tree}`], { cwd: repo });
  const [tree, otherTree] = linesOf(text);
  return tree === otherTree;
}
