// The workers of a store as clients see them.

import type { Labels } from "../domain/labels.ts";
import type { SandboxLevel } from "../domain/sandbox.ts";
import type { KnownWorker, WorkerAbout, WorkerState } from "../domain/worker.ts";

/** One of `GET /api/workers`. What it never told is null or empty: its program is older, or it has not beaten since. */
export interface WorkerView {
  id: string;
  name: string;
  /** Whether it is the one that answers. */
  self: boolean;
  state: WorkerState;
  version: string | null;
  repositories: string[];
  labels: Labels;
  slots: number | null;
  free: number | null;
  /** Ids of tasks. */
  running: number[];
  /** How long ago its last beat was seen, in ms of the answering worker's clock; null on a local file, which has one worker. */
  last_beat_ms: number | null;
  paused: string | null;
  draining: boolean;
  disk: string | null;
  confinement: SandboxLevel | null;
  url: string | null;
}

/** A worker in a task, in a word. */
export interface WorkerName {
  id: string;
  name: string;
}

/** What is shown of a worker whose name nobody knows. */
export function workerName(id: string, name: string | null | undefined): string {
  return name ?? id.slice(0, 8);
}

/** One of the other workers; `draining`: as somebody asked it, whether it knows yet or not. */
export function otherWorkerView(id: string, known: KnownWorker, draining: boolean): WorkerView {
  const { name, state, stillMs, about } = known;
  return {
    ...{ id, name: workerName(id, name), self: false, state },
    ...told(about),
    ...{ last_beat_ms: Math.round(stillMs), draining },
  };
}

/** The answering worker itself. */
export function ownWorkerView(
  id: string,
  about: WorkerAbout,
  { state, beatAgeMs }: { state: WorkerState; beatAgeMs: number | null },
): WorkerView {
  return {
    ...{ id, name: about.name, self: true, state },
    ...told(about),
    ...{ last_beat_ms: beatAgeMs === null ? null : Math.round(beatAgeMs), draining: about.draining },
  };
}

function told(about: WorkerAbout | null) {
  return {
    version: about?.version ?? null,
    repositories: about?.repos ?? [],
    labels: about?.labels ?? {},
    slots: about?.slots ?? null,
    free: about?.free ?? null,
    running: about?.running ?? [],
    paused: about?.paused ?? null,
    disk: about?.disk ?? null,
    confinement: about?.confinement ?? null,
    url: about?.url ?? null,
  };
}
