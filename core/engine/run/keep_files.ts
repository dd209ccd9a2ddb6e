// The files of a run as its tools leave them, kept one commit after the other, so that a task can go on from any moment. Beside
// the agent, which waits for none of it: after tool calls that may have changed something, as far as the time for it goes.

import { isFenced, messageOf } from "../../domain/error.ts";
import { ownPoints } from "../../domain/holding.ts";
import type { TaskEvent } from "../../domain/event.ts";
import type { TaskPlace } from "../../domain/task.ts";
import type { RunScope } from "./run_scope.ts";

/** What of a run's time it may take; and what it may always, so that the first tools of short runs have it too. */
const shareOfRun = 0.01;
const freeMs = 500;
/** Who needs longer for one look has so many files that it is left alone. */
const slowMs = 2_000;
/** Who waits longer for the next look is told so. */
const longWaitMs = 30_000;
/** One look may meet a file in the middle of being written; so many in a row have another reason. */
const failuresUnsaid = 3;

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
  /** The commit that holds the files as they were kept last. */
  #before: string;
  /** How many looks in a row failed. */
  #failures = 0;
  #news = Promise.withResolvers<void>();

  constructor(scope: RunScope, place: TaskPlace) {
    this.#scope = scope;
    this.#place = place;
    const { files, points } = scope.task;
    this.#before = files?.commit ?? ownPoints(points).at(-1)?.commit ?? place.base_commit;
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
    let spentMs = 0;
    let lastMs = 0;
    let isWaitSaid = false;
    try {
      for (;;) {
        await this.#news.promise;
        if (signal.aborted) return;
        const waitMs = (spentMs + lastMs - freeMs) / shareOfRun - (clock.monotonic() - startedAt);
        if (waitMs > longWaitMs && !isWaitSaid) {
          isWaitSaid = true;
          await this.#say(
            `The files are not kept after each tool call, but now and then: that takes ${seconds(lastMs)} here`,
          );
        }
        if (waitMs > 0) await clock.sleep(waitMs, { signal }).catch(() => {});
        if (signal.aborted) return;
        this.#news = Promise.withResolvers();
        const since = clock.monotonic();
        await this.#look();
        lastMs = clock.monotonic() - since;
        spentMs += lastMs;
        if (lastMs > slowMs) {
          return await this.#say(`The files are not kept after each tool call: that takes ${seconds(lastMs)} here`);
        }
      }
    } catch (error) {
      // The run was taken over, or the log cannot be written: others see to that.
      if (!isFenced(error) && !signal.aborted) {
        warn(`Cannot keep the files of task ${task.id}: ${messageOf(error)}`, error, about);
      }
    }
  }

  /** Keeps the files as they are now, where they changed. */
  async #look(): Promise<void> {
    const { context: { worktrees }, task, run, log } = this.#scope;
    const after = this.#changed;
    const options = { task: task.id, run: run.epoch, before: this.#before };
    const kept = await worktrees.keepFiles(this.#place, options).catch((error) => this.#fail(error));
    if (kept === "failed") return;
    this.#failures = 0;
    if (kept === null) return;
    this.#before = kept.commit;
    await log.record({ type: "files.kept", data: { ...kept, after } });
  }

  /** They are looked at again after the next tool. */
  async #fail(error: unknown): Promise<"failed"> {
    const { context: { warn }, about, task } = this.#scope;
    this.#failures++;
    if (this.#ended.signal.aborted) return "failed";
    if (this.#failures === 1) warn(`Cannot keep the files of task ${task.id}: ${messageOf(error)}`, error, about);
    if (this.#failures === failuresUnsaid) {
      await this.#say(`The files cannot be kept after tool calls, ${failuresUnsaid} times now: ${messageOf(error)}`);
    }
    return "failed";
  }

  async #say(text: string): Promise<void> {
    await this.#scope.log.record({ type: "output.notice", data: { kind: "files", text } });
  }
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}
