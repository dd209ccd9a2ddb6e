// What a repository holds, asked for by name.

import { DomainError } from "../../domain/error.ts";
import { requireCommitId } from "./compared.ts";
import { git, gitLine, linesOf, resolveCommit } from "./git.ts";
import { commitOf, looseCommit } from "./git_refs.ts";
import { tipOf } from "./ownership.ts";
import { branchRef } from "./ref_names.ts";
import type { Site } from "./sites.ts";
import type { Place, Progress } from "./worktrees.ts";

const maxFileBytes = 256 * 1024;
const nearAtMost = 3;

/** See `Worktrees.readAtCommit`. */
export async function readAtCommit(
  repo: string,
  { commit, path }: { commit: string; path: string },
): Promise<string | null> {
  // `100644 blob {id}    {size}\t{path}`
  const line = await gitLine(["ls-tree", "--long", "-z", "--full-tree", commit, "--", path], { cwd: repo });
  if (line === "") return null;
  const [, mode, type, id, size] = /^(\d+) (\w+) ([0-9a-f]+) +(\d+|-)\t/.exec(line) ?? [];
  if (type !== "blob" || !mode?.startsWith("100")) throw new DomainError("invalid", `${path} is no regular file`);
  if (Number(size) > maxFileBytes) {
    throw new DomainError("invalid", `${path} is larger than ${maxFileBytes / 1024} KiB`);
  }
  const { bytes } = await git(["cat-file", "blob", id!], { cwd: repo });
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new DomainError("invalid", `${path} is not UTF-8`, { cause });
  }
}

/** See `Worktrees.requireBase`. */
export async function requireBase(repo: string, base: string): Promise<string> {
  try {
    return await resolveCommit(repo, base);
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "invalid")) throw error;
    const near = await namesNear(repo, base);
    const hint = near.length > 0 ? `; did you mean ${near.join(" or ")}?` : "";
    throw new DomainError("invalid", `There is no branch, tag or commit ${JSON.stringify(base)}${hint}`, {
      cause: error,
    });
  }
}

/** See `Worktrees.progress`. */
export async function progressOf(site: Site, place: Place, known: Progress | null): Promise<Progress | null> {
  const commit = looseCommit(site, branchRef(place.branch)) ?? await tipOf(site, place.branch);
  if (commit === null) return null;
  if (commit === known?.commit) return known;
  const range = `${requireCommitId(place.base_commit)}..${commit}`;
  return { commit, commits: Number(await gitLine(["rev-list", "--count", range], { cwd: site.repo })) };
}

/** See `Worktrees.countBeyond`. */
export async function countBeyond(repo: string, commit: string, bases: string[]): Promise<number> {
  const known = await Promise.all(bases.map((base) => commitOf(repo, requireCommitId(base))));
  const without = known.filter((base) => base !== null).map((base) => `^${base}`);
  const args = ["rev-list", "--count", requireCommitId(commit), ...without];
  return Number(await gitLine(args, { cwd: repo }));
}

/** See `Worktrees.changedNames`. */
export async function changedNames(repo: string, from: string, to: string): Promise<string[]> {
  const args = ["diff-tree", "-r", "-z", "--name-only", "--no-renames", requireCommitId(from), requireCommitId(to)];
  return (await git(args, { cwd: repo })).text.split("\0").filter((name) => name !== "");
}

/** See `Worktrees.isWithin`. */
export async function isWithin(repo: string, commit: string, of: string): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", requireCommitId(commit), requireCommitId(of)];
  return (await git(args, { cwd: repo, codes: [1, 128] })).code === 0;
}

/** Branches and tags whose names differ in few letters. */
async function namesNear(repo: string, base: string): Promise<string[]> {
  const args = ["for-each-ref", "--format=%(refname:short)", "--sort=-creatordate", "--count=2000"];
  const { text } = await git([...args, "refs/heads/", "refs/tags/", "refs/remotes/"], { cwd: repo });
  return linesOf(text).map((name) => ({ name, distance: distanceOf(name, base) }))
    .filter(({ distance }) => distance <= Math.max(1, Math.floor(base.length / 3)))
    .sort((a, b) => a.distance - b.distance).slice(0, nearAtMost).map(({ name }) => name);
}

/** How many letters to add, leave out, change or swap with their neighbour. */
function distanceOf(one: string, other: string): number {
  let [before, last]: [number[], number[]] = [[], Array.from({ length: other.length + 1 }, (_, index) => index)];
  for (let i = 1; i <= one.length; i++) {
    const row = [i];
    for (let j = 1; j <= other.length; j++) {
      const change = one[i - 1] === other[j - 1] ? 0 : 1;
      row[j] = Math.min(row[j - 1]! + 1, last[j]! + 1, last[j - 1]! + change);
      const isSwap = i > 1 && j > 1 && one[i - 1] === other[j - 2] && one[i - 2] === other[j - 1];
      if (isSwap) row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    [before, last] = [last, row];
  }
  return last[other.length]!;
}
