// The Worktrees port with real git.
//
// Whose is it? A task's branch and folder have the same name. The name is claimed by a ref, `refs/coder/owned/{store}/{name}`,
// written only when neither a branch, a folder nor a worktree of that name exists; after `git worktree add` the worktree's
// own git folder gets a mark with the store's uuid and the task. A kill -9 between any two steps leaves one of these, and
// each has an answer:
//
//   claim only                          free: nothing was made yet
//   claim, branch                       ours: `worktree add` had not come further, or `remove` had only the branch to go
//   claim, branch, entry (+ folder)     ours though unmarked: the entry has our claimed branch checked out. While git's own
//                                       "initializing" lock is on it the agent never ran: nothing in it to save
//   entry without its folder's path     ours when the name is claimed (isStray)
//   the same, the branch with work      ours: put back (`restore`) and not come further; the branch stays as it is
//   mark, folder partly deleted         ours; the "removing" file beside the mark says that nothing in it is to be saved
//   an index.lock or a ref's lock       removed before the next use: nothing of the run is alive when we are called
//
// Anything else of that name is somebody's: it is left alone and the next name, `{name}-2`, is tried. What is ours and in the
// way is saved under refs/coder/kept/ before it is replaced. A save that fails ends the removal.
//
// A half-written entry makes git fail for *every* worktree of the repository, so `add` first removes all that are ours.
//
// Every path is resolved through symbolic links and must lie directly in the root folder of its repository. One mutation
// at a time per repository, by an OS lock on a file in its git folder: git's own locks fail instead of waiting, and another
// service on the repository must not take what is being made for what was left half-made.

import { basename, dirname, join } from "@std/path";
import { DomainError, messageOf } from "../../domain/error.ts";
import { type DiffFiles, diffFiles } from "./diff_files.ts";
import { excludesFileOf, noteExclusions } from "./exclusions.ts";
import { contentOverrides, git, gitLine, inspectRepository, isCommitId, isRevision, resolveCommit } from "./git.ts";
import type { Overrides } from "./git_programs.ts";
import {
  branchRef,
  commitOf,
  createClaimed,
  createRef,
  deleteRef,
  isMerged,
  isSameWork,
  isSaved,
  listRefs,
  ownedRef,
  type Ref,
  removeLock,
} from "./git_refs.ts";
import { markVariable } from "../process_table.ts";
import { endTree } from "../process_tree.ts";
import { hasNestedWork, keepNested, type KeptNested } from "./nested_repositories.ts";
import { removeFolder } from "./remove_folder.ts";
import { entryNames, strayWork } from "./stray_work.ts";
import {
  commitContent,
  countChanges,
  countLines,
  countUncommitted,
  lookAtContent,
  writeDiff,
} from "./worktree_content.ts";
import {
  checkoutsOf,
  type Entry,
  findEntry,
  isLinked,
  isStray,
  listEntries,
  markRemoving,
  newEntry,
  writeMark,
} from "./worktree_entry.ts";
import { fileTreeOf, headOf } from "./worktree_index.ts";
import { followMove } from "./worktree_move.ts";
import type { Place, Worktrees, WorktreeUpkeep } from "./worktrees.ts";

export interface GitWorktreesOptions {
  /** Name -> top folder of the working tree. */
  repos: ReadonlyMap<string, string>;
  /** The folder in which a repository's worktrees are made; created when it is missing. */
  root: (repo: string) => string;
  /** The uuid of the store whose log knows these worktrees. */
  store: string;
}

/** One repository, and a name in it that a task uses or may use. */
interface Site {
  repo: string;
  /** Its git folder, shared by all its worktrees. */
  common: string;
  /** The real path of the folder with the worktrees. */
  root: string;
}

const MAX_NAMES = 100;
/** In a repository's git folder. */
const DIFFS = "personal-coder-diffs";

