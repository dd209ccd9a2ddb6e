// The newest heads that were asked for or committed, so that pages and the board read few.

import type { Task } from "../../domain/task.ts";
import type { Store } from "../../kv/store.ts";

const headsKept = 2_000;

export class RecentHeads {
  readonly #store: Pick<Store, "log" | "shared">;
  readonly #heads = new Map<number, Task>();

  constructor(store: Pick<Store, "log" | "shared">) {
    this.#store = store;
  }

  /** The heads of those that exist, in the order of `ids`; each as new as any commit that was answered before this call. */
  async read(ids: number[]): Promise<Task[]> {
    // What others wrote to a shared store is known here a moment later: there each question reads.
    const missing = ids.filter((id) => this.#store.shared || !this.#heads.has(id));
    for (const head of await this.#store.log.heads(missing)) if (head) this.keep(head);
    return ids.map((id) => this.#heads.get(id)).filter((head) => head !== undefined);
  }

  /** Keeps a head until it is one of the least recently needed; an older one never replaces a newer. */
  keep(head: Task): void {
    const known = this.#heads.get(head.id);
    this.#heads.delete(head.id);
    this.#heads.set(head.id, known && known.seq > head.seq ? known : head);
    if (this.#heads.size > headsKept) this.#heads.delete(this.#heads.keys().next().value!);
  }
}
