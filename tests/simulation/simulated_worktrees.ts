// Worktrees as folders in memory: they take time, fail now and then, and an unfinished call may have had its effect.

import { DomainError } from "../../core/domain/error.ts";
import type { Place, Worktrees } from "../../core/process/git/worktrees.ts";
import type { Machine, Process } from "./machine.ts";
import type { Oracle } from "./oracle.ts";
import { target } from "./simulated_repository.ts";
import { nothingIncluded } from "../../core/process/git/worktree_include.ts";
import { nothingUncommitted, quietFolder } from "../support/no_project.ts";

export function simulatedWorktrees(machine: Machine, process: Process, oracle: Oracle): Worktrees {
  const { work } = oracle;
  const { world, repository } = machine;
  const { random } = world;

  /** git takes a while; its caller may be gone after it did it and before it said so. */
  async function git(action: string, apply: () => void = () => {}): Promise<void> {
    const ms = world.faulty && random.chance(0.05) ? random.between(1_000, 8_000) : random.between(5, 100);
    if (world.faulty && random.chance(0.02)) {
      await process.wait(ms);
      throw new DomainError("unavailable", `git refused to ${action}`);
    }
    world.later(ms / 2, process, apply);
    await process.wait(ms);
  }

  function tipOf({ branch, base_commit }: Place): string {
    return repository.branches.get(branch) ?? base_commit;
  }

  /** Saves what a place holds: with what is not committed, now and then. Called again, it returns what was saved. */
  function save(place: Place, ref: string): { ref: string; commit: string } {
    const tip = tipOf(place);
    const before = repository.refs.get(ref);
    const isSaved = before !== undefined && repository.isAncestor(tip, before);
    const commit = isSaved
      ? before
      : random.chance(0.2)
      ? repository.commit([tip], [`uncommitted ${ref} ${world.picks}`]).id
      : tip;
    for (let n = 1, name = ref;; name = `${ref}-${++n}`) {
      const known = repository.refs.get(name);
      if (known !== undefined && known !== commit) continue;
      repository.refs.set(name, commit);
      return { ref: name, commit };
    }
  }

  function requireFolder({ path }: Place): void {
    if (!machine.folders.has(path)) throw new DomainError("unavailable", `There is no worktree ${path}`);
  }

  return {
    async add({ repo, task, branch, base, baseCommit }) {
      if (world.faulty && random.chance(0.01)) throw new DomainError("invalid", `There is no commit ${base}`);
      const path = `/${machine.name}/${branch}`;
      const from = baseCommit ?? base;
      const found = repository.resolve(from);
      // What nobody can bring here is as good as the target.
      if (found === null && work.exchange?.knows(from)) {
        await git("look");
        throw new DomainError("invalid", `There is no commit ${from} here`);
      }
      const base_commit = found ?? repository.branches.get(target)!;
      const kept: string[] = [];
      await git("add", () => {
        requireNobodyIn(path, { machine, process, oracle });
        const tip = repository.branches.get(branch);
        if (machine.folders.has(path) && tip !== undefined) {
          kept.push(save({ repo, branch, path, base, base_commit: tip }, `refs/coder/kept/${branch}`).ref);
        }
        machine.folders.set(path, { task, branch });
        repository.branches.set(branch, base_commit);
        repository.merging.delete(branch);
      });
      return { repo, branch, path, base, base_commit, kept };
    },
    async isWhole({ path }) {
      await git("look").catch(() => {});
      return machine.folders.has(path);
    },
    pathOf: ({ path }) => Promise.resolve(path),
    pathHere: ({ branch }) => Promise.resolve(`/${machine.name}/${branch}`),
    folders: () => Promise.reject(new Error("Nothing is to be confined")),
    async whyNotRestorable({ path }, { commit }) {
      await git("look").catch(() => {});
      return machine.folders.has(path) || commit !== null ? null : "it is gone";
    },
    async restore(place, { task, commit }) {
      if (commit === null) {
        await git("look");
        throw new DomainError("conflict", `Cannot put ${place.path} back: nothing is left of it`);
      }
      await git("restore", () => {
        requireNobodyIn(place.path, { machine, process, oracle });
        machine.folders.set(place.path, { task, branch: place.branch });
        repository.branches.set(place.branch, repository.resolve(commit) ?? repository.branches.get(target)!);
      });
      return { commit, kept: [] };
    },
    async sweep(_, { task }) {
      await git("sweep", () => {
        for (const [path, folder] of machine.folders) {
          if (folder.task !== task) continue;
          requireNobodyIn(path, { machine, process, oracle });
          machine.folders.delete(path);
          repository.branches.delete(folder.branch);
        }
      });
    },
    async whyUnusable() {
      await process.wait(random.between(5, 100));
      return world.faulty && random.chance(0.2) ? "It is broken for a while" : null;
    },
    async snapshot(place, { task, run }) {
      await git("snapshot");
      requireFolder(place);
      return save(place, `refs/coder/task-${task}/run-${run}`);
    },
    async savePoint(place, { task, name }) {
      await git("save a point");
      requireFolder(place);
      const commit = tipOf(place);
      return commit === place.base_commit
        ? { ref: null, commit }
        : save(place, `refs/coder/task-${task}/point-${name}`);
    },
    async keepFiles(place, { task, run, before }) {
      await git("keep the files");
      requireFolder(place);
      const commit = tipOf(place);
      return commit === before ? null : { ref: `refs/coder/task-${task}/steps-${run}`, commit };
    },
    async remove({ path, branch }) {
      await git("remove", () => {
        requireNobodyIn(path, { machine, process, oracle });
        if (!oracle.isHeldUp(process)) work.removes(branch, repository);
        machine.folders.delete(path);
        repository.branches.delete(branch);
      });
    },
    async changes(place) {
      await git("diff");
      requireFolder(place);
      return { lines_added: 1, lines_removed: 0, uncommitted: random.chance(0.3) ? 1 : 0 };
    },
    async names() {
      await git("look");
      return new Set([...repository.checkouts.keys(), ...[...machine.folders.values()].map(({ branch }) => branch)]);
    },
    ...quietFolder,
    include: () => Promise.resolve(nothingIncluded),
    async uncommitted(place) {
      await git("look");
      requireFolder(place);
      return random.chance(0.15) ? { count: 1, files: ["left.txt"] } : nothingUncommitted;
    },
    async setAside(place, { task, run }) {
      await git("set aside");
      requireFolder(place);
      if (random.chance(0.7)) return null;
      return { ref: `refs/coder/task-${task}/aside-${run}`, commit: "a51de", count: 1, files: ["left.txt"] };
    },
    async bringBack() {
      await git("bring back");
    },
    readAtCommit: () => Promise.resolve(null),
    async requireBase(_, base) {
      await git("look");
      return repository.resolve(base) ?? repository.branches.get(target)!;
    },
    async commits({ branch }) {
      await git("look");
      const tip = repository.branches.get(branch) ?? null;
      return { head: tip ?? "", branch: tip };
    },
    async progress({ branch, base_commit }) {
      await git("look");
      const commit = repository.branches.get(branch);
      if (commit === undefined) return null;
      const isBaseHere = repository.knows(base_commit);
      return { commit, commits: isBaseHere ? repository.ahead(commit, base_commit).length : 1 };
    },
    countBeyond: () => Promise.resolve(0),
    changedNames: () => Promise.resolve([]),
    isWithin: (_, { commit, of }) =>
      Promise.resolve(repository.knows(commit) && repository.knows(of) && repository.isAncestor(commit, of)),
    async strayed() {
      await git("look");
      return [];
    },
    diff: () => Promise.reject(new Error("The simulation asks for no diff")),
    fileAt: () => Promise.reject(new Error("The simulation asks for no file")),
    folderAt: () => Promise.reject(new Error("The simulation asks for no folder")),
  };
}

/** Who removes or replaces a folder may not do that under what works in there. */
export function requireNobodyIn(
  path: string,
  { machine, process, oracle }: { machine: Machine; process: Process; oracle: Oracle },
): void {
  // Stopped in the middle of it and woken past its lease, it does not know better yet.
  if (oracle.isHeldUp(process)) return;
  // Two workers that share a machine may both clean up, when one took the other for dead.
  const steps = [...machine.steps].filter((step) => step.start.command !== "cleanup" || step.process === process);
  for (const live of [...machine.agents, ...steps]) {
    if (live.start.cwd !== path) continue;
    machine.world.violation(`${path} is replaced or removed under the live ${live.name}`);
  }
}
