// What a landing would do, as git finds it and as a person is shown it.

import type { LandingMethod } from "./event.ts";

/** What a landing would do. */
export interface LandingPreview {
  target: string;
  /** The commit that it is at. */
  target_commit: string;
  /** The work's. */
  commit: string;
  /** Null when they have no history in common. */
  merge_base: string | null;
  /** Commits of the work that the target does not have. */
  ahead: number;
  /** Commits of the target that the work does not have. */
  behind: number;
  /** Files that conflict when the two are merged, sorted: the first 200. */
  conflicts: string[];
  /** The target has all commits of the work. */
  is_landed: boolean;
  /** Null: possible; else why not, in one sentence. */
  methods: Record<LandingMethod, string | null>;
  /** Where the target is checked out, and the files with changes of somebody there that the landing would overwrite. */
  checkout: { path: string; in_the_way: string[] } | null;
}
