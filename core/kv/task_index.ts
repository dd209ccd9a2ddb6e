// What the index entries say (head_index.ts writes them): which tasks are unfinished, how the others ended and when, whose
// worktree still stands, who waits for whom. Each answer costs what it returns, never the history.

import type { LandingEntry } from "../domain/landing_order.ts";
import type { BoardEntry } from "../domain/plan.ts";
import type { Status } from "../domain/task.ts";
import type { Guard } from "./commit_batch.ts";
import { keys } from "./keys.ts";
import type { Kv } from "./kv.ts";
import { pages } from "./scan.ts";

/** A place in the order in which tasks ended. */
export interface EndPosition {
  /** When it ended, ISO 8601. */
  at: string;
  task: number;
}

export class TaskIndex {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** What the board says of every unfinished task, by id. */
  async active(): Promise<BoardEntry[]> {
    const entries: BoardEntry[] = [];
    for await (const page of pages<string>(this.#kv, { prefix: keys.activeEntries() })) {
      for (const { value } of page) entries.push(JSON.parse(value));
    }
    return entries;
  }

  /** Ids of tasks that ended as `status`, newest first: `limit` (1,000 at most) of those below `before`. */
  async finished(status: Status, { before, limit }: { before: number; limit: number }): Promise<number[]> {
    const range = { prefix: keys.finishedOf(status), end: keys.finished(status, before) };
    const page = await this.#kv.page(range, { limit, reverse: true });
    return page.map(({ key }) => key[2] as number);
  }

  /** How many tasks ended as `status`; costs as many entries. */
  async countFinished(status: Status): Promise<number> {
    let count = 0;
    for await (const page of pages(this.#kv, { prefix: keys.finishedOf(status) })) count += page.length;
    return count;
  }

  /** The first `limit` tasks (1,000 at most) that ended after `position`, or of all for null, in the order of their ends. */
  async endedAfter(position: EndPosition | null, { limit }: { limit: number }): Promise<EndPosition[]> {
    const range = {
      prefix: keys.finishedByTime(),
      ...(position && { start: keys.finishedAt(position.at, position.task + 1) }),
    };
    const page = await this.#kv.page(range, { limit });
    return page.map(({ key }) => ({ at: key[2] as string, task: key[3] as number }));
  }

  /** Ids of finished tasks above `after` whose worktree still stands, ascending, `limit` (1,000 at most). */
  async standing({ after, limit }: { after: number; limit: number }): Promise<number[]> {
    const range = { prefix: keys.standingEntries(), start: keys.standing(after + 1) };
    const page = await this.#kv.page(range, { limit });
    return page.map(({ key }) => key[2] as number);
  }

  /** Ids of completed tasks whose work somebody is to look at, newest first. */
  async inReview(): Promise<number[]> {
    const ids: number[] = [];
    for await (const page of pages(this.#kv, { prefix: keys.reviews() })) {
      for (const { key } of page) ids.push(key[2] as number);
    }
    return ids.reverse();
  }

  /** What is to land or to be put away. */
  async landings(): Promise<LandingEntry[]> {
    const entries: LandingEntry[] = [];
    for await (const page of pages<string>(this.#kv, { prefix: keys.landings() })) {
      for (const { value } of page) entries.push(JSON.parse(value));
    }
    return entries;
  }

  /** Ids of tasks, finished ones too, that depend on `task`, ascending, `limit` (1,000 at most). */
  async dependants(task: number, { limit }: { limit: number }): Promise<number[]> {
    const page = await this.#kv.page({ prefix: keys.dependants(task) }, { limit });
    return page.map(({ key }) => key[2] as number);
  }

  /** The id of the newest task; 0 when there is none. Ids have no gaps. */
  async lastId(): Promise<number> {
    return ((await this.#kv.get<number>(keys.nextId())).value ?? 1) - 1;
  }

  /**
   * Guards an edit of dependencies that was checked against the graph as it is read after this: any other edit of
   * dependencies that comes first makes it reject with `StaleGuard`.
   */
  async dependencyGuard(): Promise<Guard> {
    const key = keys.deps();
    return { key, versionstamp: (await this.#kv.get(key)).versionstamp };
  }
}
