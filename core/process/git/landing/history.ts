// How far a work and its target are apart, by one look at git.

import { git, gitLine, linesOf } from "../git.ts";
import { MAX_LIST_BYTES } from "../worktree_index.ts";

/** A commit of the work. */
export interface WorkCommit {
  id: string;
  tree: string;
  parents: string[];
}

/** What `onto`, the target's commit, and `commit`, the work's, have in common and have not. */
export interface History {
  onto: string;
  ontoTree: string;
  commit: string;
  commitTree: string;
  /** The newest commit that both have, or one of the newest; null when they have none. */
  base: string | null;
  /** There is no other such commit. */
  isOneBase: boolean;
  /** Commits of the work alone, parents first. */
  ahead: WorkCommit[];
  /** How many commits the target alone has. */
  behind: number;
}

const FORMAT = "--format=%m %H %T %P";

/** Throws `DomainError("unavailable")` when one of the commits is not there. */
export async function historyOf(repo: string, onto: string, commit: string): Promise<History> {
  const args = ["rev-list", "--left-right", "--boundary", "--topo-order", "--reverse", "--no-commit-header", FORMAT];
  const { text } = await git([...args, `${onto}...${commit}`, "--"], { cwd: repo, maxOutputBytes: MAX_LIST_BYTES });
  // The boundary is what both have and one's own commits are made upon: the newest of it, and what was merged later.
  const sides: Record<string, WorkCommit[]> = { "<": [], ">": [], "-": [] };
  for (const line of linesOf(text)) {
    const [mark, id, tree, ...parents] = line.trimEnd().split(" ");
    sides[mark!]!.push({ id: id!, tree: tree!, parents });
  }
  const { "<": behind, ">": ahead, "-": boundary } = sides as {
    "<": WorkCommit[];
    ">": WorkCommit[];
    "-": WorkCommit[];
  };
  const treeOf = (id: string) => [...behind, ...ahead, ...boundary].find((one) => one.id === id)?.tree ?? "";
  return {
    ...{ onto, ontoTree: treeOf(onto), commit, commitTree: treeOf(commit), ahead, behind: behind.length },
    base: await baseOf(),
    isOneBase: boundary.length <= 1,
  };

  async function baseOf(): Promise<string | null> {
    if (ahead.length === 0) return commit;
    if (behind.length === 0) return onto;
    if (boundary.length <= 1) return boundary[0]?.id ?? null;
    return await gitLine(["merge-base", onto, commit], { cwd: repo });
  }
}
