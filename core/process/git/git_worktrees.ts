// The ports of worktrees.ts and outgoing.ts with real git: each method finds its repository and place (sites.ts), and hands over.
//
//   ownership.ts         whose a name, branch or folder is
//   add_worktree.ts      a place for a task; make_worktree.ts makes it
//   restore_worktree.ts  a place that is gone or broken, put back
//   snapshots.ts         what a run left, saved; points.ts, step_files.ts: what it held on the way
//   remove_worktree.ts   places that are over; erase_worktree.ts erases them, keep_work.ts keeps what would go with them
//   folder_guard.ts      what a run did to the git folder that is not its own, undone
//   worktree_diff.ts     a place against its base, or any two moments; file_at.ts: one file of it
//   push.ts, patch.ts, bundle.ts   what leaves the house, or comes from another one
//
// What changes anything takes the repository's turn (turns.ts).

import { basename, join } from "@std/path";
import { DomainError, messageOf, nullIfExpected } from "../../domain/error.ts";
import { addWorktree, requirePlainName, sweepUntouched } from "./add_worktree.ts";
import { bundleOf, takeBundle } from "./bundle.ts";
import { requireCommitId } from "./compared.ts";
import { type DiffFiles, diffFiles } from "./diff_files.ts";
import { fileAt } from "./file_at.ts";
import { folderAt } from "./folder_at.ts";
import { guardFolder, restoreFolder } from "./folder_guard.ts";
import { namesOf } from "./folder_look.ts";
import { inspectRepository } from "./git.ts";
import { changedNames, countBeyond, isWithin, progressOf, readAtCommit, requireBase } from "./git_objects.ts";
import { removeLock } from "./git_refs.ts";
import { keepCommit } from "./keep_work.ts";
import { standingEntry, tipOf } from "./ownership.ts";
import { pushBranch } from "./push.ts";
import { branchRef } from "./ref_names.ts";
import type { Outgoing } from "./outgoing.ts";
import { patchOf } from "./patch.ts";
import { pointsOf, savePoint } from "./points.ts";
import { mergedCommit, removeMerged, removeWorktree } from "./remove_worktree.ts";
import { restoreWorktree, whyNotRestorable } from "./restore_worktree.ts";
import { follow, type Located, type Sites, sitesOf, type SitesOptions } from "./sites.ts";
import { bringBack, setAside } from "./set_aside.ts";
import { hasSnapshot, removeSnapshot, takeSnapshot } from "./snapshots.ts";
import { keepFiles } from "./step_files.ts";
import { strayWork } from "./stray_work.ts";
import { uncommittedNames } from "./worktree_content.ts";
import { changesOf, diffOf } from "./worktree_diff.ts";
import { findEntry, isLinked, newEntry } from "./worktree_entry.ts";
import { hasIncludeFile, includeFiles, nothingIncluded } from "./worktree_include.ts";
import { fileTreeOf, headOf } from "./worktree_index.ts";
import { tracesOf } from "./worktree_traces.ts";
import type { Place, Worktrees, WorktreeUpkeep } from "./worktrees.ts";

/** Worktrees of real repositories. Errors are those that the ports name. */
export function gitWorktrees(at: SitesOptions | Sites): Worktrees & WorktreeUpkeep & Outgoing {
  const sites = sitesOf(at);
  const diffs = diffFiles();
  return { ...worktreesOf(sites, diffs), ...upkeepOf(sites), ...outgoingOf(sites, diffs) };
}

