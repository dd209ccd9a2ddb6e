// The tasks that this process works on right now: being claimed, running, or being archived. Each takes a slot, and none is
// taken twice.

import type { EngineContext } from "../context.ts";

const lookAgainMs = 100;

export class TasksInHand {
  readonly #context: Pick<EngineContext, "clock" | "warn">;
  readonly #wake: () => void;
  readonly #work = new Map<number, Promise<void>>();
  #clearLookAgain = () => {};

  /** `wake` is called when a task leaves the hand: there may be room for another, or more to do for it. */
  constructor(context: Pick<EngineContext, "clock" | "warn">, wake: () => void) {
    this.#context = context;
    this.#wake = wake;
  }

  get size(): number {
    return this.#work.size;
  }

  has(id: number): boolean {
    return this.#work.has(id);
  }

  /**
   * Holds task `id` until `work` is done; an error of it is reported. `work` says whether it changed anything. If not, the
   * board is behind the log: looking again at once would spin.
   */
  take(id: number, work: Promise<boolean>): void {
    this.#work.set(id, this.#hold(id, work));
  }

  async #hold(id: number, work: Promise<boolean>): Promise<void> {
    const { clock, warn } = this.#context;
    const hasChanged = await work.catch((error) => {
      warn(`Work on task ${id} failed`, error, { task: id });
      return false;
    });
    this.#work.delete(id);
    if (hasChanged) return this.#wake();
    // One timer for all of them: two tasks that each set their own would double them at every look.
    this.#clearLookAgain();
    this.#clearLookAgain = clock.timer(lookAgainMs, this.#wake);
  }

  /** Resolves when nothing is in hand any more, whatever is taken meanwhile. */
  async empty(): Promise<void> {
    while (this.#work.size > 0) await Promise.all(this.#work.values());
    this.#clearLookAgain();
  }
}
