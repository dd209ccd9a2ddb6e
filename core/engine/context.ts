// What every part of the engine stands on.

import type { Labels } from "../domain/labels.ts";
import type { About, Clock, Random } from "../domain/ports.ts";
import type { Store } from "../kv/store.ts";
import type { Agent } from "../process/agent.ts";
import type { Exchange } from "../process/git/exchange.ts";
import type { Landings } from "../process/git/landings.ts";
import type { Outgoing } from "../process/git/outgoing.ts";
import type { Worktrees } from "../process/git/worktrees.ts";
import type { Poster } from "../process/post.ts";
import type { Projects } from "../process/project/project_settings.ts";
import type { Sandboxes } from "../process/sandbox/sandbox.ts";
import type { StepRunner } from "../process/project/step_process.ts";
import type { TaskPorts } from "../process/project/task_ports.ts";
import type { MakeHelper } from "../process/waiting_helper.ts";

export interface EngineSettings {
  /** Runs at once on this worker. */
  maxConcurrent: number;
  /** Names of the repositories this worker has; the first is the default. Changes when people add or remove one. */
  readonly repos: string[];
  /** What this worker is, for tasks that ask for it. */
  labels?: Labels;
  /** Where the other workers reach this one's API; null or absent: nobody said. */
  url?: string | null;
  /** Where people reach this one; null or absent: nobody said. */
  publicUrl?: string | null;
  /** Follows every prompt of a run that may write. */
  promptSuffix: string;
  /** No output at all this long after the start: the run fails. Later silence is only recorded. */
  stallMs: number;
  /** A run of a task without a limit of its own is stopped after this time; null or absent: never. */
  timeoutSeconds?: number | null;
  /** An agent of a task without a limit of its own that says nothing for so long is ended; null or absent: none is. */
  silenceSeconds?: number | null;
  /** What a run may print, and what a task's raw log may hold at most; without it there is no bound. */
  maxOutputBytes?: number;
  /** How long the tasks of this worker are its own after it stopped in good order; absent: not at all. */
  holdMs?: number;
  /** `{data}/logs`. */
  logs: string;
  /** `{data}/guards`, for git folders as they were before the runs that work now; without it a service that is killed forgets. */
  guards?: string;
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
  /** By which workers hand each other work. */
  exchange: Exchange;
  /** What repositories say about work in them. */
  projects: Projects;
  /** Runs their commands. */
  steps: StepRunner;
  ports: TaskPorts;
  sandboxes: Sandboxes;
  /** What an agent that runs in no sandbox is started by, ahead of it; without it, nothing is there ahead. */
  waitingHelper?: MakeHelper;
  /** The agent, or `DomainError("unavailable")` with what to do about it. Asked before each claim. */
  agent: () => Promise<Agent>;
  /** `id` is the worker's uuid, `name` a label. */
  worker: { id: string; name: string };
  settings: EngineSettings;
  /** Free bytes on the fullest of the disks with the data folder and the worktrees; null when unknown. */
  freeBytes: () => Promise<number | null>;
  /** Room on that disk that is given back when it is full; without it there is none. */
  reserve?: { keep(): Promise<void>; release(): Promise<void> };
  /** What the files beneath a folder take up on their disk. */
  folderBytes: (path: string) => Promise<number>;
  /** Sends messages to receivers elsewhere. */
  poster: Poster;
  /** Reports what no caller is there to hear. */
  warn(message: string, error: unknown, about?: About): void;
}
