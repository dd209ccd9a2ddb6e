// Where a task's work can be looked at, and worked with, from this worker: on its own disk, by the exchange of the repository, or
// at the door of the worker that has it.

import { DomainError } from "../../domain/error.ts";
import { isExchanged, ownPoints } from "../../domain/holding.ts";
import { refuseImported } from "../../domain/refusal.ts";
import { isOver, type Task } from "../../domain/task.ts";
import type { KnownWorkers, WorkerState } from "../../domain/worker.ts";
import { type EngineContext, isOurs } from "../context.ts";
import { handleCommand } from "../handle_command.ts";
import { fetchWork, isToTake, takeWork } from "./take_work.ts";
import { holderName } from "./takeover_words.ts";

/** Where what a task has on a disk is. */
export type Whereabouts =
  | { kind: "here" }
  | {
    kind: "elsewhere";
    /** The name of the worker that has it. */
    worker: string;
    state: WorkerState;
    /** The address of that worker's API, if it told one and beats. */
    url: string | null;
    /** The exchange has it as it is now. */
    exchanged: boolean;
  };

export class WorkPlaces {
  readonly #context: EngineContext;
  readonly #known: () => KnownWorkers | null;
  readonly #onFree: () => void;
  /** By task: whoever asks meanwhile waits for the same. Two would make its worktree under each other. */
  readonly #adopting = new Map<number, Promise<Task>>();

  /**
   * `known`: the other workers as they were seen last; null before the first look. `onFree` is told when work that was to come
   * here is here, or does not come: others may go on with it.
   */
  constructor(context: EngineContext, known: () => KnownWorkers | null, onFree: () => void) {
    this.#context = context;
    this.#known = known;
    this.#onFree = onFree;
  }

  /** Whether the work of a task is coming here: nobody else may make a worktree of it. */
  isAdopting(id: number): boolean {
    return this.#adopting.has(id);
  }

  of(task: Task): Whereabouts {
    const { run, place } = task;
    // No worker of this store had it: what there is of it came with its history.
    if (task.imported) return { kind: "here" };
    const holder = run?.worker ?? place?.worker ?? null;
    if (holder === null || isOurs(this.#context, holder)) return { kind: "here" };
    const workers = this.#known();
    const known = workers?.get(holder);
    // Before the first look nobody is gone; after it, who has no beat is.
    const state = known?.state ?? (workers === null ? "silent" : "dead");
    return {
      kind: "elsewhere",
      worker: known?.name ?? holderName(task),
      state,
      url: state === "alive" || state === "silent" ? known?.about?.url ?? null : null,
      exchanged: isToTake(this.#context, task) && run === null && isExchanged(task),
    };
  }

  /** Throws `DomainError("unavailable")` with the name of the worker that has what only one can have. */
  requireHere(task: Task): void {
    if (this.of(task).kind === "elsewhere") throw this.#away(task);
  }

  /** Whether the worker that has a task's work is gone, or has stopped. */
  isAway(task: Task): boolean {
    const where = this.of(task);
    return where.kind === "elsewhere" && (where.state === "dead" || where.state === "away");
  }

  /** Whether that work can come here for good: nobody else goes on with it, and the exchange has all of it. */
  mayAdopt(task: Task): boolean {
    const where = this.of(task);
    return where.kind === "elsewhere" && where.exchanged && this.isAway(task) && isOver(task.status);
  }

  /**
   * The task as its files can be looked at here. What is on another worker comes from the exchange, as far as that was given
   * it: then the task has no worktree, and its snapshot is what the exchange has. Throws `DomainError("unavailable")` with
   * the name of the worker that has it when there is no way.
   */
  async look(task: Task): Promise<Task> {
    const { place } = task;
    if (task.imported && place?.base_commit) {
      const path = await this.#context.worktrees.pathHere(place);
      return { ...task, place: { ...place, path, present: false }, ...lastFiles(task) };
    }
    if (!place?.base_commit || isOurs(this.#context, place.worker)) return task;
    const commit = isToTake(this.#context, task) ? await fetchWork(this.#context, task) : null;
    if (commit === null) throw this.#away(task);
    const path = await this.#context.worktrees.pathHere(place);
    return {
      ...task,
      place: { ...place, path, present: false },
      snapshot: { ref: commit, commit, run: task.epoch },
    };
  }

  /**
   * A task whose work this worker can do something with: what a worker had that is gone comes here by the exchange, at its last
   * commit. Throws `DomainError("unavailable")` when it lives, or nobody else has it, and `conflict` when what it had not
   * committed would stay behind and `leaveUncommitted` does not say so.
   */
  async adopt(task: Task, { by, leaveUncommitted = false }: { by: string; leaveUncommitted?: boolean }): Promise<Task> {
    refuseImported(task);
    const where = this.of(task);
    if (where.kind === "here") return task;
    if (!this.mayAdopt(task)) throw this.#away(task);
    const { commit, content } = task.exchanged!;
    if (content !== commit && !leaveUncommitted) {
      throw new DomainError(
        "conflict",
        `Not all of the work of task ${task.id} is committed, and ${where.worker}, which has it, is away: send a message to ` +
          "have it committed, or go on without what is not",
      );
    }
    const adopting = this.#adopting.get(task.id) ?? this.#bringHere(task, by).finally(() => {
      this.#adopting.delete(task.id);
      this.#onFree();
    });
    this.#adopting.set(task.id, adopting);
    return await adopting;
  }

  async #bringHere({ id }: Task, by: string): Promise<Task> {
    const { store, worktrees, worker } = this.#context;
    // From here on no run of it begins here; one that began before, or another who brought it, shows in what is read now.
    const task = (await store.log.head(id))!;
    if (this.of(task).kind === "here") return task;
    if (!this.mayAdopt(task)) throw this.#away(task);
    const taken = await takeWork(this.#context, task, { onlyCommitted: true });
    if (!taken) throw this.#away(task);
    const { added: { branch, path, kept } } = taken;
    const { base, base_commit, worker: from } = task.place!;
    const data = {
      ...{ branch, path, base, base_commit, worker: worker.id, worker_name: worker.name, from },
      ...(kept.length > 0 && { kept }),
    };
    try {
      const command = { type: "adopt_place", from, event: { type: "worktree.added", data } } as const;
      return (await handleCommand(this.#context, task.id, command, { by, until: "written" })).head;
    } catch (error) {
      // Somebody was faster.
      await worktrees.remove({ ...task.place!, branch, path });
      throw error;
    }
  }

  #away(task: Task): DomainError {
    const where = this.of(task);
    if (where.kind === "here") return new DomainError("unavailable", `The work of task ${task.id} cannot be found`);
    const { worker, state, url } = where;
    const how = state === "dead" || state === "away"
      ? "is away"
      : url === null
      ? "tells no address: set its CODER_WORKER_URL, or ask at its own door"
      : "does not answer";
    return new DomainError("unavailable", `What task ${task.id} made is on ${worker}, which ${how}`);
  }
}

/** The files of an imported task as they were kept last. */
function lastFiles({ points, files, snapshot, epoch }: Task): Pick<Task, "snapshot"> {
  const commit = snapshot?.commit ?? ownPoints(points).at(-1)?.commit ?? files?.commit;
  return { snapshot: commit === undefined ? null : { ref: commit, commit, run: epoch } };
}
