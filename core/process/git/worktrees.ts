// What the engine needs of git, as a port: git_worktrees.ts does it with real git; a simulation passes its own.
//
// A *place* is where a task's work lives: one branch and one folder of one repository, marked as ours by the store's uuid.

import type { StrayWork } from "../../domain/event.ts";

/** Where a task's work lives. */
export interface Place {
  /** The repository's name. */
  repo: string;
  branch: string;
  /** The worktree's folder, absolute. */
  path: string;
  /** What the task was to start from, as it was asked for. */
  base: string;
  /** The commit that this named then. */
  base_commit: string;
}

/** The folders that what works in a place has to do with; real paths. */
export interface PlaceFolders {
  /** The worktree's own. */
  worktree: string;
  /** In which all worktrees of the repository are made. */
  root: string;
  /** The git folder that the repository's worktrees share, and the worktree's own one in it. */
  common: string;
  git: string;
}

/** For `Worktrees.add`. */
export interface AddOptions {
  repo: string;
  task: number;
  /** The name to use if it is free, for branch and folder. */
  branch: string;
  /** The branch, tag or commit to start from, as it was asked for. */
  base: string;
  /** The commit to start from, where that is known already. */
  baseCommit: string | null;
  /** Called before git writes the files: for a while nobody else has anything to do. */
  onClaimed?(): void;
}

/** A new place. */
export interface AddedPlace extends Place {
  /** The refs under which what was in the way of its name is kept. */
  kept: string[];
}

/** The ref that saves what a run left, and its commit. */
export interface Snapshot {
  ref: string;
  commit: string;
  /** What repositories inside the worktree alone held, kept under refs of their own. */
  nested?: { path: string; ref: string; commit: string }[];
}

/** What a place held at a moment. `ref`: null when that is the commit it started from, which needs none. */
export interface Point {
  ref: string | null;
  commit: string;
}

/** How far a place is from the commit that it started from. */
export interface Changes {
  lines_added: number;
  lines_removed: number;
  /** Files changed but not committed. */
  uncommitted: number;
}

/** How far a branch is: `commits` lie between the base and `commit`, this one included. */
export interface Progress {
  commit: string;
  commits: number;
}

/** A commit id, or the merge base with a local branch as it is now. */
export type DiffFrom = string | { mergeBaseWith: string };

/** For `Worktrees.diff`. */
export interface DiffOptions {
  /**
   * Default: the place's base commit. It also stands for a merge base when the branch does not exist or shares nothing, and
   * when all of what is compared is in the branch.
   */
  from?: DiffFrom;
  /** A commit id; or, by default, "now": the worktree as it stands, untracked files included, else its branch. */
  to?: string;
  /** Lines that differ in white space only are the same. */
  ignoreSpace?: boolean;
}

/** A diff, and what it compares. `to`: null for the worktree as it stands. */
export interface Compared {
  from: string;
  to: string | null;
  /** Unified, with renames and whole blob ids. */
  stream: ReadableStream<Uint8Array>;
}

/** What `.worktreeinclude` brought into a place. */
export interface IncludedFiles {
  /** Paths in the worktree, sorted: the first 200. */
  files: string[];
  count: number;
  bytes: number;
  /** What could not be copied, the first 20, and how many there were. */
  failed: { path: string; reason: string }[];
  failedCount: number;
}

/** What is not committed, saved under a ref and out of the way. */
export interface Aside {
  ref: string;
  commit: string;
  /** How many files, and the first 50 of their names. */
  count: number;
  files: string[];
}

/**
 * What the git folder of a place's repository holds besides its history, from before a run. While there is one, it and all that
 * come later in the repository share one baseline. Disposing of it says that the run is over; what was not compared then
 * stays as it is.
 */
export interface FolderGuard extends Disposable {
  /** The record of the place's worktree, by its path in the git folder; empty when it has none. */
  readonly worktree: string;
}

/** Whose changes in a git folder are looked for. */
export interface FolderWork {
  task: number;
  run: number;
  /** What worked for the task after that run: a word and a number that tell it from all else, such as `cleanup-41`. */
  during?: string;
}

/** One path in a repository's git folder that was not as before. */
export interface FolderChange {
  path: string;
  change: "added" | "changed" | "removed";
  /** What could not be kept or undone, and why, in words. */
  note?: string;
}

/** What was undone in a repository's git folder, and the commit that keeps it. */
export interface FolderChanges {
  /** Sorted by path: the first 50. */
  changes: FolderChange[];
  count: number;
  /** Null when there are none. */
  ref: string | null;
  commit: string | null;
}

/**
 * What runs need. Every method that is handed a place or a repository's name throws `DomainError("unavailable")` when that
 * repository is not configured, its folder is gone, or git refuses, and `DomainError("conflict")` when a place's folder is not
 * in the folder for worktrees; but `isWhole` and `whyUnusable` answer then.
 */