export function gitWorktrees({ repos, root, store }: GitWorktreesOptions): Worktrees & WorktreeUpkeep {
  const takeTurn = turns();
  const diffs = diffFiles();
  const commonFolders = new Map<string, string>();

  /** Asked once: a repository does not change its git folder while it is served. */
  async function commonFolder(repo: string): Promise<string> {
    const known = commonFolders.get(repo);
    if (known !== undefined) return known;
    const common = await gitLine(["rev-parse", "--path-format=absolute", "--git-common-dir"], { cwd: repo });
    commonFolders.set(repo, common);
    return common;
  }

  async function siteOf(name: string): Promise<Site> {
    const repo = repos.get(name);
    if (repo === undefined) {
      throw new DomainError("unavailable", `Cannot use repository ${name}: it is not configured on this worker`);
    }
    if (!await Deno.stat(repo).then(({ isDirectory }) => isDirectory, () => false)) {
      throw new DomainError("unavailable", `Cannot use repository ${name}: the folder ${repo} is gone`);
    }
    const common = await commonFolder(repo);
    const folder = root(name);
    await Deno.mkdir(folder, { recursive: true });
    return { repo, common: await Deno.realPath(common), root: await Deno.realPath(folder) };
  }

  /**
   * The site of a place and the place's real path; a path that does not lie directly in the root is refused, unless the
   * worktree was moved there.
   */
  async function locate(place: Place): Promise<{ site: Site; path: string }> {
    const site = await siteOf(place.repo);
    const parent = await Deno.realPath(dirname(place.path)).catch(() => null);
    const path = join(site.root, basename(place.path));
    const isName = !/^\.{0,2}$/.test(basename(place.path));
    if (isName && (parent === site.root || await follow(site, path))) return { site, path };
    throw new DomainError(
      "conflict",
      `Cannot use worktree ${place.path}: it is not in ${site.root}; move it there, or set CODER_WORKTREES or CODER_REPO back`,
    );
  }

  async function follow(site: Site, path: string): Promise<boolean> {
    return await takeTurn(site.common, () => followMove(site.common, { store, name: basename(path), to: path }));
  }

  function isOurs(entry: Entry, claim: string | null): boolean {
    if (entry.mark !== null) return entry.mark.store === store;
    return claim !== null && (entry.branch === null || entry.branch === branchRef(basename(entry.path)));
  }

  /** Whether a name can be used: `free`, `ours` (to be saved and replaced), or `taken` by somebody else. */
  async function standingOf(
    site: Site,
    name: string,
    { task, entries }: { task: number; entries: Entry[] },
  ): Promise<"free" | "ours" | "taken"> {
    const path = join(site.root, name);
    const entry = entries.find((entry) => entry.path === path) ?? null;
    if (isElsewhere(site, { name, path, entries })) return "taken";
    const [found, folder] = await Promise.all([
      listRefs(site.repo, branchRef(name), ownedRef(store, name)),
      folderAt(path),
    ]);
    const claim = found.find((ref) => ref.name === ownedRef(store, name))?.commit ?? null;
    const refs = found.filter((ref) => ref.name.startsWith(branchRef(name)));
    if (entry !== null) {
      return isOurs(entry, claim) && (entry.mark?.task ?? task) === task && folder !== "other" ? "ours" : "taken";
    }
    // Refs below that name (`{name}/x`) are in the way of a branch too.
    if (refs.length > 0 && (claim === null || refs[0]!.name !== branchRef(name))) return "taken";
    if (folder === "none" || (folder === "empty" && claim !== null)) return refs.length > 0 ? "ours" : "free";
    return "taken";
  }

  /** Saves what a stale name of ours holds, then removes it all. Returns the refs under which it was saved. */
  async function clear(site: Site, name: string, task: number | string): Promise<string[]> {
    const path = join(site.root, name);
    const entry = await findEntry(site.common, path);
    const claim = await commitOf(site.repo, ownedRef(store, name));
    const tip = await commitOf(site.repo, branchRef(name));
    const message = `Kept from a stale worktree of ${name}`;
    const { kept, work } = await saveFiles(site, { entry, name, task, base: claim, tip, message });
    if (tip !== null) work.push(tip);
    for (const commit of work) {
      // `claim` is where the branch started: no work of ours.
      if (claim !== null && await isSaved(site.repo, commit, { branch: name, base: claim })) continue;
      kept.push((await keep(site, commit, task)).name);
    }
    await erase(site, { entry, name, tip });
    return kept;
  }

  /** Makes a commit of what lies in a worktree that is to be removed, and keeps what repositories inside it alone hold. */
  async function saveFiles(
    site: Site,
    { entry, name, tip, ...options }: {
      entry: Entry | null;
      name: string;
      tip: string | null;
      task: number | string;
      base: string | null;
      message: string;
    },
  ): Promise<{ kept: string[]; work: string[] }> {
    if (entry === null || entry.isHalfMade || entry.isHalfRemoved) return { kept: [], work: [] };
    const { links, kept } = await keepNestedOf(site, entry, { ...options, files: true });
    const isThere = await folderAt(join(site.root, name)) === "folder";
    const content = { message: options.message, fallback: tip, links };
    return {
      kept: kept.map((ref) => ref.name),
      work: isThere ? [await commitContent(await fileTreeOf(entry), content)] : [],
    };
  }

  async function keep(site: Site, commit: string, task: number | string): Promise<Ref> {
    return await hold(site, commit, (n) => `${keptRef(task)}-${n}`);
  }

  async function hold(site: Site, commit: string, names: (n: number) => string): Promise<Ref> {
    return await createRef(site, commit, { names, isSameWork: (other) => isSameWork(site.repo, commit, other) });
  }

  /** Keeps what repositories in a worktree alone hold, beside what is kept of a task. In the repository's turn. */
  async function keepNestedOf(
    site: Site,
    entry: Entry,
    { task, base, ...options }: { task: number | string; base: string | null; message: string; files: boolean },
  ): Promise<{ links: Map<string, string>; kept: KeptNested[] }> {
    return await keepNested(await fileTreeOf(entry), {
      ...{ repo: site.repo, common: site.common, base, ...options },
      hold: (name, commit) => hold(site, commit, nestedRefs(keptRef(task), name)),
    });
  }

  /** Removes folder, entry, branch and claim, in the order that lets a later call go on after a crash. */
  async function erase(site: Site, { entry, name, tip }: { entry: Entry | null; name: string; tip: string | null }) {
    const claim = await commitOf(site.repo, ownedRef(store, name));
    if (entry !== null) await eraseEntry(site, entry, name);
    if (entry === null && claim === null) return;
    await eraseRests(site, name);
    if (tip !== null) await deleteRef(site, { name: branchRef(name), commit: tip });
    if (claim !== null) await deleteRef(site, { name: ownedRef(store, name), commit: claim });
  }

  async function eraseEntry(site: Site, entry: Entry, name: string): Promise<void> {
    await markRemoving(entry);
    // Not by `git worktree remove`: when that fails half-way it drops the entry, and with it our mark.
    await removeFolder(join(site.root, name));
    await Deno.remove(entry.folder, { recursive: true });
  }

  /** An empty folder of a name of ours, and entries that were begun for it. */
  async function eraseRests(site: Site, name: string): Promise<void> {
    const path = join(site.root, name);
    if (await folderAt(path) === "empty") await Deno.remove(path);
    const strays = (await listEntries(site.common)).filter((entry) => isStray(entry, name));
    for (const stray of strays) await Deno.remove(stray.folder, { recursive: true });
  }

  /** Claims a name and makes its branch; the commit it starts from. `worktree add -b` would start as many gits, and claim nothing. */
  async function claimName(site: Site, name: string, base: string): Promise<string> {
    return await createClaimed(site, { claim: ownedRef(store, name), branch: branchRef(name), base });
  }

  /** The worktree of a claimed name; its path. */
  async function make(
    site: Site,
    { name, task, content }: { name: string; task: number; content: Overrides },
  ): Promise<string> {
    try {
      return await checkOut(site, { name, task, content });
    } catch (error) {
      // Best effort: what stays behind is ours and is cleared by the next `add` of this name.
      await clear(site, name, task).catch(() => {});
      throw error;
    }
  }

  /** A marked worktree of a branch that is there; its path. */
  async function checkOut(
    site: Site,
    { name, task, content }: { name: string; task: number; content: Overrides },
  ): Promise<string> {
    const path = join(site.root, name);
    const env = { [markVariable(await markOf(site.common))]: "1" };
    const [excludesFile] = await both(
      excludesFileOf(site.repo),
      git(["worktree", "add", path, name], { cwd: site.repo, env, content }),
    );
    const entry = newEntry(site.common, path);
    if (entry === null) throw new DomainError("unavailable", `Cannot add worktree ${path}: git did not record it`);
    await noteExclusions({ folder: entry.folder, path, common: site.common, excludesFile });
    await writeMark(entry, { store, task });
    return path;
  }

  /** Removes what a killed `make` left of any name of ours. The agent never ran in there. Returns the entries then. */
  async function sweepHalfMade(site: Site): Promise<Entry[]> {
    const entries = await listEntries(site.common);
    const halfMade = entries.filter((entry) => entry.isHalfMade);
    if (halfMade.length === 0) return entries;
    const prefix = ownedRef(store, "");
    for (const claim of await listRefs(site.repo, prefix)) {
      const name = claim.name.slice(prefix.length);
      const isLeft = (entry: Entry) => entry.path === join(site.root, name) || isStray(entry, name);
      if (!halfMade.some(isLeft)) continue;
      const tip = await commitOf(site.repo, branchRef(name));
      if (tip === null || tip === claim.commit) {
        await clear(site, name, name);
        continue;
      }
      // It was being put back: there is work on the branch, and the next `restore` goes on from it.
      const entry = halfMade.find((entry) => entry.path === join(site.root, name));
      if (entry !== undefined) await eraseEntry(site, entry, name);
      await eraseRests(site, name);
    }
    return await listEntries(site.common);
  }

  /** Whether a name of ours holds nothing but what `add` made of it: nobody has worked there. */
  async function isUntouched(
    site: Site,
    { name, claim, entry, task }: { name: string; claim: string; entry: Entry | null; task: number },
  ): Promise<boolean> {
    const tip = await commitOf(site.repo, branchRef(name));
    if (tip !== null && tip !== claim) return false;
    const folder = await folderAt(join(site.root, name));
    if (entry === null) return folder === "none" || folder === "empty";
    if (!isOurs(entry, claim) || (entry.mark?.task ?? task) !== task) return false;
    if (entry.isHalfMade || entry.isHalfRemoved || folder === "none") return true;
    return folder === "folder" && await headOf(entry) === claim &&
      await countUncommitted(await fileTreeOf(entry)) === 0;
  }

  /** From what a place can be put back; `lack` says in words that follow "because" why it cannot be. */
  async function remainsOf(
    site: Site,
    { place, path, commit }: { place: Place; path: string; commit: string | null },
  ): Promise<
    { lack: string } | { lack: null; entry: Entry | null; claim: string | null; tip: string | null; from: string }
  > {
    const name = place.branch;
    const entries = await listEntries(site.common);
    const entry = entries.find((entry) => entry.path === path) ?? null;
    const [claim, tip] = [await commitOf(site.repo, ownedRef(store, name)), await commitOf(site.repo, branchRef(name))];
    const other = checkoutsOf(site.common, branchRef(name), entries).find((folder) => folder !== path);
    if (other !== undefined) {
      return { lack: `branch ${name} is checked out in ${other === site.common ? site.repo : other}` };
    }
    const folder = await folderAt(path);
    const isForeign = entry === null ? folder === "folder" : !isOurs(entry, claim);
    if (isForeign || folder === "other") return { lack: `${path} is not ours any more` };
    // A branch without a claim or an entry of ours is somebody's.
    const isOurBranch = tip !== null && (claim !== null || entry !== null);
    const from = isOurBranch ? tip : tip === null && commit !== null ? await commitOf(site.repo, commit) : null;
    if (from === null) return { lack: `neither worktree ${path} nor its branch is there any more` };
    return { lack: null, entry, claim, tip, from };
  }

  /** The entry of a place that is ours and stands, or `null`. */
  async function standingEntry(site: Site, path: string): Promise<Entry | null> {
    const entry = await findEntry(site.common, path);
    if (entry === null || entry.isHalfMade || entry.isHalfRemoved || await folderAt(path) !== "folder") return null;
    return isOurs(entry, await commitOf(site.repo, ownedRef(store, basename(path)))) ? entry : null;
  }

  async function mergedCommit(site: Site, { place, path }: { place: Place; path: string }): Promise<string | null> {
    const entry = await standingEntry(site, path);
    if (entry === null && await folderAt(path) !== "none") return null;
    const entries = await listEntries(site.common);
    if (isElsewhere(site, { name: place.branch, path, entries })) return null;
    if (entry !== null) {
      const tree = await fileTreeOf(entry);
      if (await countUncommitted(tree) > 0) return null;
      const { repo, common } = site;
      if (await hasNestedWork(tree, { repo, common, base: place.base_commit })) return null;
    }
    const tip = await commitOf(site.repo, branchRef(place.branch));
    const head = entry === null ? tip : await headOf(entry);
    if (tip === null || head === null) return null;
    for (const commit of new Set([tip, head])) {
      if (!await isMerged(site.repo, commit, { branch: place.branch, base: place.base_commit })) return null;
    }
    return tip;
  }

  return {
    async add({ repo, task, branch, base, baseCommit }) {
      if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(branch) || branch.includes("..")) {
        throw new DomainError("invalid", `Cannot add worktree ${JSON.stringify(branch)}: it is no plain name`);
      }
      const site = await siteOf(repo);
      return await takeTurn(site.common, async () => {
        const entries = await sweepHalfMade(site);
        const from = baseCommit ?? base;
        const path = join(site.root, branch);
        const isSeen = entries.some((entry) => entry.path === path) ||
          isElsewhere(site, { name: branch, path, entries });
        if (isRevision(from) && !isSeen && await folderAt(path) === "none") {
          // As nearly always: then git says what the base is, and whether the name is free, while it claims it.
          const [commit, content] = await both(
            claimName(site, branch, from).catch(expected),
            contentOverrides({ cwd: site.repo }),
          );
          if (commit !== null) {
            await make(site, { name: branch, task, content });
            return { repo, branch, path, base, base_commit: commit, kept: [] };
          }
        }
        const commit = await resolveCommit(site.repo, from);
        for (let n = 1; n <= MAX_NAMES; n++) {
          const name = n === 1 ? branch : `${branch}-${n}`;
          const standing = await standingOf(site, name, { task, entries });
          if (standing === "taken") continue;
          // What cannot be saved is not replaced either.
          const kept = standing === "ours" ? await clear(site, name, task).catch(expected) : [];
          if (kept === null) continue;
          await claimName(site, name, commit);
          const path = await make(site, { name, task, content: await contentOverrides({ cwd: site.repo }) });
          return { repo, branch: name, path, base, base_commit: commit, kept };
        }
        throw new DomainError(
          "unavailable",
          `Cannot add worktree ${branch}: the names up to ${branch}-${MAX_NAMES} are taken`,
        );
      });
    },

    async isWhole(place) {
      const { site, path } = await locate(place).catch(expected) ?? {};
      if (site === undefined || path === undefined) return false;
      const entry = await standingEntry(site, path);
      if (entry === null || entry.mark === null || !(isLinked(entry) || await follow(site, path))) return false;
      if (await commitOf(site.repo, branchRef(place.branch)) === null || await headOf(entry) === null) return false;
      // Left by a git that was killed with the run before this question; the next git in there would trip over them.
      for (const lock of ["index.lock", "HEAD.lock"]) await Deno.remove(join(entry.folder, lock)).catch(() => {});
      await removeLock(site, branchRef(place.branch));
      return true;
    },

    async pathOf(place) {
      return (await locate(place)).path;
    },

    async lackOf(place, { commit }) {
      const site = await siteOf(place.repo);
      const { path } = await locate(place).catch(expected) ?? {};
      if (path === undefined) return `${place.path} is not in the folder for worktrees, ${site.root}`;
      if (await standingEntry(site, path) !== null) return null;
      return (await remainsOf(site, { place, path, commit })).lack;
    },

    async restore(place, { task, commit }) {
      const { site, path } = await locate(place);
      const name = place.branch;
      return await takeTurn(site.common, async () => {
        await sweepHalfMade(site);
        const remains = await remainsOf(site, { place, path, commit });
        if (remains.lack !== null) {
          throw new DomainError("conflict", `Cannot put worktree ${path} back: ${remains.lack}`);
        }
        const { entry, claim, tip, from } = remains;
        const message = `Kept from a broken worktree of ${name}`;
        const base = place.base_commit;
        const { kept, work } = await saveFiles(site, { entry, name, task, base, tip, message });
        for (const commit of work) {
          const isHeld = await isSaved(site.repo, commit, { branch: name, base: tip ?? base });
          if (!isHeld) kept.push((await keep(site, commit, task)).name);
        }
        if (entry !== null) await eraseEntry(site, entry, name);
        await eraseRests(site, name);
        if (claim === null) await git(["update-ref", ownedRef(store, name), place.base_commit, ""], { cwd: site.repo });
        await removeLock(site, branchRef(name));
        if (tip === null) await git(["update-ref", branchRef(name), from, ""], { cwd: site.repo });
        await checkOut(site, { name, task, content: await contentOverrides({ cwd: site.repo }) });
        return { commit: from, kept };
      });
    },

    async sweep(repo, { task, prefix }) {
      const site = await siteOf(repo);
      const claims = () => listRefs(site.repo, ownedRef(store, `${prefix}*`));
      if ((await claims()).length === 0) return;
      await takeTurn(site.common, async () => {
        const entries = await sweepHalfMade(site);
        for (const { name: ref, commit: claim } of await claims()) {
          const name = ref.slice(ownedRef(store, "").length);
          const path = join(site.root, name);
          const entry = entries.find((entry) => entry.path === path) ?? null;
          if (isElsewhere(site, { name, path, entries })) continue;
          if (await isUntouched(site, { name, claim, entry, task })) await clear(site, name, task);
        }
      });
    },

    async ailmentOf(name) {
      const repo = repos.get(name);
      if (repo === undefined) return null;
      try {
        await inspectRepository(repo);
        await siteOf(name);
        return null;
      } catch (error) {
        return messageOf(error);
      }
    },

    async snapshot(place, { task, run }) {
      const { site, path } = await locate(place);
      const names = (n: number) => `refs/coder/task-${task}/run-${run}${n === 1 ? "" : `-${n}`}`;
      const tip = await commitOf(site.repo, branchRef(place.branch));
      const entry = await standingEntry(site, path);
      if (entry === null) {
        // The folder is gone or going: an earlier call saved it, or nobody can; the commits are still there.
        const saved = (await listRefs(site.repo, `refs/coder/task-${task}/`))
          .filter(({ name }) => name.startsWith(names(1)) && /^(-\d+)?$/.test(name.slice(names(1).length)));
        const last = saved.sort((a, b) => a.name.length - b.name.length || (a.name < b.name ? -1 : 1)).at(-1);
        if (last !== undefined) return { ref: last.name, commit: last.commit };
      }
      const message = `Task ${task}, run ${run}: uncommitted work`;
      const nested = entry === null ? null : await keepNested(await fileTreeOf(entry), {
        ...{ repo: site.repo, common: site.common, base: place.base_commit, message, files: true },
        hold: (name, commit) => takeTurn(site.common, () => hold(site, commit, nestedRefs(names(1), name))),
      });
      const commit = entry === null
        ? tip
        : await commitContent(await fileTreeOf(entry), { message, fallback: tip, links: nested!.links });
      if (commit === null) {
        throw new DomainError(
          "not_found",
          `Cannot save worktree ${place.path}: neither it nor branch ${place.branch} exists`,
        );
      }
      return await takeTurn(site.common, async () => {
        const ref = await hold(site, commit, names);
        return {
          ...{ ref: ref.name, commit: ref.commit },
          ...(nested?.kept.length &&
            { nested: nested.kept.map(({ path, name, commit }) => ({ path, ref: name, commit })) }),
        };
      });
    },

    async remove(place) {
      const { site, path } = await locate(place);
      const name = place.branch;
      await takeTurn(site.common, async () => {
        const entries = await listEntries(site.common);
        const entry = entries.find((entry) => entry.path === path) ?? null;
        const claim = await commitOf(site.repo, ownedRef(store, name));
        const folder = await folderAt(path);
        const isForeign = entry === null ? folder === "folder" : !isOurs(entry, claim);
        if (isForeign || folder === "other" || basename(path) !== name) {
          throw new DomainError("conflict", `Cannot remove worktree ${path}: it is not marked as ours`);
        }
        const isBranchOurs = (claim !== null || entry !== null) && !isElsewhere(site, { name, path, entries });
        const tip = isBranchOurs ? await commitOf(site.repo, branchRef(name)) : null;
        const head = entry === null || entry.isHalfMade ? null : await headOf(entry);
        for (const commit of new Set([tip, head])) {
          if (commit === null || await isSaved(site.repo, commit, { branch: name, base: place.base_commit })) continue;
          await keep(site, commit, entry?.mark?.task ?? name);
        }
        if (entry !== null && !entry.isHalfMade && !entry.isHalfRemoved) {
          const message = `Kept from the worktree of ${name}`;
          const task = entry.mark?.task ?? name;
          await keepNestedOf(site, entry, { task, base: place.base_commit, message, files: false });
        }
        await erase(site, { entry, name, tip });
      });
    },

    async changes(place) {
      const { site, path } = await locate(place);
      const base = checkedCommit(place.base_commit);
      const entry = await standingEntry(site, path);
      if (entry !== null) return await countChanges(await fileTreeOf(entry), base);
      return await countLines(site.repo, base, await tipOf(site, place));
    },

    async names(repo) {
      return await entryNames((await siteOf(repo)).common);
    },

    async strayed(place, { task, before }) {
      const { site, path } = await locate(place);
      return await strayWork(await standingEntry(site, path), {
        repo: site.repo,
        common: site.common,
        branch: place.branch,
        base: checkedCommit(place.base_commit),
        before,
        // One that is being made has no mark yet; its branch is claimed.
        isOurs: (entry) => entry.mark?.store === store || entry.isHalfMade,
        keep: (commit) => takeTurn(site.common, async () => (await keep(site, commit, task)).name),
      });
    },

    async diff(place, { commit }) {
      const { site, path } = await locate(place);
      const base = checkedCommit(place.base_commit);
      if (commit !== null) return await diffOf(diffs, site, { base, commit: checkedCommit(commit) });
      const entry = await standingEntry(site, path);
      if (entry !== null) return await diffOfWorktree(diffs, site, { entry, base });
      return await diffOf(diffs, site, { base, commit: await tipOf(site, place) });
    },

    async traces(repo) {
      const site = await siteOf(repo);
      const prefix = ownedRef(store, "");
      const claims = new Set((await listRefs(site.repo, prefix)).map(({ name }) => name.slice(prefix.length)));
      const branches = new Set((await listRefs(site.repo, "refs/heads/")).map(({ name }) => name));
      const own = (await listEntries(site.common)).filter((entry) =>
        entry.path !== "" && isOurs(entry, claims.has(basename(entry.path)) ? "claimed" : null)
      );
      const names = new Set(own.map((entry) => basename(entry.path)));
      const saved = await listRefs(site.repo, "refs/coder/");
      return {
        worktrees: own.map(({ path, mark }) => ({ path, branch: basename(path), task: mark?.task ?? null })),
        branches: [...claims].filter((name) => branches.has(branchRef(name)) && !names.has(name)),
        saved: saved.filter(({ name }) => !name.startsWith("refs/coder/owned/")),
      };
    },

    async mergedCommit(place) {
      const { site, path } = await locate(place);
      return await mergedCommit(site, { place, path });
    },

    async removeMerged(place) {
      const { site, path } = await locate(place);
      await takeTurn(site.common, async () => {
        const entry = await findEntry(site.common, path);
        const tip = await commitOf(site.repo, branchRef(place.branch));
        const isGoing = entry?.isHalfRemoved && isOurs(entry, null);
        const isGone = entry === null && tip === null;
        if (!isGoing && !isGone && await mergedCommit(site, { place, path }) === null) {
          throw new DomainError("conflict", `Cannot remove worktree ${path}: it has work that no other branch has`);
        }
        await erase(site, { entry, name: place.branch, tip });
      });
    },

    async hasSnapshot(repo, { ref, commit }) {
      return await commitOf((await siteOf(repo)).repo, ref) === commit;
    },

    async removeSnapshot(repo, { ref, commit }) {
      const site = await siteOf(repo);
      await takeTurn(site.common, async () => {
        if (await commitOf(site.repo, ref) === commit) await deleteRef(site, { name: ref, commit });
        // What repositories in it held is kept for the run, of which there may be several snapshots.
        const first = ref.replace(/(\/run-\d+)-\d+$/, "$1");
        const all = await listRefs(site.repo, `${dirname(first)}/`);
        const isSnapshot = ({ name }: Ref) => name.startsWith(first) && /^(-\d+)?$/.test(name.slice(first.length));
        if (all.some(isSnapshot)) return;
        const left = all.filter(({ name }) => name.startsWith(nestedRefs(first, "")(1)));
        for (const nested of left) await deleteRef(site, nested);
      });
    },
  };
}

