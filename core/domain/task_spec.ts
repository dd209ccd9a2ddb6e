// What a task is asked to be: the choices of whoever submits it, and where it comes from.

import type { Labels } from "./labels.ts";

export type Mode = "execute" | "plan";

/** How much the model thinks; claude's `--effort`. */
export const efforts = ["low", "medium", "high", "xhigh", "max"] as const;
export type Effort = typeof efforts[number];

/** What a model's name may be, of at most 100 characters: nothing that claude's command line could take for something else. */
export const modelPattern = /^[A-Za-z0-9][\w.:@/[\]-]*$/;

/** The task of another store whose history was taken in here. */
export interface ImportedFrom {
  /** The other store's uuid. */
  store: string;
  task: number;
  /** How many events there are. */
  events: number;
  exported_at: string;
  /** Its repository there, where it was given another one here; absent: of the same name. */
  repo?: string;
}

/** The moment of another task that a task goes on from. */
export interface ForkedFrom {
  task: number;
  seq: number;
  /** The event after which the files were as its base has them; null: there was no worktree yet. */
  files: number | null;
  /** `again`: its prompt is the other one's; `new`: it has one of its own. */
  told: "again" | "new";
}

/** What the submitter chose. `null` means "not set". */
export interface TaskSpec {
  title: string;
  prompt: string;
  /** Higher goes first. */
  priority: number;
  depends_on: number[];
  /** The name of a configured repository. */
  repo: string;
  /** A branch, tag or commit, or `task:12` for task 12's branch; `null`: the repository's HEAD. */
  base: string | null;
  model: string | null;
  /** Absent where it was not a choice yet; so is the next. */
  effort?: Effort | null;
  /** Models to fall back to when the chosen one is busy, with commas between them. */
  fallback_model?: string | null;
  mode: Mode;
  max_attempts: number;
  /** Per run. */
  timeout_seconds: number | null;
  /** How long its agent may say nothing; `null` or absent: as the service says. */
  silence_seconds?: number | null;
  /** For all runs of the task together. */
  max_budget_usd: number | null;
  /** The command line that judges the result; `null`: none. Absent, as the next: as the repository's `coder.json` says. */
  check?: string | null;
  /** Whether the agent is asked to commit what it left uncommitted. */
  commit_reminder?: boolean;
  /** `auto`: what is good lands by itself; `null`: not, whatever the repository says. Absent: as its `coder.json` says. */
  land?: "auto" | null;
  /** What the worker that runs it must have; absent: nothing. */
  labels?: Labels;
  /** Where it comes from that was not made here: it is read, and nothing works on it. Absent: it was. */
  imported?: ImportedFrom;
  /** Absent: it goes on from no other one. */
  forked_from?: ForkedFrom;
  /** Words of the submitter's own, by which people find it; absent: none. */
  tags?: string[];
  /** No agent works: setup and check are tried on the base, in a worktree that goes afterwards. */
  trial?: true;
  /** What made it, where that was no person; absent: somebody called the API. */
  origin?: TaskOrigin;
}

/** A schedule, or what somebody wrote on GitHub. */
export type TaskOrigin =
  | { kind: "schedule"; schedule: number; name: string; due_at: string | null }
  | { kind: "github"; repository: string; issue: number; url: string };

/** What a schedule makes a task of; `repo: null`: the first repository. */
export type TaskTemplate = Omit<TaskSpec, "repo" | "origin" | "trial"> & { repo: string | null };
