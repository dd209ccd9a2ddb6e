// What clients send and get besides single tasks and events: the JSON of the API, for the server and for the browser.

import type { CostBasis, LandingMethod, TaskEvent } from "../domain/event.ts";
import type { Effort, TaskSpec } from "../domain/task_spec.ts";
import type { SandboxLevel } from "../domain/sandbox.ts";
import type { Status } from "../domain/task.ts";
import type { TaskView } from "./task_view.ts";

/** What `POST /api/tasks` carries after validation; `repo: null` means the first one. */
export type NewTask = Omit<TaskSpec, "repo"> & { repo: string | null };

export interface TaskPage {
  tasks: TaskView[];
  /** The cursor of the next page; null when there is none. A page of a search ends where its time was over, perhaps empty. */
  next: string | null;
  /** Of a search: where the words are that are not in the title. */
  hits: SearchHit[];
}

/** Where the words of a search are in a task. */
export interface SearchHit {
  id: number;
  in: "prompt" | "output" | "error" | "plan";
  /** What stands around it, on one line. */
  text: string;
}

export interface EventPage {
  events: TaskEvent[];
  /** `after` of the next page; null when this one reaches the head. */
  next: number | null;
}

export interface AgentState {
  /** `none`: a door, which is to have none. */
  kind: "claude" | "demo" | "missing" | "none";
  /** `claude 2.1.331`, `demo`, or `none`. */
  name: string;
  /** What to do when the agent is missing or is the demo; why there is to be none. */
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

/** What is stored, in bytes, as it was at the last look; null: not known yet, or stored elsewhere. */
export interface Stored {
  /** Of all raw logs. */
  logs_bytes: number | null;
  /** Of the file of the database. */
  store_bytes: number | null;
  /** That are free on the disk of the logs. */
  free_bytes: number | null;
  /** The logs of tasks that are over for so many days: as CODER_RETENTION_DAYS says, else 30. */
  retention: { days: number; frees_bytes: number | null };
  /** In words, once that is much. */
  notice: string | null;
}

/** `GET /healthz`. */
/** An event in which a search found its text. */
export interface EventHit {
  seq: number;
  type: string;
  at: string;
  /** What stands around it, on one line. */
  text: string;
}

export interface EventHits {
  hits: EventHit[];
  /** The last event that was looked at. */
  searched: number;
  /** Where the next request goes on; null when all were looked at. */
  next: number | null;
}

export interface LogHits {
  /** Lines count from 1; `offset`: the byte at which it begins; `at`: when it came, where that is known. */
  hits: { line: number; offset: number; at: string | null; text: string }[];
  /** Bytes that were looked at, from the start, and of the whole log. */
  searched: number;
  size: number;
  /** The cursor of the next request; null at the end. */
  next: string | null;
}

/** What was spent since a moment, in US dollars. */
export interface Spending {
  since: string;
  /** Of the runs that ended since. */
  cost_usd: number;
  cost_basis: CostBasis;
  /** What the runs that are open cost so far, as far as is known. */
  running_usd: number;
  /** Tasks that ran. */
  tasks: number;
  /** False: there were so many that not all of them were looked at. */
  whole: boolean;
}

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
  /**
   * How far runs are confined that ask for nothing more. `asked`: by CODER_SANDBOX. `reason`: why they are not, and what to do
   * about it, in one line; null where they are, and where CODER_SANDBOX says off.
   */
  sandbox: { asked: "auto" | SandboxLevel; level: SandboxLevel; reason: string | null };
  token: boolean;
  stored: Stored;
  /** `total`: how many runs there may be at once now; `configured`: without what was asked since; `busy` may be more than both. */
  slots: { busy: number; total: number; configured: number };
  tasks: Record<Status, number>;
  /** Why this worker claims nothing at the moment. */
  pause: { reason: string; until: string | null } | null;
  /** Somebody asked this worker to claim nothing more. */
  draining: boolean;
  /** How many workers of the store are alive, this one among them. */
  workers: number;
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
  /** The git remote by which workers hand each other work, without user and password; null: none. */
  exchange: string | null;
  sandbox: { level: SandboxLevel; allowed_domains: string[]; push: boolean; serve: boolean };
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