/** What is kept of a task, or of a name when the task is not known; followed by a number. */
function keptRef(task: number | string): string {
  return `refs/coder/kept/${typeof task === "number" ? `task-${task}` : task}`;
}

/** The refs for what a repository in a worktree held, beside a ref of the worktree's own. */
function nestedRefs(ref: string, name: string): (n: number) => string {
  return (n) => `${ref}-nested/${name}${n === 1 ? "" : `-${n}`}`;
}

function diffOf(
  diffs: DiffFiles,
  { repo, common }: Site,
  { base, commit }: { base: string; commit: string },
): Promise<ReadableStream<Uint8Array>> {
  const key = `${base}-${commit}`;
  return diffs.open({
    folder: join(common, DIFFS),
    subject: `${common} ${key}`,
    look: (make) => make(key, async (file) => (await writeDiff(repo, file, { base, commit }), true)),
  });
}

async function diffOfWorktree(
  diffs: DiffFiles,
  { common }: Site,
  { entry, base }: { entry: Entry; base: string },
): Promise<ReadableStream<Uint8Array>> {
  const tree = await fileTreeOf(entry);
  return await diffs.open({
    folder: join(common, DIFFS),
    subject: `${entry.folder} ${base}`,
    look: (make) => lookAtContent(tree, base, ({ fingerprint, write }) => make(`${base}-${fingerprint}`, write)),
  });
}

