// How work leaves the house in git, as a port: git_worktrees.ts does it with real git.

import type { DiffFrom, Place } from "./worktrees.ts";

/** For `Outgoing.push`. */
export interface PushOptions {
  /** The name of a configured remote; null: `origin`, else the only one. */
  remote: string | null;
  /** What the branch is called there. Default: as here. */
  branch?: string;
  /** The commit that the branch is at there by all we know; null: it must not exist. */
  expected: string | null;
  timeoutMs: number;
}

/** What was pushed, and where. */
export interface Pushed {
  remote: string;
  /** Without user and password. */
  url: string;
  branch: string;
  commit: string;
}

/** Errors are, besides those that are named, what `Worktrees` throws. No text holds the user or password of a URL. */
export interface Outgoing {
  /**
   * Pushes the place's branch, whatever else is configured to go along left here. The user's ssh and credential helpers do
   * their work, but nothing asks; hooks here, and in a remote that is a folder, do not run. Pushed already is pushed.
   *
   * Throws `DomainError("invalid")` when there is no such remote, none to choose, or no such name of a branch;
   * `DomainError("conflict")` when the branch there is not at `expected`; `DomainError("not_found")` when the place's branch is
   * gone; `DomainError("unavailable")` when it does not come about, in git's words.
   */
  push(place: Place, options: PushOptions): Promise<Pushed>;
  /**
   * The branch of a place and what was saved of its task, with all history, as a file for `git fetch` that goes when it is
   * disposed of; `thin`: without what the base has. Null when there is nothing.
   */
  bundle(place: Place, options: { task: number; thin: boolean }): Promise<(AsyncDisposable & { path: string }) | null>;
  /**
   * Takes what `bundle` made elsewhere of task `from` into a repository, under the refs of task `to`. Throws
   * `DomainError("unavailable")` with what git says when it cannot, and `invalid` when there is nothing of that task.
   */
  takeBundle(repo: string, path: string, options: { from: number; to: number }): Promise<void>;
  /**
   * The commits after `from` up to `to`, an id, as an mbox for `git am`, oldest first; empty when there are none. As git has
   * it, without merge commits. Throws what `Worktrees.diff` throws.
   */
  patch(place: Place, options: { from?: DiffFrom; to: string }): Promise<ReadableStream<Uint8Array>>;
}
