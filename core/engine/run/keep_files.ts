// The files of a run as its tools leave them, kept one commit after the other, so that a task can go on from any moment. Beside
// the agent, which waits for none of it: after tool calls that may have changed something, as far as the time for it goes.

import { isFenced, messageOf } from "../../domain/error.ts";
import { ownPoints } from "../../domain/holding.ts";
import type { TaskEvent } from "../../domain/event.ts";
import type { TaskPlace } from "../../domain/task.ts";
import type { RunScope } from "./run_scope.ts";

/** What of a run's time it may take; and what it may always, so that short runs have it too. */
const shareOfRun = 0.01;
const freeMs = 5_000;
/** Who needs longer for one look has so many files that it is left alone. */
const slowMs = 2_000;

/** Tools that change no file. */
const readers = new Set([
  ...["Read", "Grep", "Glob", "LS", "WebFetch", "WebSearch", "TodoWrite", "ToolSearch", "BashOutput", "ExitPlanMode"],
  ...["AskUserQuestion", "TaskCreate", "TaskGet", "TaskList", "TaskUpdate", "TaskOutput"],
]);

/** Keeps the files until it is disposed of, which waits for what it is doing. */
export function keepFilesOf(scope: RunScope, place: TaskPlace): AsyncDisposable {
  const keeper = new FileKeeper(scope, place);
  const unsubscribe = scope.context.store.tail.subscribe(({ events }) => {
    for (const { event } of events) if (event.task === scope.task.id) keeper.hear(event);
  });
  const keeping = keeper.keep();
  return {
    async [Symbol.asyncDispose]() {
      unsubscribe();
      keeper.end();
      await keeping;
    },
  };
}

class FileKeeper {
  readonly #scope: RunScope;
  readonly #place: TaskPlace;
  readonly #ended = new AbortController();
  /** Tool calls under way that change no file. */
  readonly #reading = new Set<string>();
  /** The last result of a tool that may have changed something. */
  #changed = 0;
  #news = Promise.withResolvers<void>();

  constructor(scope: RunScope, place: TaskPlace) {
    this.#scope = scope;
    this.#place = place;
  }

  hear({ type, data, seq }: TaskEvent): void {
    if (type === "output.tool_use" && readers.has(data.name)) this.#reading.add(data.id);
    if (type !== "output.tool_result" || this.#reading.delete(data.id)) return;
    this.#changed = seq;
    this.#news.resolve();
  }

  end(): void {
    this.#ended.abort();
    this.#news.resolve();
  }

  async keep(): Promise<void> {
    const { context: { clock, warn }, about, task } = this.#scope;
    const { signal } = this.#ended;
    const startedAt = clock.monotonic();
    let before = task.files?.commit ?? ownPoints(task.points).at(-1)?.commit ?? this.#place.base_commit;
    let spentMs = 0;
    let lastMs = 0;
    try {
      for (;;) {
        await this.#news.promise;
        if (signal.aborted) return;
        const waitMs = (spentMs + lastMs - freeMs) / shareOfRun - (clock.monotonic() - startedAt);
        if (waitMs > 0) await clock.sleep(waitMs, { signal }).catch(() => {});
        if (signal.aborted) return;
        this.#news = Promise.withResolvers();
        const since = clock.monotonic();
        before = await this.#look(before) ?? before;
        lastMs = clock.monotonic() - since;
        spentMs += lastMs;
        if (lastMs > slowMs) return await this.#giveUp(lastMs);
      }
    } catch (error) {
      // The run was taken over, or the log cannot be written: others see to that.
      if (!isFenced(error) && !signal.aborted) {
        warn(`Cannot keep the files of task ${task.id}: ${messageOf(error)}`, error, about);
      }
    }
  }

  /** The commit that holds the files now; null: they are as they were. */
  async #look(before: string): Promise<string | null> {
    const { context: { worktrees }, task, run, log } = this.#scope;
    const after = this.#changed;
    const kept = await worktrees.keepFiles(this.#place, { task: task.id, run: run.epoch, before });
    if (kept === null) return null;
    await log.record({ type: "files.kept", data: { ...kept, after } });
    return kept.commit;
  }

  async #giveUp(ms: number): Promise<void> {
    const text = `The files are not kept after each tool call: that takes ${(ms / 1_000).toFixed(1)} s here`;
    await this.#scope.log.record({ type: "output.notice", data: { kind: "files", text } });
  }
}