async function tipOf(site: Site, place: Place): Promise<string> {
  const tip = await commitOf(site.repo, branchRef(place.branch));
  if (tip !== null) return tip;
  throw new DomainError(
    "not_found",
    `Cannot compare worktree ${place.path}: neither it nor branch ${place.branch} exists`,
  );
}

/** Whether the branch is checked out in another worktree (a person looks at it there): deleting it would break that one. */
function isElsewhere(
  site: Site,
  { name, path, entries }: { name: string; path: string; entries: Entry[] },
): boolean {
  return checkoutsOf(site.common, branchRef(name), entries).some((other) => other !== path);
}

async function folderAt(path: string): Promise<"none" | "empty" | "folder" | "other"> {
  try {
    if (!(await Deno.lstat(path)).isDirectory) return "other";
    for await (const _ of Deno.readDir(path)) return "folder";
    return "empty";
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return "none";
    throw error;
  }
}

function checkedCommit(commit: string): string {
  if (!isCommitId(commit)) {
    throw new DomainError("invalid", `Cannot compare with ${JSON.stringify(commit)}: no commit id`);
  }
  return commit;
}

/** For `catch`: an expected refusal becomes `null`. */
function expected(error: unknown): null {
  if (error instanceof DomainError) return null;
  throw error;
}

