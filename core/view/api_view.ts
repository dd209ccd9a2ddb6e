// What clients send and get besides single tasks and events: the JSON of the API, for the server and for the browser.

import type { Effort, LandingMethod, TaskEvent, TaskSpec } from "../domain/event.ts";
import type { Status } from "../domain/task.ts";
import type { TaskView } from "./task_view.ts";

/** What `POST /api/tasks` carries after validation; `repo: null` means the first one. */
export type NewTask = Omit<TaskSpec, "repo"> & { repo: string | null };

export interface TaskPage {
  tasks: TaskView[];
  /** The cursor of the next page; null when there is none. */
  next: string | null;
}

export interface EventPage {
  events: TaskEvent[];
  /** `after` of the next page; null when this one reaches the head. */
  next: number | null;
}

export interface AgentState {
  kind: "claude" | "demo" | "missing";
  /** `claude 2.1.331`, `demo`, or `none`. */
  name: string;
  /** What to do when the agent is missing or is the demo. */
  hint: string | null;
  /** Of claude. */
  version: string | null;
  /** The versions of claude from and to which the tests are run. */
  tested: { oldest: string; newest: string };
  /** Why its version may behave otherwise than tested. */
  notice: string | null;
  /** What a task's `effort` may be; empty when it knows none. */
  efforts: Effort[];
  /** Whether it knows a task's `fallback_model`. */
  fallback_model: boolean;
}

/** `GET /healthz`. */
export interface Health {
  status: "ok" | "paused" | "stopping";
  version: string;
  store: string;
  worker: { id: string; name: string };
  agent: AgentState;
  git: string;
  repos: { name: string; path: string; branch: string | null; head: string }[];
  root: boolean;
  /** How the processes of a run are held together; with `none` one that hides may outlive it, and `reason` says why. */
  containment: { kind: "subreaper" | "none"; reason: string | null };
  token: boolean;
  slots: { busy: number; total: number };
  tasks: Record<Status, number>;
  /** Why this worker claims nothing at the moment. */
  pause: { reason: string; until: string | null } | null;
  /** What a person should know: where repositories and log differ, a version that was not tested; a sentence each. */
  notices: string[];
}

/** How a repository's setup or check ended last. */
export interface StepRecord {
  task: number;
  /** Of the task's event that says so. */
  seq: number;
  at: string;
  outcome: string;
  duration_ms: number;
}

/** What holds for work in a repository. Of its variables the names alone: a value may be a secret, and stays on the server. */
export interface RepositorySettings {
  setup: string | null;
  check: string | null;
  cleanup: string | null;
  setup_timeout_seconds: number;
  check_timeout_seconds: number;
  cleanup_timeout_seconds: number;
  check_rounds: number;
  commit_reminder: boolean;
  env: string[];
  model: string | null;
  effort: Effort | null;
  target: string | null;
  method: LandingMethod | null;
  land: "auto" | "never" | null;
  sandbox: { level: "off" | "files" | "full"; allowed_domains: string[] } | null;
}

/** A configured repository as it stands now. */
export interface RepositoryView {
  name: string;
  /** The top folder of its working tree. */
  path: string;
  /** What is checked out there; null: none, or not known. */
  branch: string | null;
  /** Null: it cannot be looked at, and `error` says why. */
  head: string | null;
  /** What is in force at its HEAD; null where `error` says why nothing is. */
  settings: RepositorySettings | null;
  /** Where each field that is set comes from. */
  sources: Partial<Record<keyof RepositorySettings, "coder.json" | "operator">>;
  /** What is wrong with it or with one of its files, there with line and column. */
  error: string | null;
  last_setup: StepRecord | null;
  last_check: StepRecord | null;
}
