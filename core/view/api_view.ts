// What clients send and get besides single tasks and events: the JSON of the API, for the server and for the browser.

import type { Effort, TaskEvent, TaskSpec } from "../domain/event.ts";
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