/** Runs the actions on a repository one after another, in the order of the calls and across processes. */
function turns(): <T>(common: string, action: () => Promise<T>) => Promise<T> {
  const last = new Map<string, Promise<unknown>>();
  return (common, action) => {
    const turn = (last.get(common) ?? Promise.resolve()).then(() => withLock(common, action));
    last.set(common, turn.catch(() => {}));
    return turn;
  };
}

async function withLock<T>(common: string, action: () => Promise<T>): Promise<T> {
  // The OS releases it with its holder, however that ends.
  using file = await Deno.open(join(common, "personal-coder.lock"), { write: true, create: true });
  await file.lock(true);
  // But the git of a holder that was killed lives on, and may still be checking out. A holder that was not killed emptied
  // the file, and that is all there is to know then: no look at all processes.
  if ((await file.stat()).size > 0) await endTree({ mark: await markOf(common), graceMs: 2000 });
  else await file.write(new TextEncoder().encode("held"));
  try {
    return await action();
  } finally {
    await file.truncate(0);
  }
}

/** Both results; waits for both also when one fails, so that nothing is left running. */
async function both<A, B>(one: Promise<A>, other: Promise<B>): Promise<[A, B]> {
  await Promise.allSettled([one, other]);
  return await Promise.all([one, other]);
}

/** Marks the process that makes a worktree in this repository, of which there is one at most. */
async function markOf(common: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(common));
  return `git-${new Uint8Array(digest).toHex().slice(0, 32)}`;
}
