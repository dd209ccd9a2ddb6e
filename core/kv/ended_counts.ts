// How many tasks failed and how many were cancelled: counted once from the index, then kept current by the commits, so that
// asking costs the same after a hundred thousand tasks as after ten.

import type { Status } from "../domain/task.ts";
import type { TaskIndex } from "./task_index.ts";

export interface Ended {
  failed: number;
  cancelled: number;
}

export class EndedCounts {
  readonly #index: Pick<TaskIndex, "countFinished">;
  #counted: Ended | null = null;
  #changes = 0;

  constructor(index: Pick<TaskIndex, "countFinished">) {
    this.#index = index;
  }

  /** A task's status was `before` (null: not known) and is `after`. */
  moved({ before, after }: { before: Status | null; after: Status }): void {
    if (before === after) return;
    this.#changes++;
    // A task from before this process began may have been either.
    if (before === null) this.#counted = null;
    if (!this.#counted) return;
    if (before === "failed" || before === "cancelled") this.#counted[before]--;
    if (after === "failed" || after === "cancelled") this.#counted[after]++;
  }

  async read(): Promise<Ended> {
    if (this.#counted) return { ...this.#counted };
    const since = this.#changes;
    const failed = await this.#index.countFinished("failed");
    const cancelled = await this.#index.countFinished("cancelled");
    // What changed while it was counted may be in it or not.
    if (this.#changes === since) this.#counted = { failed, cancelled };
    return { failed, cancelled };
  }
}