export interface Worktrees {
  /**
   * Makes branch and worktree of a task. `branch` is the name to use; a branch or folder of that name that is not ours
   * leads to `{branch}-2` and so on; one that is ours and stale is kept under `refs/coder/kept/...` and replaced.
   * Throws `DomainError("invalid")` when `base` is unknown and `DomainError("unavailable")` when git refuses.
   */
  add(options: AddOptions): Promise<AddedPlace>;
  /**
   * Whether folder, branch and our mark are all there and healthy. Clears locks that a killed git left, so ask only while
   * nothing of the task's runs is alive.
   */
  isWhole(place: Place): Promise<boolean>;
  /** Throws `DomainError("not_found")` when there is no worktree at the place's path. */
  folders(place: Place): Promise<PlaceFolders>;
  /** The path that a place would have here, whose worktree is on another machine. */
  pathHere(place: Place): Promise<string>;
  /** Where the folder of a whole place is now: its repository, or the folder of all worktrees, may have been moved. */
  pathOf(place: Place): Promise<string>;
  /**
   * Why a place that may not be whole cannot be put back either, in words that follow "because"; null when it can be, or
   * stands. `commit`: where its work is known to be saved, if it is. Reads only.
   */
  whyNotRestorable(place: Place, options: { commit: string | null }): Promise<string | null>;
  /**
   * Puts a place back whose folder is gone or broken: its branch as it stands, else `commit`, in a worktree at the same path.
   * What a broken folder holds is kept under `refs/coder/kept/...` first. Returns the commit it is at. Throws
   * `DomainError("conflict")` when nothing is left to put back or the name is somebody else's by now.
   */
  restore(place: Place, options: { task: number; commit: string | null }): Promise<{ commit: string; kept: string[] }>;
  /**
   * Removes what an `add` for a task left that was cut short before anybody knew of it: names that begin with `prefix`, are
   * ours and in which nobody has worked.
   */
  sweep(repo: string, options: { task: number; prefix: string }): Promise<void>;
  /** Why no worktree can be made in a repository whatever the task, in one line: its folder is gone, say. Null: it can. */
  whyUnusable(repo: string): Promise<string | null>;
  /**
   * Saves commits and uncommitted files (tracked and untracked, not ignored) under `refs/coder/task-{id}/run-{n}`, and what
   * repositories inside the worktree alone hold beside it. Called again, also after a crash during `remove`, it returns what
   * was saved. Throws when anything could not be saved.
   */
  snapshot(place: Place, options: { task: number; run: number }): Promise<Snapshot>;
  /**
   * Keeps what a place holds now, as `snapshot` does, under `refs/coder/task-{id}/point-{name}`; `name` is a word and a
   * number (`run-3`). HEAD's own commit when all is committed. `uncommitted`: as `changes` has just counted it; with 0 there
   * is no look at the files. Of a worktree that is gone its branch speaks. Called again, it returns what was saved; for
   * other work, a ref with -2 and so on. Throws when anything could not be saved; the place is as it was then.
   */
  savePoint(place: Place, options: { task: number; name: string; uncommitted?: number }): Promise<Point>;
  /**
   * Keeps the files of a place as they are now, without what is ignored, as a commit under the ref of the run's steps, after
   * `before`. Null when they are as in that commit, or the place is gone. Neither branch nor index change.
   */
  keepFiles(
    place: Place,
    options: { task: number; run: number; before: string },
  ): Promise<{ ref: string; commit: string } | null>;
  /** Removes worktree and branch; refuses what is not marked as ours. Idempotent. */
  remove(place: Place): Promise<void>;
  /** Copies what `.worktreeinclude` of the main checkout names into a place. What cannot be copied is told, not thrown. */
  include(place: Place): Promise<IncludedFiles>;
  /** Names of what `changes` counts as not committed, sorted: the first 50. */
  uncommitted(place: Place): Promise<{ count: number; files: string[] }>;
  /**
   * Takes what is not committed out of a place, ignored files left alone, and saves it under a ref first; null when all is
   * committed. Throws `DomainError("conflict")` in the middle of a merge or a rebase.
   */
  setAside(place: Place, options: { task: number; run: number }): Promise<Aside | null>;
  /**
   * Brings that back, to be committed or not as before; what was written in its way meanwhile is kept under
   * `refs/coder/kept/...`. Idempotent, also after a crash at any point of either.
   */
  bringBack(place: Place, aside: Pick<Aside, "ref" | "commit">, options: { task: number }): Promise<void>;
  /**
   * Looks at what a repository's git folder holds besides its history, before a run. `file`: where that is stored too, for a
   * service that comes back after the run's own was killed; the caller removes it.
   */
  guardFolder(place: Place, options?: { file?: string }): Promise<FolderGuard>;
  /**
   * Compares, keeps what changed as a commit under `refs/coder/task-{id}/git-folder-{run}` (`-{during}`), puts back what was
   * there, and disposes of the guard. A person's own changes in that time are undone, too. To be called when nothing of the run is
   * alive; called again, also after a crash at any point, it finishes and returns what was kept. Throws
   * `DomainError("not_found")` when the file is not there or broken.
   */
  restoreFolder(
    place: Place,
    guard: FolderGuard | { file: string },
    options: FolderWork,
  ): Promise<FolderChanges>;
  /** The commit that a base names. Throws `DomainError("invalid")` when it names none, with names that are near. */
  requireBase(repo: string, base: string): Promise<string>;
  /**
   * The text of a file at a commit; null when it is not there. Throws `DomainError("invalid")` when it is no file, no UTF-8 or
   * larger than 256 KiB.
   */
  readAtCommit(repo: string, commit: string, path: string): Promise<string | null>;
  /** The commit that the worktree is at, and that of the place's branch; null when the branch is gone. */
  commits(place: Place): Promise<{ head: string; branch: string | null }>;
  /**
   * What the place's branch is at, and how many commits it has since the base; null when it is gone. `known`: the last answer,
   * which is given again as long as the branch has not moved.
   */
  progress(place: Place, known?: Progress | null): Promise<Progress | null>;
  /** Whether a commit is another one, or one before it; false when either is not in the repository. */
  isWithin(repo: string, options: { commit: string; of: string }): Promise<boolean>;
  /** How many commits there are up to `commit` that none of `bases` has; those that are not in the repository do not count. */
  countBeyond(repo: string, options: { commit: string; bases: string[] }): Promise<number>;
  /** Paths that differ between two commits, sorted. */
  changedNames(repo: string, options: { from: string; to: string }): Promise<string[]>;
  /** Against the base commit, of the worktree as it stands, or of its branch. Throws `DomainError("not_found")` without either. */
  changes(place: Place): Promise<Changes>;
  /** The names of all worktrees of a repository, for `strayed`; asked before an agent starts. */
  names(repo: string): Promise<ReadonlySet<string>>;
  /**
   * Commits made in the place that are not on its branch, and those of worktrees that were made since `before` and are none
   * of ours. What is on no branch is kept under `refs/coder/kept/...`.
   */
  strayed(place: Place, options: { task: number; before: ReadonlySet<string> }): Promise<StrayWork[]>;
  /**
   * What changed between two moments of a place, or of two places of one repository: commits say nothing about theirs.
   * Throws `DomainError("not_found")` when there is no such commit, or neither worktree nor branch, and
   * `DomainError("invalid")` for what is no commit id.
   */
  diff(place: Place, options?: DiffOptions): Promise<Compared>;
  /**
   * The bytes of a file at a commit or "now"; of a symbolic link, where it leads as text. Null when there is no file of that
   * name: a folder, an ignored file, one behind a link or in a repository inside are none. Throws `DomainError("invalid")`
   * for what is no path within the repository and for more than 10 MiB, and what `diff` throws.
   */
  fileAt(place: Place, options: { at: string; path: string }): Promise<Uint8Array | null>;
  /**
   * What is in a folder at a commit or "now", the first 2,000; `path` is empty for the top. Null when there is no folder of
   * that name, or it is behind a link or in a repository inside. Throws what `fileAt` throws.
   */
  folderAt(place: Place, options: { at: string; path: string }): Promise<FolderContent | null>;
}

