// What workers of one store know of each other.

import { hasLabels, type Labels } from "./labels.ts";
import type { SandboxLevel } from "./sandbox.ts";

/** What a worker tells of itself; its beat carries it, so it is small. */
export interface WorkerAbout {
  name: string;
  /** Of the program. */
  version: string;
  /** The names of its repositories, 100 at most. */
  repos: string[];
  /** What tasks may ask for. */
  labels: Labels;
  /** Runs at once at most; 0: it is a door without agents. */
  slots: number;
  /** Slots without work. */
  free: number;
  /** The ids of the tasks that run on it, 50 at most. */
  running: number[];
  /** Why it claims nothing for now; null: nothing holds it back. */
  paused: string | null;
  /** Somebody asked it to claim nothing more. */
  draining: boolean;
  /** What is wrong with its disk; null: nothing. */
  disk: string | null;
  /** How far runs are confined that ask for nothing more. */
  confinement: SandboxLevel;
  /** Where the others reach its API; null: nobody said. */
  url: string | null;
}

/**
 * By its beat: it moves, stands still for longer than two beats, said that it stopped and is waited for (`away`), or stands still
 * for so long that its runs are taken over.
 */
export type WorkerState = "alive" | "silent" | "away" | "dead";

export interface KnownWorker {
  /** Null: it never said its name here. */
  name: string | null;
  state: WorkerState;
  /** How long its beat has stood still while it could be read, in ms of the observer's clock. */
  stillMs: number;
  /** As it was read last; null: its program is too old to tell, or it has never been seen to beat. */
  about: WorkerAbout | null;
}

/** The other workers, by their uuids. */
export type KnownWorkers = ReadonlyMap<string, KnownWorker>;

/** Whether one of them could run a task, now or when it has a slot free. */
export function canRun(
  { state, about }: KnownWorker,
  { repo, labels = {} }: { repo: string; labels?: Labels },
): boolean {
  return state !== "dead" && about !== null && about.slots > 0 && about.repos.includes(repo) &&
    hasLabels(about.labels, labels);
}
