// What workers of one store hand each other, as a port: git_exchange.ts does it with real git. The exchange of a repository is a
// bare repository of the operator's that every clone of it can reach. There, a task's branch and its refs under `refs/coder/`
// have the names that they have in a clone.

import type { Place } from "./worktrees.ts";

/** What the exchange has of a task after it was given to. */
export interface Given {
  /** Without user and password. */
  url: string;
  /** What the task's branch is at; null: it has none. */
  commit: string | null;
}

export interface GiveToOptions {
  task: number;
  refsOnly?: boolean;
  keepOther?: boolean;
}

/** What the exchange had of a task, now here. */
export interface Taken {
  /** What its branch was at there; null: it had none. */
  commit: string | null;
}

/**
 * Every method throws `DomainError("unavailable")` when the exchange does not answer or refuses, in git's words and without
 * secrets, and when the repository is not configured here.
 */
export interface Exchange {
  /** Whether a repository has one. */
  has(repo: string): boolean;
  /** Names of the repositories that have one. The same set as long as nothing changes. */
  readonly repos: ReadonlySet<string>;
  /** Looks again which repositories have one. Never rejects. */
  look(): Promise<void>;
  /**
   * Gives it the branch of a place and the refs of its task, but for what runs changed in the git folder; what it has already
   * costs one question. A branch that is known in this clone is replaced; one that is not is somebody else's work:
   * `DomainError("conflict")`, or with `keepOther` it is kept there as `refs/coder/kept/task-{id}-{commit}` and replaced. A ref
   * whose name has other work there goes by such a name itself. `refsOnly`: the branch is somebody else's by now.
   */
  give(place: Pick<Place, "repo" | "branch">, options: GiveToOptions): Promise<Given>;
  /** Fetches what it has of a task. Refs get the names that they have there, if they are free here. */
  take(place: Pick<Place, "repo" | "branch">, options: { task: number }): Promise<Taken>;
  /** Fetches the commit of a branch, or a commit by its whole id; null when it has none of that name. */
  takeBase(repo: string, base: string): Promise<string | null>;
}

/** Where there is none: nothing crosses. */
export const noExchange: Exchange = {
  has: () => false,
  repos: new Set(),
  look: () => Promise.resolve(),
  give: () => Promise.reject(new Error("No repository has an exchange")),
  take: () => Promise.reject(new Error("No repository has an exchange")),
  takeBase: () => Promise.resolve(null),
};
