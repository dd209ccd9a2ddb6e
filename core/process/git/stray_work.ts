// Commits that a run made and that are not on its task's branch: on another branch, on none, or in another worktree of the
// repository that was made meanwhile. Found from git's own record of where HEAD of a worktree was (its reflog), so that only
// commits made there count: a branch that was merely looked at has strayed nowhere. In the usual case two files are read and
// no git is started.

import { join } from "@std/path";
import type { StrayWork } from "../../domain/event.ts";
import { git, isCommitId, linesOf } from "./git.ts";
import { commitOf } from "./git_refs.ts";
import { branchRef } from "./ref_names.ts";
import { readTextIfThere } from "./small_files.ts";
import { type Entry, readEntry } from "./worktree_entry.ts";

/** A branch, commit or worktree that may hold such commits. */
interface Candidate {
  where: StrayWork["where"];
  /** A branch's name, or a commit that no branch may have. */
  name: string;
  path: string | null;
  /** Commits made in that worktree. */
  made: ReadonlySet<string>;
}

/** Where to look, and what to leave out. */
export interface StrayWorkOptions {
  repo: string;
  /** The git folder that all worktrees share. */
  common: string;
  /** The task's branch. */
  branch: string;
  /** Where it started. */
  base: string;
  /** The names of the entries that were there when the run began, and that are there now. */
  before: ReadonlySet<string>;
  names: ReadonlySet<string>;
  /** Whether an entry is one of the service's own. */
  isOurs(entry: Entry): boolean;
  /** Keeps a commit that is on no branch; the name of its ref. */
  keep(commit: string): Promise<string>;
}

const CANDIDATES = 20;
const COMMITS_LOOKED_AT = 5_000;
/** What the reflog calls the ways to make a commit. */
const MAKING = /^(commit|cherry-pick|revert|merge|am|rebase|pull)\b/;

/**
 * The stray commits of a run, the last 20 places that may have some. `entry`: of the task's worktree, null when it is gone.
 * Throws `DomainError("unavailable")` when git fails.
 */
export async function strayWork(entry: Entry | null, options: StrayWorkOptions): Promise<StrayWork[]> {
  const { repo, branch, keep } = options;
  const candidates = [...(entry === null ? [] : visited(entry, branch)), ...newWorktrees(options)];
  if (candidates.length === 0) return [];
  const found: StrayWork[] = [];
  const seen = new Set<string>();
  for (const candidate of candidates.slice(-CANDIDATES)) {
    const { where, name, path, made } = candidate;
    const tip = where === "detached" || isCommitId(name) ? name : await commitOf(repo, branchRef(name));
    if (tip === null) continue;
    const strays = (await commitsBeyond(tip, options)).filter((commit) => made.has(commit) && !seen.has(commit));
    if (strays.length === 0) continue;
    for (const commit of strays) seen.add(commit);
    const isOnBranch = tip !== name;
    found.push({ where, name: isOnBranch ? name : await keep(tip), path, commit: tip, commits: strays.length });
  }
  return found;
}

/** Where HEAD of a worktree was besides the task's branch: branches first, so that their commits count as theirs. */
function visited(entry: Entry, branch: string): Candidate[] {
  const { made, places } = readReflog(entry.folder);
  const head = checkedOutAt(entry);
  // Where no reflog is kept, what HEAD names is all that can be known, and everything beyond the branch counts.
  if (head !== null && head !== branch) places.add(head);
  places.delete(branch);
  const candidates = [...places].map((name): Candidate => {
    return { where: isCommitId(name) ? "detached" : "branch", name, path: null, made };
  });
  return candidates.sort((a, b) => Number(a.where === "detached") - Number(b.where === "detached"));
}

/** Worktrees made since the run began that are none of the service's own. */
function newWorktrees({ common, before, names, isOurs }: StrayWorkOptions): Candidate[] {
  const made = [...names].filter((name) => !before.has(name));
  return made.map((name) => readEntry(join(common, "worktrees", name))).filter((entry) => !isOurs(entry))
    .flatMap((entry) => {
      const name = checkedOutAt(entry);
      return name === null ? [] : [{ where: "worktree", name, path: entry.path, made: readReflog(entry.folder).made }];
    });
}

/** The branch that is checked out, or the commit. */
function checkedOutAt({ folder, branch }: Entry): string | null {
  if (branch !== null) return branch.replace(/^refs\/heads\//, "");
  const head = readTextIfThere(join(folder, "HEAD"));
  return head !== null && isCommitId(head) ? head : null;
}

/** A line: `{old} {new} {name} <{email}> {time} {zone}\t{what was done}`. */
function readReflog(folder: string): { made: Set<string>; places: Set<string> } {
  const made = new Set<string>();
  const places = new Set<string>();
  for (const line of linesOf(readTextIfThere(join(folder, "logs", "HEAD")) ?? "")) {
    const [ids = "", action = ""] = line.split("\t", 2);
    const commit = ids.slice(41, 81).trim().split(" ", 1)[0]!;
    if (MAKING.test(action) && isCommitId(commit)) made.add(commit);
    const move = /^checkout: moving from (.+) to (.+)$/.exec(action);
    if (move) { for (const place of [move[1]!, move[2]!]) places.add(place); }
  }
  return { made, places };
}

/** Commits that can be reached from `tip` and neither from where the task started nor from its branch. */
async function commitsBeyond(tip: string, { repo, branch, base }: StrayWorkOptions): Promise<string[]> {
  const known = [base, await commitOf(repo, branchRef(branch))].filter((commit) => commit !== null);
  const not = known.map((commit) => `^${commit}`);
  const { text } = await git(["rev-list", `--max-count=${COMMITS_LOOKED_AT}`, tip, ...not], { cwd: repo });
  return linesOf(text);
}
