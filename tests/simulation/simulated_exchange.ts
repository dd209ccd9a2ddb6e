// The exchange of a simulated world: one bare repository that every machine reaches, now and then slowly or not at all. A push
// that was started has its effect also when its caller is stopped or dead by then, and the answer to it may be lost.

import { DomainError } from "../../core/domain/error.ts";
import type { Exchange, Given } from "../../core/process/git/exchange.ts";
import { branchRef, isWorkRef, otherRef } from "../../core/process/git/ref_names.ts";
import type { Machine, Process } from "./machine.ts";
import { type Commit, SimulatedRepository } from "./simulated_repository.ts";
import type { WorkOracle } from "./work_oracle.ts";
import type { World } from "./world.ts";

const repoName = "main";
const url = "ssh://git@host/exchange.git";

export class SimulatedExchange {
  readonly refs = new Map<string, string>();
  downUntil = 0;
  readonly #objects: SimulatedRepository;

  constructor(readonly world: World) {
    this.#objects = new SimulatedRepository(world);
  }

  /** Whether it has a commit, under whatever ref. */
  has(id: string): boolean {
    return [...this.refs.values()].some((tip) => this.#objects.isAncestor(id, tip));
  }

  knows(id: string): boolean {
    return this.#objects.knows(id);
  }

  get(id: string): Commit {
    return this.#objects.get(id);
  }

  closureOf(id: string): Commit[] {
    return this.#objects.closureOf(id);
  }

  set(name: string, commit: string, from: SimulatedRepository): void {
    this.#objects.receive(from.closureOf(commit));
    this.refs.set(name, commit);
  }
}

/** The port of one process. */
export function simulatedExchange(
  exchange: SimulatedExchange,
  { machine, process, oracle }: { machine: Machine; process: Process; oracle: WorkOracle },
): Exchange {
  const { world, repository } = machine;
  const { random } = world;

  /** A question to it, or the way of an answer. */
  async function call(action: string): Promise<void> {
    await process.wait(world.faulty && random.chance(0.08) ? random.between(1_000, 20_000) : random.between(5, 200));
    if (exchange.downUntil > world.now || (world.faulty && random.chance(0.03))) {
      throw new DomainError("unavailable", `Cannot ${action} the exchange: it does not answer`);
    }
  }

  /** Sent by a program of its own, which goes on without its caller. */
  function push(effect: () => boolean): Promise<boolean> {
    const ms = world.faulty && random.chance(0.1) ? random.between(1_000, 40_000) : random.between(5, 200);
    const done = Promise.withResolvers<boolean>();
    world.later(ms, random.chance(0.5) ? machine : process, () => {
      const isDone = effect();
      world.later(1, process, () => done.resolve(isDone));
    });
    return done.promise;
  }

  function refsHere(
    { branch, task, refsOnly }: Parameters<typeof isWorkRef>[1] & { refsOnly: boolean },
  ): Map<string, string> {
    const tip = refsOnly ? undefined : repository.branches.get(branch);
    const saved = [...repository.refs].filter(([name]) => isWorkRef(name, { branch, task }));
    return new Map([...tip === undefined ? [] : [[branchRef(branch), tip] as const], ...saved]);
  }

  return {
    has: (repo) => repo === repoName,
    repos: new Set([repoName]),
    look: () => Promise.resolve(),
    async give({ branch }, { task, refsOnly = false, keepOther = false }): Promise<Given> {
      const here = refsHere({ branch, task, refsOnly });
      await call("push to");
      const there = new Map(exchange.refs);
      const own = branchRef(branch);
      const nameThere = (name: string, commit: string) =>
        name === own || (there.get(name) ?? commit) === commit ? name : otherRef(task, commit);
      const wanted = [...here].map(([name, commit]) => [nameThere(name, commit), commit] as const)
        .filter(([name, commit]) => there.get(name) !== commit);
      const other = wanted.some(([name]) => name === own) ? there.get(own) : undefined;
      if (other !== undefined && !repository.knows(other)) {
        if (!keepOther) {
          throw new DomainError("conflict", `Cannot push to the exchange: it has other work on branch ${branch}`);
        }
        await call("fetch from");
        repository.receive(exchange.closureOf(other));
        wanted.push([otherRef(task, other), other]);
      }
      if (wanted.length > 0) {
        const isPushed = await push(() => {
          if (exchange.downUntil > world.now) return false;
          if (wanted.some(([name]) => exchange.refs.get(name) !== there.get(name))) return false;
          const before = new Map(exchange.refs);
          for (const [name, commit] of wanted) exchange.set(name, commit, repository);
          oracle.replaced(before, { of: repository, process });
          return true;
        });
        if (!isPushed) throw new DomainError("unavailable", "Cannot push to the exchange: it was refused");
        await call("hear from");
      }
      return { url, commit: here.get(own) ?? null };
    },
    async take({ branch }, { task }) {
      await call("ask");
      const wanted = [...exchange.refs].filter(([name]) => isWorkRef(name, { branch, task }));
      await call("fetch from");
      for (const [name, commit] of wanted) {
        repository.receive(exchange.closureOf(commit));
        if (name !== branchRef(branch) && !repository.refs.has(name)) repository.refs.set(name, commit);
      }
      return { commit: new Map(wanted).get(branchRef(branch)) ?? null };
    },
    async takeBase(_, base) {
      await call("ask");
      const commit = exchange.knows(base) ? base : exchange.refs.get(branchRef(base));
      if (commit === undefined || !exchange.has(commit)) return null;
      await call("fetch from");
      repository.receive(exchange.closureOf(commit));
      return commit;
    },
  };
}
