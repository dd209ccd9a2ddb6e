// After a crash: what an earlier process of this worker left running is ended, and its runs are closed as lost. Runs before
// any dispatch, so nothing can run twice. What was being archived goes on by the scheduler's first tick.
//
// A run that another worker closed meanwhile is not known here any more, but its agent may still live on this machine, in
// the worktree that the next run would use. It carries the worker's own mark, too.
//
// What cannot be ended (a process that waits for a dead network disk) holds back its own task alone: the run stays open, so
// that nobody begins it anew, and is tried again until it is gone.

import { DomainError } from "../../domain/error.ts";
import type { LiveBoard } from "./board.ts";
import { closeLostRun, type EndSurvivors } from "./close_lost_run.ts";
import type { EngineContext } from "../context.ts";
import { workerMark } from "../marks.ts";
import { sweepGuards } from "../run/git_folder.ts";

/** An open run of an earlier life. */
interface Left {
  id: number;
  runner: string;
}

export class Recovery {
  readonly #context: EngineContext;
  readonly #board: LiveBoard;
  readonly #endSurvivors: EndSurvivors;
  /** What could not be ended, with a sentence for a person; null: what is of no open run. */
  readonly #held = new Map<Left | null, string>();
  #retrying: Promise<void> | null = null;

  constructor(context: EngineContext, { board, endSurvivors }: { board: LiveBoard; endSurvivors: EndSurvivors }) {
    this.#context = context;
    this.#board = board;
    this.#endSurvivors = endSurvivors;
  }

  /** What could not be ended so far; a sentence each. */
  get notices(): string[] {
    return [...this.#held.values()];
  }

  /** Closes the runs of an earlier life of this worker, by the board, and resolves with how many were closed. */
  async start(): Promise<number> {
    const { store, worker } = this.#context;
    // Nobody else can have opened a local file, so any run on it is an earlier life of ours.
    const left = [...this.#board.entries].flatMap(({ id, runner }) =>
      runner !== null && (!store.shared || runner === worker.id) ? [{ id, runner }] : []
    );
    // All at once: a survivor that does not mind a TERM takes its seconds.
    const closings = await Promise.all(left.map((one) => this.#close(one)));
    await this.#endOthers();
    await sweepGuards(this.#context);
    return closings.filter((isClosed) => isClosed).length;
  }

  /** Tries again what could not be ended. Never rejects. */
  retry(): Promise<void> {
    if (this.#held.size === 0) return Promise.resolve();
    return this.#retrying ??= this.#retry().catch((error) => {
      this.#context.warn("Cannot look again at what earlier runs left", error);
    }).finally(() => this.#retrying = null);
  }

  async #retry(): Promise<void> {
    const left = [...this.#held.keys()].filter((one) => one !== null);
    await Promise.all(left.map((one) => this.#close(one)));
    if (this.#held.has(null)) await this.#endOthers();
  }

  async #close(left: Left): Promise<boolean> {
    const why = "The service ended without stopping this run.";
    const closed = await this.#unlessHeld(
      left,
      `Task ${left.id} waits until the processes of its last run are gone`,
      () => closeLostRun(this.#context, { ...left, endSurvivors: this.#endSurvivors, why }),
    );
    return closed ?? false;
  }

  async #endOthers(): Promise<void> {
    const what = "Processes of earlier runs are still alive";
    const others = await this.#unlessHeld(null, what, () => this.#endSurvivors(workerMark(this.#context))) ?? 0;
    if (others === 0) return;
    this.#context.warn(`${others} processes of runs that were closed elsewhere were still alive and were ended`, null);
  }

  /** What `action` resolves with; null when something cannot be ended or reached, which is then noted. */
  async #unlessHeld<T>(left: Left | null, what: string, action: () => Promise<T>): Promise<T | null> {
    try {
      const done = await action();
      this.#held.delete(left);
      return done;
    } catch (error) {
      if (!(error instanceof DomainError && error.code === "unavailable")) throw error;
      const words = `${what}: ${error.message}`;
      // Once: what holds it back is tried again each minute.
      if (!this.#held.has(left)) this.#context.warn(words, null, left ? { task: left.id } : undefined);
      this.#held.set(left, words);
      return null;
    }
  }
}
