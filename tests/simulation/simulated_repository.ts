// A repository of one machine: branches as chains of commits, refs that keep work, and the checkouts of landings. It is on disk, so
// it outlives the processes; a git that was started goes on when its caller dies, until whoever takes the repository's turn next ends it. One
// that moves the target is never ended.

import type { Process } from "./machine.ts";
import type { World } from "./world.ts";

export const target = "main";

/** What a tree holds is the set of pieces of work that went into it. */
export interface Commit {
  id: string;
  parents: string[];
  pieces: ReadonlySet<string>;
}

/** Where every clone begins. */
const beginning: Commit = { id: "b".repeat(40), parents: [], pieces: new Set(["begin"]) };

export class SimulatedRepository {
  readonly branches = new Map<string, string>();
  /** What saved work, by its full name. */
  readonly refs = new Map<string, string>();
  /** Worktrees of landings by name. */
  readonly checkouts = new Map<string, { path: string }>();
  /** What is merged into a worktree and waits for its agent, by branch. */
  readonly merging = new Map<string, string>();
  readonly #commits = new Map<string, Commit>();
  /** Pairs of commits that were merged before: the answer is the same each time. */
  readonly #conflicts = new Map<string, boolean>();
  readonly #underWay = new Set<{ process: Process; isMove: boolean; end: () => void }>();

  constructor(readonly world: World) {
    this.receive([beginning]);
    this.branches.set(target, beginning.id);
  }

  /** A new commit with what its parents hold and `pieces`. */
  commit(parents: string[], pieces: Iterable<string>): Commit {
    const id = this.world.random.uuid().replaceAll("-", "").padEnd(40, "0");
    const all = new Set(pieces);
    for (const parent of parents) for (const piece of this.get(parent).pieces) all.add(piece);
    const commit = { id, parents, pieces: all };
    this.#commits.set(id, commit);
    return commit;
  }

  knows(id: string): boolean {
    return this.#commits.has(id);
  }

  /** Commits as another repository has them. */
  receive(commits: Iterable<Commit>): void {
    for (const commit of commits) this.#commits.set(commit.id, commit);
  }

  /** A commit and all before it. */
  closureOf(id: string): Commit[] {
    return [...this.#reachable(id)].map((one) => this.get(one));
  }

  get(id: string): Commit {
    const commit = this.#commits.get(id);
    if (!commit) throw new Error(`There is no commit ${id}`);
    return commit;
  }

  /** What a name stands for; on this disk there may be nothing of that name. */
  resolve(name: string): string | null {
    if (this.#commits.has(name)) return name;
    return this.branches.get(name === "HEAD" ? target : name.replace(/^refs\/heads\//, "")) ?? null;
  }

  /** Commits that `id` has and `other` does not. */
  ahead(id: string, other: string): string[] {
    const known = this.#reachable(other);
    return [...this.#reachable(id)].filter((one) => !known.has(one));
  }

  isAncestor(id: string, of: string): boolean {
    return this.#reachable(of).has(id);
  }

  isConflict(one: string, other: string): boolean {
    const key = `${one} ${other}`;
    let known = this.#conflicts.get(key);
    if (known === undefined) this.#conflicts.set(key, known = this.world.random.chance(0.15));
    return known;
  }

  /** No commit that was ever at the target's tip may get lost. */
  setTarget(to: string): void {
    const from = this.branches.get(target)!;
    if (!this.isAncestor(from, to)) this.world.violation(`${target} moves from ${from} to ${to}, which lacks it`);
    this.branches.set(target, to);
  }

  /** An agent commits in the worktree of a branch: its piece, and what it was told to merge or to rebase onto. */
  work(branch: string, { piece, prompt }: { piece: string; prompt: string }): void {
    const tip = this.branches.get(branch);
    if (tip === undefined) return;
    const onto = this.merging.get(branch) ?? /Rebase your branch onto (\w{40})/.exec(prompt)?.[1];
    this.merging.delete(branch);
    const parents = onto === undefined || this.resolve(onto) === null ? [tip] : [tip, onto];
    this.branches.set(branch, this.commit(parents, [piece]).id);
  }

  /** A git of `process` that has its effect after `ms`, also when its caller is dead by then. */
  start(process: Process, { ms, isMove }: { ms: number; isMove: boolean }, effect: () => void): void {
    const clear = this.world.later(ms, process.machine, () => {
      this.#underWay.delete(git);
      effect();
    });
    const git = { process, isMove, end: clear };
    this.#underWay.add(git);
  }

  /** Whoever takes the repository's turn ends the git of a holder that is dead. */
  takeTurn(): void {
    for (const git of this.#underWay) {
      if (git.process.alive || git.isMove) continue;
      git.end();
      this.#underWay.delete(git);
    }
  }

  /** Whether a git still moves the target whose caller is dead. */
  get isMoving(): boolean {
    return [...this.#underWay].some(({ process, isMove }) => isMove && !process.alive);
  }

  #reachable(id: string): Set<string> {
    const seen = new Set<string>();
    const left = [id];
    for (let next = left.pop(); next !== undefined; next = left.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      left.push(...this.get(next).parents);
    }
    return seen;
  }
}

/** A person who commits to the target now and then until `untilMs`. */
export function personAtWork(repository: SimulatedRepository, { count, untilMs }: { count: number; untilMs: number }) {
  const { world } = repository;
  for (let n = 0; n < count; n++) {
    world.later(world.random.between(1_000, untilMs), null, () => {
      const commit = repository.commit([repository.branches.get(target)!], [`person ${n}`]);
      world.note(`a person moves ${target} to ${commit.id.slice(0, 8)}`);
      repository.setTarget(commit.id);
    });
  }
}