function worktreesOf(sites: Sites, diffs: DiffFiles): Worktrees {
  return {
    async add(options) {
      requirePlainName(options.branch);
      return await addWorktree(await sites.of(options.repo), options);
    },
    async isWhole(place) {
      const located = await sites.locate(place).catch(nullIfExpected);
      return located !== null && await isWhole(located, place);
    },
    async pathHere(place) {
      return join((await sites.of(place.repo)).root, basename(place.path));
    },
    async pathOf(place) {
      return (await sites.locate(place)).path;
    },
    async whyNotRestorable(place, { commit }) {
      const { root } = await sites.of(place.repo);
      const located = await sites.locate(place).catch(nullIfExpected);
      if (located === null) return `${place.path} is not in the folder for worktrees, ${root}`;
      return await whyNotRestorable(located, place, commit);
    },
    async restore(place, options) {
      return await restoreWorktree(await sites.locate(place), place, options);
    },
    async sweep(repo, options) {
      await sweepUntouched(await sites.of(repo), options);
    },
    whyUnusable: (repo) => whyUnusable(sites, repo),
    async snapshot(place, options) {
      return await takeSnapshot(await sites.locate(place), place, options);
    },
    async savePoint(place, options) {
      return await savePoint(await sites.locate(place), place, options);
    },
    async keepFiles(place, options) {
      return await keepFiles(await sites.locate(place), options);
    },
    async remove(place) {
      await removeWorktree(await sites.locate(place), place);
    },
    async changes(place) {
      return await changesOf(await sites.locate(place), place);
    },
    async folders(place) {
      const { site: { common, root }, path } = await sites.locate(place);
      const entry = newEntry(common, path) ?? findEntry(common, path);
      if (entry === null) throw new DomainError("not_found", `There is no worktree ${path}`);
      return { worktree: path, root, common, git: entry.folder };
    },
    async names(repo) {
      const { common, baselines } = await sites.of(repo);
      return namesOf(await baselines.records(common));
    },
    async strayed(place, options) {
      return await strayedFrom(await sites.locate(place), place, options);
    },
    async include(place) {
      const repo = sites.folderOf(place.repo);
      if (repo !== undefined && !await hasIncludeFile(repo)) return nothingIncluded;
      const { site, path } = await sites.locate(place);
      const entry = await standingEntry(site, path);
      if (entry === null) throw new DomainError("not_found", `There is no worktree ${path}`);
      return await includeFiles(site, entry);
    },
    async uncommitted(place) {
      const { site, path } = await sites.locate(place);
      const entry = await standingEntry(site, path);
      const names = entry === null ? [] : await uncommittedNames(await fileTreeOf(entry));
      return { count: names.length, files: names.slice(0, 50) };
    },
    async setAside(place, options) {
      return await setAside(await sites.locate(place), options);
    },
    async bringBack(place, aside, options) {
      await bringBack(await sites.locate(place), aside, options);
    },
    async commits(place) {
      const { site, path } = await sites.locate(place);
      const entry = await standingEntry(site, path);
      const [head, branch] = await Promise.all([entry && headOf(entry), tipOf(site, place.branch)]);
      if (head === null) throw new DomainError("not_found", `The worktree ${path} is at no commit`);
      return { head, branch };
    },
    async progress(place, known = null) {
      return await progressOf((await sites.locate(place)).site, place, known);
    },
    async countBeyond(repo, { commit, bases }) {
      return await countBeyond((await sites.of(repo)).repo, commit, bases);
    },
    async changedNames(repo, { from, to }) {
      return await changedNames((await sites.of(repo)).repo, from, to);
    },
    async isWithin(repo, { commit, of }) {
      return await isWithin((await sites.of(repo)).repo, commit, of);
    },
    async guardFolder(place, { file = null }: { file?: string | null } = {}) {
      return await guardFolder(await sites.locate(place), file);
    },
    async restoreFolder(place, guard, options) {
      return await restoreFolder(await sites.locate(place), guard, options);
    },
    async requireBase(repo, base) {
      return await requireBase((await sites.of(repo)).repo, base);
    },
    async readAtCommit(repo, commit, path) {
      return await readAtCommit((await sites.of(repo)).repo, { commit, path });
    },
    async diff(place, options = {}) {
      return await diffOf(await sites.locate(place), place, { ...options, diffs });
    },
    async fileAt(place, options) {
      return await fileAt(await sites.locate(place), place, options);
    },
    async folderAt(place, options) {
      return await folderAt(await sites.locate(place), place, options);
    },
  };
}

function upkeepOf(sites: Sites): WorktreeUpkeep {
  return {
    async traces(repo) {
      return await tracesOf(await sites.of(repo));
    },
    async mergedCommit(place) {
      return await mergedCommit(await sites.locate(place), place);
    },
    async removeMerged(place) {
      await removeMerged(await sites.locate(place), place);
    },
    async hasSnapshot(repo, snapshot) {
      return await hasSnapshot(await sites.of(repo), snapshot);
    },
    async points(repo, task) {
      return await pointsOf(await sites.of(repo), task);
    },
    async removeSnapshot(repo, snapshot) {
      await removeSnapshot(await sites.of(repo), snapshot);
    },
  };
}

function outgoingOf(sites: Sites, diffs: DiffFiles): Outgoing {
  return {
    async push(place, options) {
      return await pushBranch(await sites.locate(place), place, options);
    },
    async bundle(place, options) {
      return await bundleOf((await sites.locate(place)).site, place, options);
    },
    async takeBundle(repo, path, options) {
      await takeBundle(await sites.of(repo), path, options);
    },
    async patch(place, options) {
      return await patchOf(await sites.locate(place), place, { ...options, diffs });
    },
  };
}

async function isWhole({ site, path }: Located, { branch }: Place): Promise<boolean> {
  const entry = await standingEntry(site, path);
  if (entry === null || entry.mark === null || !(isLinked(entry) || await follow(site, path))) return false;
  if (await tipOf(site, branch) === null || await headOf(entry) === null) return false;
  // Left by a git that was killed with the run before this question; the next git in there would trip over them.
  for (const lock of ["index.lock", "HEAD.lock"]) await Deno.remove(join(entry.folder, lock)).catch(() => {});
  await removeLock(site, branchRef(branch));
  return true;
}

async function whyUnusable(sites: Sites, repo: string): Promise<string | null> {
  const folder = sites.folderOf(repo);
  if (folder === undefined) return null;
  try {
    await inspectRepository(folder);
    await sites.of(repo);
    return null;
  } catch (error) {
    return messageOf(error);
  }
}

async function strayedFrom(
  { site, path }: Located,
  place: Place,
  { task, before }: { task: number; before: ReadonlySet<string> },
): ReturnType<Worktrees["strayed"]> {
  return await strayWork(await standingEntry(site, path), {
    repo: site.repo,
    common: site.common,
    names: namesOf(await site.baselines.records(site.common)),
    branch: place.branch,
    base: requireCommitId(place.base_commit),
    before,
    // One that is being made has no mark yet; its branch is claimed.
    isOurs: (entry) => entry.mark?.store === site.store || entry.isHalfMade,
    keep: (commit) => site.takeTurn(() => keepCommit(site, commit, task)),
  });
}
