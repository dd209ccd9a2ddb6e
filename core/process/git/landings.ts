// How work gets into the branch that it is meant for, as a port: landing/git_landings.ts does it with real git, 2.38 or newer.
//
// Work is a commit, usually the tip of a task's branch; the *target* is a local branch. A landing is two calls: `integrate`
// makes the commit that the target would become and touches nothing; `move` takes the target there from the one commit that
// was integrated upon, and from no other. Between the two the result can be checked, and whoever moved the target meanwhile
// wins.

import type { LandingMethod } from "../../domain/event.ts";
import type { LandingPreview } from "../../domain/landing_preview.ts";
import type { Place } from "./worktrees.ts";

/** What a work and a target make together. `target_commit`: what the target was at. */
export type Integration =
  | { kind: "integrated"; target_commit: string; commit: string }
  /** `at`: the commit of the work that does not apply. */
  | { kind: "conflict"; target_commit: string; conflicts: string[]; at?: string }
  | { kind: "refused"; target_commit: string; reason: string }
  /** The target has all of the work. */
  | { kind: "already"; target_commit: string };

/** How a move ended; only in the first case is anything changed. */
export type Moved =
  | { kind: "moved"; backup_ref: string }
  /** The target is gone, or at another commit. */
  | { kind: "lost_race"; reason: string }
  /** git's own words; `files`: what it would not overwrite. */
  | { kind: "refused"; reason: string; files: string[] };

/**
 * What landings need. Every method throws `DomainError("unavailable")` when the repository is not configured, its folder is
 * gone, or git fails; with a target, `DomainError("invalid")` when that is no name of a branch, and, but for `move` and
 * `outcomeOf`, `DomainError("not_found")` when there is no such branch.
 */
export interface Landings {
  /**
   * The branch that work from `base` lands in where nobody says: `base` itself if it is a local branch, or the local branch of
   * that name if it is one of a remote, else the branch that the repository has checked out. Throws `DomainError("invalid")`
   * when there is none.
   */
  defaultTarget(repo: string, base: string): Promise<string>;
  /** What would happen. Writes objects only. */
  preview(repo: string, options: { target: string; commit: string }): Promise<LandingPreview>;
  /**
   * Makes the commit that the target would become. Writes objects only. `message`: of the commit that `merge` and `squash`
   * make.
   */
  integrate(
    repo: string,
    options: { target: string; commit: string; method: LandingMethod; message: string },
  ): Promise<Integration>;
  /**
   * Moves the target from exactly `from` to `to`, a descendant of it, after it saved `from` under
   * `refs/coder/task-{id}/target-{n}`. Where the target is checked out, its files move too, and nothing of a person's is
   * overwritten. `message`: for the reflog. Throws `DomainError("invalid")` when the target is the task's own branch.
   */
  move(
    repo: string,
    options: { target: string; from: string; to: string; task: number; message: string },
  ): Promise<Moved>;
  /**
   * After a crash: what became of a move, once its git has ended. Throws `DomainError("unavailable")` as long as it has not.
   */
  outcomeOf(
    repo: string,
    options: { target: string; from: string; to: string },
  ): Promise<"moved" | "not_moved" | "elsewhere">;
  /** Whether two commits hold the same files. */
  isSameContent(repo: string, one: string, other: string): Promise<boolean>;
  /** Of the files that changed between two commits, those whose content in `commit` has markers of a conflict; sorted. */
  conflictMarkers(repo: string, options: { from: string; commit: string }): Promise<string[]>;
  /**
   * Merges `commit` into what is checked out in a place. Conflicts stay there, with their markers and an unfinished merge, for
   * the agent; without any the merge is committed. A merge of the same commit that is going on is left as it is. Throws
   * `DomainError("conflict")` when something else is going on, or what is not committed is in the way.
   */
  mergeInto(place: Place, options: { commit: string; message: string }): Promise<{ conflicts: string[] }>;
  /**
   * A worktree of ours at a commit, on no branch, in the folder for worktrees; replaces one of that name. Throws
   * `DomainError("conflict")` when the name is somebody else's, or a branch's.
   */
  addCheckout(repo: string, options: { name: string; commit: string; task: number }): Promise<{ path: string }>;
  /** Removes what `addCheckout` made, also when a crash cut that short. Idempotent. */
  removeCheckout(repo: string, options: { name: string }): Promise<void>;
}
