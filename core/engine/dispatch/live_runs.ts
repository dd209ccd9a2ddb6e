// The runs of this process, by task: the scheduler starts and ends them, and the leases stop them when in doubt.

import type { StopReason } from "../run/run_end.ts";
import type { LiveRun } from "../run/run_task.ts";

export class LiveRuns {
  readonly #runs = new Map<number, LiveRun>();

  add(task: number, run: LiveRun): void {
    this.#runs.set(task, run);
  }

  delete(task: number): void {
    this.#runs.delete(task);
  }

  /** Of the tasks that run. */
  ids(): number[] {
    return [...this.#runs.keys()];
  }

  all(): Iterable<LiveRun> {
    return this.#runs.values();
  }

  /** Stops every run softly. */
  stop(reason: StopReason): void {
    for (const run of this.#runs.values()) run.stop(reason);
  }

  /** The lease may be gone: stops what runs here, softly or at once. */
  abandon({ atOnce }: { atOnce: boolean }): void {
    for (const run of this.#runs.values()) atOnce ? run.kill() : run.stop("lost", "The lease could not be kept");
  }
}
