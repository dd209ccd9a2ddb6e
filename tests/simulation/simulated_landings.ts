// Landings in the simulated repository: each call takes time, may be refused, and its caller may die after it took effect.

import { DomainError } from "../../core/domain/error.ts";
import type { Integration, Landings } from "../../core/process/git/landings.ts";
import type { Machine, Process } from "./machine.ts";
import type { Oracle } from "./oracle.ts";
import { requireNobodyIn } from "./simulated_worktrees.ts";

export function simulatedLandings(machine: Machine, process: Process, oracle: Oracle): Landings {
  const { world, repository } = machine;
  const { random } = world;

  async function git<T>(action: string, answer: () => T): Promise<T> {
    const ms = world.faulty && random.chance(0.05) ? random.between(1_000, 8_000) : random.between(5, 100);
    if (world.faulty && random.chance(0.02)) {
      await process.wait(ms);
      throw new DomainError("unavailable", `git refused to ${action}`);
    }
    await process.wait(ms / 2);
    const result = answer();
    await process.wait(ms / 2);
    return result;
  }

  /** What changes refs or worktrees: it waits for its turn, and once it is started it does not need its caller. */
  async function change<T>(action: string, effect: () => T, { isMove = false } = {}): Promise<T> {
    const ms = world.faulty && random.chance(0.1) ? random.between(1_000, 8_000) : random.between(5, 100);
    const done = Promise.withResolvers<T>();
    await git(action, () => {
      repository.takeTurn();
      repository.start(process, { ms, isMove }, () => done.resolve(effect()));
    });
    const result = await done.promise;
    // Its caller may be stopped, or dead.
    await process.wait(random.between(1, 20));
    return result;
  }

  function tipOf(branch: string): string {
    const tip = repository.branches.get(branch);
    if (tip === undefined) throw new DomainError("not_found", `There is no branch ${branch}`);
    return tip;
  }

  function conflictsOf(onto: string, commit: string): string[] {
    const isApart = repository.ahead(onto, commit).length > 0 && repository.ahead(commit, onto).length > 0;
    return isApart && repository.isConflict(onto, commit) ? ["shared.txt"] : [];
  }

  return {
    defaultTarget: () => git("look", () => "main"),
    preview(_, { target, commit }) {
      return git("look", () => {
        const onto = tipOf(target);
        const [ahead, behind] = [repository.ahead(commit, onto).length, repository.ahead(onto, commit).length];
        return {
          ...{ target, target_commit: onto, commit, merge_base: onto, ahead, behind },
          conflicts: conflictsOf(onto, commit),
          is_landed: ahead === 0,
          methods: { ff: null, merge: null, squash: null, rebase: null },
          checkout: null,
        };
      });
    },
    integrate(_, { target, commit, method }) {
      return git("integrate", (): Integration => {
        const target_commit = tipOf(target);
        if (repository.ahead(commit, target_commit).length === 0) return { kind: "already", target_commit };
        const isBehind = repository.ahead(target_commit, commit).length > 0;
        if (method === "ff") {
          if (isBehind) return { kind: "refused", target_commit, reason: `${target} has moved on` };
          return { kind: "integrated", target_commit, commit };
        }
        const conflicts = conflictsOf(target_commit, commit);
        if (conflicts.length > 0) return { kind: "conflict", target_commit, conflicts };
        const { pieces } = repository.get(commit);
        const held = repository.get(target_commit).pieces;
        if (method !== "merge" && [...pieces].every((piece) => held.has(piece))) {
          return { kind: "already", target_commit };
        }
        const parents = method === "merge" ? [target_commit, commit] : [target_commit];
        return { kind: "integrated", target_commit, commit: repository.commit(parents, pieces).id };
      });
    },
    async move(_, { target, from, to, task }) {
      const isInTheWay = world.faulty && random.chance(0.05);
      return await change("move", () => {
        if (tipOf(target) !== from) return { kind: "lost_race", reason: `${target} is elsewhere` };
        if (isInTheWay) return { kind: "refused", reason: "shared.txt would be overwritten", files: ["shared.txt"] };
        oracle.moves(task, { from: repository.get(from), to: repository.get(to) });
        repository.setTarget(to);
        return { kind: "moved", backup_ref: `refs/coder/task-${task}/target-1` };
      }, { isMove: true });
    },
    async outcomeOf(_, { target, from, to }) {
      while (repository.isMoving) await process.wait(100);
      return await git("look", () => {
        const tip = tipOf(target);
        if (repository.isAncestor(to, tip)) return "moved";
        return tip === from ? "not_moved" : "elsewhere";
      });
    },
    isSameContent: (_, one, other) =>
      git("compare", () => repository.get(one).pieces.symmetricDifference(repository.get(other).pieces).size === 0),
    conflictMarkers: () => git("look", () => []),
    mergeInto({ branch }, { commit }) {
      return change("merge", () => {
        const tip = tipOf(branch);
        if (repository.resolve(commit) === null || repository.isAncestor(commit, tip)) return { conflicts: [] };
        repository.merging.set(branch, commit);
        return { conflicts: ["shared.txt"] };
      });
    },
    async addCheckout(_, { name }) {
      const path = `/${machine.name}/${name}`;
      return await change("add a checkout", () => {
        requireNobodyIn(path, { machine, process, oracle });
        repository.checkouts.set(name, { path });
        return { path };
      });
    },
    async removeCheckout(_, { name }) {
      await change("remove a checkout", () => {
        requireNobodyIn(`/${machine.name}/${name}`, { machine, process, oracle });
        repository.checkouts.delete(name);
      });
    },
  };
}