export interface FolderEntry {
  name: string;
  /** `link`: a symbolic one. `repository`: one that is nested, or a submodule. */
  kind: "file" | "folder" | "link" | "repository";
  /** Of a file; else null. */
  bytes: number | null;
}

/** Folders first, each by name. `isCut`: there are more. */
export interface FolderContent {
  entries: FolderEntry[];
  isCut: boolean;
}

/** What one repository holds because of us. */
export interface Traces {
  /** Worktrees that are ours by their mark or by the claim on their name. `task`: from the mark, else null. */
  worktrees: { path: string; branch: string; task: number | null }[];
  /** Branches whose names we claimed and that no worktree of ours has. */
  branches: string[];
  /** The refs under `refs/coder/` that save work. They carry no store's mark. */
  saved: { name: string; commit: string }[];
}

/** What looks after the places of tasks that are over. A port of its own: what runs tasks needs none of it. */
export interface WorktreeUpkeep {
  /** Reads only. */
  traces(repo: string): Promise<Traces>;
  /**
   * The commit of a place whose removal loses nothing: it is ours, nothing in it is uncommitted, and its commits can be
   * reached from its base or from another branch, local or remote. Else null.
   */
  mergedCommit(place: Place): Promise<string | null>;
  /** Removes worktree and branch if `mergedCommit` still holds, else throws `DomainError("conflict")`. Idempotent. */
  removeMerged(place: Place): Promise<void>;
  /** Whether a ref exists and names that commit. */
  hasSnapshot(repo: string, snapshot: Snapshot): Promise<boolean>;
  /** The points of a task that are still in the repository, whoever saved them. */
  points(repo: string, task: number): Promise<Snapshot[]>;
  /** Deletes the ref of a snapshot or point if it still names its commit. */
  removeSnapshot(repo: string, snapshot: Snapshot): Promise<void>;
}
