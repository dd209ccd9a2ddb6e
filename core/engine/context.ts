// What every part of the engine stands on.

import type { About, Clock, Random } from "../domain/ports.ts";
import type { Store } from "../kv/store.ts";
import type { Agent } from "../process/agent.ts";
import type { Landings } from "../process/git/landings.ts";
import type { Outgoing } from "../process/git/outgoing.ts";
import type { Worktrees } from "../process/git/worktrees.ts";
import type { Projects } from "../process/project/project_settings.ts";
import type { StepRunner } from "../process/project/step_process.ts";
import type { TaskPorts } from "../process/project/task_ports.ts";

export interface EngineSettings {
  /** Runs at once on this worker. */
  maxConcurrent: number;
  /** Names of the repositories this worker has; the first is the default. */
  repos: string[];
  /** Follows every prompt of a run that may write. */
  promptSuffix: string;
  /** No output at all this long after the start: the run fails. Later silence is a notice. */
  stallMs: number;
  /** A run of a task without a limit of its own is stopped after this time; null or absent: never. */
  timeoutSeconds?: number | null;
  /** What a run may print, and what a task's raw log may hold at most; without it there is no bound. */
  maxOutputBytes?: number;
  /** `{data}/logs`. */
  logs: string;
}

/**
 * Whether a worktree that `holder` made is this worker's to use. A local file has one worker, whatever id it had when the
 * worktree was made: a backup that was restored elsewhere, or a data folder without its worker id, holds the same work.
 * Whether it is on this disk, and ours, git says.
 */
export function isOurs({ store, worker }: Pick<EngineContext, "store" | "worker">, holder: string): boolean {
  return !store.shared || holder === worker.id;
}

export interface EngineContext {
  store: Store;
  clock: Clock;
  random: Random;
  worktrees: Worktrees;
  landings: Landings;
  outgoing: Outgoing;
  /** What repositories say about work in them. */
  projects: Projects;
  /** Runs their commands. */
  steps: StepRunner;
  ports: TaskPorts;
  /** The agent, or `DomainError("unavailable")` with what to do about it. Asked before each claim. */
  agent: () => Promise<Agent>;
  /** `id` is the worker's uuid, `name` a label. */
  worker: { id: string; name: string };
  settings: EngineSettings;
  /** Free bytes on the disk of the data folder; null when unknown. */
  freeBytes: () => Promise<number | null>;
  /** Reports what no caller is there to hear. */
  warn(message: string, error: unknown, about?: About): void;
}
