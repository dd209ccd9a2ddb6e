// The appends that wait for the next commit: commands before output, each in the order they came.

import type { Waiting } from "./commit_batch.ts";

/** Of each kind for one commit: more would not fit. */
const takenAtMost = 500;

export class AppendQueue {
  readonly #commands: Waiting[] = [];
  readonly #outputs: Waiting[] = [];

  get size(): number {
    return this.#commands.length + this.#outputs.length;
  }

  push(waiting: Waiting): void {
    this.#of(waiting).push(waiting);
  }

  /** Back to the front of their kinds, in their order. */
  putBack(all: Waiting[]): void {
    for (const waiting of all.toReversed()) this.#of(waiting).unshift(waiting);
  }

  /** The next ones, in the order of their turns. They stay until they are dropped. */
  candidates(): Waiting[] {
    return [...this.#commands.slice(0, takenAtMost), ...this.#outputs.slice(0, takenAtMost)];
  }

  drop(waiting: Waiting): void {
    const queue = this.#of(waiting);
    const at = queue.indexOf(waiting);
    if (at >= 0) queue.splice(at, 1);
  }

  /** All of them; none is left. */
  clear(): Waiting[] {
    return [...this.#commands.splice(0), ...this.#outputs.splice(0)];
  }

  #of({ request }: Waiting): Waiting[] {
    return request.priority === "command" ? this.#commands : this.#outputs;
  }
}
