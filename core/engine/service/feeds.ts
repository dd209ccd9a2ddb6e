// The followers of a process, told of each commit: those of a task by its id, those of changes all.

import type { Task } from "../../domain/task.ts";
import type { TaskView } from "../../view/task_view.ts";
import type { Committed } from "../../kv/group_commit.ts";
import { cursorOf, type Feed, type FeedSources, Follower, isOverAfter, type Positions } from "./feed.ts";

/** Tasks that look different because one they wait for has changed; more are not told of one commit. */
const dependantsAtMost = 100;

export interface FeedsOptions extends Omit<FeedSources, "attach"> {
  /** The head of a task; throws `not_found`. */
  require(task: number): Promise<Task>;
  /** A task as clients see it, without its long texts. */
  summary(head: Task): TaskView;
  /** Unfinished tasks that wait for `id`. */
  dependants(id: number): number[];
}

export class Feeds {
  readonly #options: FeedsOptions;
  readonly #sources: FeedSources;
  readonly #byTask = new Map<number, Set<Follower>>();
  readonly #ofChanges = new Set<Follower>();

  constructor(options: FeedsOptions) {
    this.#options = options;
    this.#sources = { ...options, attach: (follower) => this.#attach(follower) };
  }

  /** Of the last commit that was heard of. */
  get cursor(): string {
    const { id, tail } = this.#options.store;
    return cursorOf(id, tail.cursor);
  }

  /** Opens a feed. Throws `not_found` when a task is not there, unless changes are followed: then it may come yet. */
  async open(positions: Positions): Promise<Feed> {
    let isOver = !positions.changes;
    for (const [id, seq] of positions.changes ? [] : positions.tasks) {
      const head = await this.#options.require(id);
      isOver &&= isOverAfter(head, seq);
    }
    return { isOver, pages: (signal) => new Follower(this.#sources, positions, signal) };
  }

  /** Takes over a commit, in order. `isBoardChanged`: tasks that wait for those it wrote may look different, too. */
  heard({ versionstamp, heads }: Committed, { isBoardChanged }: { isBoardChanged: boolean }): void {
    for (const head of heads) {
      for (const follower of this.#byTask.get(head.id) ?? []) {
        follower.hear(head);
        if (!follower.wantsChanges) follower.wake();
      }
    }
    if (this.#ofChanges.size === 0) return;
    this.#tell(versionstamp, heads.filter(({ id }) => id > 0).map(this.#options.summary));
    if (isBoardChanged) void this.#tellDependants(heads.map(({ id }) => id), versionstamp);
  }

  /** The service is in another condition than before, which is in no commit. */
  conditionChanged(): void {
    for (const follower of this.#ofChanges) {
      follower.hearCondition();
      follower.wake();
    }
  }

  #tell(versionstamp: string, changed: TaskView[]): void {
    for (const follower of this.#ofChanges) {
      follower.hearChanges(versionstamp, changed);
      follower.wake();
    }
  }

  /** Tasks that wait for a changed one look different, too, although nothing was written about them. */
  async #tellDependants(ids: number[], versionstamp: string): Promise<void> {
    const waiting = [...new Set(ids.flatMap((id) => this.#options.dependants(id)))].slice(0, dependantsAtMost);
    const changed: TaskView[] = [];
    for (const id of waiting) {
      const head = await this.#options.head(id).catch(() => null);
      if (head) changed.push(this.#options.summary(head));
    }
    if (changed.length > 0) this.#tell(versionstamp, changed);
  }

  #attach(follower: Follower): () => void {
    for (const task of follower.tasks) {
      const followers = this.#byTask.get(task) ?? new Set();
      this.#byTask.set(task, followers.add(follower));
    }
    if (follower.wantsChanges) this.#ofChanges.add(follower);
    const unfollow = this.#options.store.tail.follow();
    return () => {
      unfollow();
      this.#detach(follower);
    };
  }

  #detach(follower: Follower): void {
    for (const task of follower.tasks) {
      const followers = this.#byTask.get(task);
      followers?.delete(follower);
      if (followers?.size === 0) this.#byTask.delete(task);
    }
    this.#ofChanges.delete(follower);
  }
}
