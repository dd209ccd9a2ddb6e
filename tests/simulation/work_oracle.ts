// What must always hold of the work that agents made, wherever it is: nothing of it is lost on its way from one machine to another,
// and no agent begins without what was made before.

import type { TaskEvent } from "../../core/domain/event.ts";
import type { Task } from "../../core/domain/task.ts";
import type { Process } from "./machine.ts";
import type { LiveAgent } from "./simulated_agent.ts";
import type { SimulatedExchange } from "./simulated_exchange.ts";
import type { SimulatedRepository } from "./simulated_repository.ts";
import type { World } from "./world.ts";

export class WorkOracle {
  /** Pieces of work that whoever goes on with a task must have, by its id. */
  readonly #owed = new Map<number, Set<string>>();
  /** What was given and not committed, by the id of its task: who goes on in another clone than that of `home` must have it. */
  readonly #uncommitted = new Map<number, { pieces: ReadonlySet<string>; home: SimulatedRepository }>();

  /** `exchange`: null where there is none. */
  constructor(
    readonly world: World,
    readonly exchange: SimulatedExchange | null,
    readonly repositoryOf: (worker: string) => SimulatedRepository,
  ) {}

  /** Told every event as it is committed, with its task before and after it. */
  heard(event: TaskEvent, { before, after }: { before: Task; after: Task }): void {
    // It was asked to begin anew, or failed: its next attempt owes nothing to the last.
    if (event.type === "run.claimed" && before.next.kind === "fresh") {
      this.#owed.delete(event.task);
      this.#uncommitted.delete(event.task);
    }
    // It came here for good, without what is not committed.
    if (event.type === "worktree.added" && event.run === undefined) this.#uncommitted.delete(event.task);
    if (event.type === "work.exchanged" && before.place) {
      const { commit, content = commit } = event.data;
      this.#owe(event.task, this.#given(event, commit));
      const home = this.repositoryOf(before.place.worker);
      this.#uncommitted.set(event.task, { pieces: this.#given(event, content), home });
    }
    if (event.type === "task.completed" && after.place) {
      const repository = this.repositoryOf(after.place.worker);
      const tip = repository.branches.get(after.place.branch);
      if (tip !== undefined) this.#owe(event.task, repository.get(tip).pieces);
    }
  }

  /** Refs of the exchange were set together: whoever replaced one knew what it had, and that is still there. */
  replaced(before: ReadonlyMap<string, string>, { of, process }: { of: SimulatedRepository; process: Process }): void {
    const { world } = this;
    const exchange = this.exchange!;
    for (const [name, commit] of exchange.refs) {
      const old = before.get(name);
      if (old === commit) continue;
      const words = `${process.name} gives ${name} ${commit.slice(0, 8)}${old ? ` for ${old.slice(0, 8)}` : ""}`;
      world.note(words);
      if (old === undefined) continue;
      if (!of.knows(old)) world.violation(`${words}, which it does not know`);
      if (!exchange.has(old)) world.violation(`${words}, which is nowhere else`);
    }
  }

  /** An agent of the run that is open starts: what was done before is in its folder. */
  started({ task, name, start, machine: { folders, repository } }: LiveAgent, { run }: Task): void {
    if (run?.mark !== start.mark) return;
    const branch = folders.get(start.cwd)?.branch ?? "";
    const pieces = repository.get(repository.branches.get(branch)!).pieces;
    const uncommitted = this.#uncommitted.get(task);
    const left = uncommitted && uncommitted.home !== repository ? uncommitted.pieces : [];
    for (const piece of [...this.#owed.get(task) ?? [], ...left]) {
      if (!pieces.has(piece)) this.world.violation(`${name} starts without the piece ${piece}`);
    }
  }

  /** A worktree is about to be removed, with its branch. */
  removes(branch: string, repository: SimulatedRepository): void {
    const tip = repository.branches.get(branch);
    if (this.exchange === null || tip === undefined || this.exchange.has(tip)) return;
    this.world.violation(`${branch} is removed and the exchange does not have ${tip}`);
  }

  /** What the log says was given, which the exchange must have. */
  #given({ task, seq }: TaskEvent, commit: string): ReadonlySet<string> {
    if (this.exchange!.has(commit)) return this.exchange!.get(commit).pieces;
    this.world.violation(`event ${seq} of task ${task} says that the exchange has ${commit}, and it has not`);
    return new Set();
  }

  #owe(task: number, pieces: Iterable<string>): void {
    const owed = this.#owed.get(task) ?? new Set();
    for (const piece of pieces) owed.add(piece);
    this.#owed.set(task, owed);
  }
}
