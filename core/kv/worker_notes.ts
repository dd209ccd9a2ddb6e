// What a worker notes for itself, so that it goes on after a restart where it was. None of it is a fact about a task: those
// are events.

import { keys } from "./keys.ts";
import type { Kv } from "./kv.ts";
import { explained } from "./steady_commit.ts";
import type { EndPosition } from "./task_index.ts";

const notesAtOnce = 1_000;
/** More than a worker makes in days without its exchange; the value stays small. */
const unsentAtMost = 5_000;

export class WorkerNotes {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** The ids of the findings about its repositories that `worker` has reported and that still hold. */
  async notices(worker: string): Promise<string[]> {
    return (await this.#kv.get<string[]>(keys.notices(worker))).value ?? [];
  }

  async keepNotices(worker: string, ids: string[]): Promise<void> {
    await this.#write({ key: keys.notices(worker), value: ids });
  }

  /** The tasks whose work `worker` has yet to give to an exchange. */
  async unsent(worker: string): Promise<number[]> {
    return (await this.#kv.get<number[]>(keys.unsent(worker))).value ?? [];
  }

  /** Changes them; nobody's change is lost. Throws `DomainError("unavailable")` when that is not known: done twice is as good. */
  async changeUnsent(worker: string, change: (ids: number[]) => number[]): Promise<void> {
    const key = keys.unsent(worker);
    for (;;) {
      const { value, versionstamp } = await this.#kv.get<number[]>(key);
      const before = value ?? [];
      const after = change(before).slice(-unsentAtMost);
      if (after.join() === before.join()) return;
      const write = after.length > 0 ? { sets: [{ key, value: after }], deletes: [] } : { sets: [], deletes: [key] };
      const commit = { checks: [{ key, versionstamp }], ...write };
      if (await this.#kv.commit(commit).catch((error) => Promise.reject(explained(error))) !== null) return;
    }
  }

  /** How far the retention of `worker` has come in the order of ends; null before its first removal. */
  async retention(worker: string): Promise<EndPosition | null> {
    const { value } = await this.#kv.get<[at: string, task: number]>(keys.retention(worker));
    return value && { at: value[0], task: value[1] };
  }

  async keepRetention(worker: string, { at, task }: EndPosition): Promise<void> {
    await this.#write({ key: keys.retention(worker), value: [at, task] });
  }

  /** The tasks whose worktree was being removed when the note was last written: of one worker, or of all for null. */
  async removals(worker: string | null): Promise<{ worker: string; task: number }[]> {
    const prefix = worker === null ? keys.retentions() : keys.retention(worker);
    const page = await this.#kv.page<unknown>({ prefix }, { limit: notesAtOnce });
    // Beside them is how far each worker has come.
    const isRemoval = keys.removing("").at(-1);
    return page.filter(({ key, value }) => key[2] === isRemoval && typeof value === "number")
      .map(({ key, value }) => ({ worker: key[1] as string, task: value as number }));
  }

  /** Notes the task whose worktree is about to go, or that none is. */
  async keepRemoval(worker: string, task: number | null): Promise<void> {
    const key = keys.removing(worker);
    if (task !== null) await this.#write({ key, value: task });
    else await this.#kv.commit({ checks: [], sets: [], deletes: [key] });
  }

  async #write(set: { key: Deno.KvKey; value: unknown }): Promise<void> {
    await this.#kv.commit({ checks: [], sets: [set], deletes: [] });
  }
}
