// The target's move: by compare-and-swap, its old commit saved first. Where the target is checked out git itself moves the
// files, by a fast-forward that overwrites nothing of a person's; what it says against that is the answer.

import { basename } from "@std/path";
import { DomainError } from "../../../domain/error.ts";
import { git } from "../git.ts";
import { deleteRef, listRefs, removeLock } from "../git_refs.ts";
import type { Moved } from "../landings.ts";
import { claimOf } from "../ownership.ts";
import { branchRef, targetRef, taskRefs } from "../ref_names.ts";
import type { Site } from "../sites.ts";
import { type Entry, listEntries } from "../worktree_entry.ts";
import { mergeIn } from "./merge_command.ts";
import { moveMark, movesEnded } from "./moves_under_way.ts";
import { requireBranchName, requireFullId, targetCommit } from "./target.ts";
import { type Checkout, checkoutsOfTarget } from "./target_checkouts.ts";
import { listed, shortId } from "./words.ts";

/** See `Landings.move`. */
export interface MoveOptions {
  target: string;
  from: string;
  to: string;
  task: number;
  message: string;
}

/** See `Landings.move`. */
export async function move(site: Site, options: MoveOptions): Promise<Moved> {
  const { target, from, to, task } = options;
  requireBranchName(target);
  for (const commit of [from, to]) requireFullId(commit);
  return await site.takeTurn(async () => {
    const entries = listEntries(site.common);
    await requireOther(site, { target, task, entries });
    const lost = await whyLost(site, options);
    if (lost !== null) return { kind: "lost_race", reason: lost };
    const checkouts = await checkoutsOfTarget(site, target, entries);
    const refusal = whyNotIn(checkouts, target);
    if (refusal !== null) return { kind: "refused", reason: refusal, files: [] };
    return await (checkouts.length === 0 ? moveRef(site, options) : moveFiles(site, checkouts[0]!, options));
  });
}

/** Throws `DomainError("invalid")` when the target is the branch of the task itself. */
async function requireOther(
  site: Site,
  { target, task, entries }: { target: string; task: number; entries: Entry[] },
): Promise<void> {
  const entry = entries.find(({ branch }) => branch === branchRef(target));
  const isOwn = entry?.mark
    ? entry.mark.store === site.store && entry.mark.task === task
    : basename(target).startsWith(`task-${task}-`) && await claimOf(site, target) !== null;
  if (isOwn) throw new DomainError("invalid", `Cannot land task ${task} in ${target}: that is its own branch`);
}

/** Why the target is not to be moved from `from`; null when it is still there. */
async function whyLost(site: Site, { target, from }: MoveOptions): Promise<string | null> {
  const now = await targetCommit(site, target);
  if (now === null) return `${target} is gone`;
  return now === from ? null : `${target} is at ${shortId(now)} and no more at ${shortId(from)}`;
}

function whyNotIn(checkouts: Checkout[], target: string): string | null {
  const paths = checkouts.map(({ path }) => path);
  if (checkouts.length > 1) return `${target} is checked out in several folders: ${listed(paths)}`;
  const [checkout] = checkouts;
  if (!checkout?.operation) return null;
  return `${target} is checked out in ${checkout.path}, in the middle of ${checkout.operation}: end that first`;
}

/** Of a target that is checked out nowhere: both refs in one transaction, the backup first. */
async function moveRef(site: Site, options: MoveOptions): Promise<Moved> {
  // Nearly always the first name is free; where it is not git says so, and only then we look.
  let backup: Backup = { name: targetRef(options.task, 1), isNew: true };
  for (let attempt = 1;; attempt++) {
    try {
      await writeRefs(site, backup, options);
      return { kind: "moved", backup_ref: backup.name };
    } catch (error) {
      if (!(error instanceof DomainError)) throw error;
      const reason = await whyLost(site, options);
      if (reason !== null) return { kind: "lost_race", reason };
      if (attempt === 2) throw error;
      backup = await backupOf(site, options);
    }
  }
}

async function writeRefs(
  site: Site,
  { name, isNew }: Backup,
  { target, from, to, message }: MoveOptions,
): Promise<void> {
  await removeLock(site, name);
  const backup = isNew ? `create ${name}\0${from}\0` : `verify ${name}\0${from}\0`;
  await git(["update-ref", "-m", message, "--stdin", "-z"], {
    cwd: site.repo,
    stdin: `${backup}update ${branchRef(target)}\0${to}\0${from}\0`,
  });
}

/** Of a target that is checked out. */
async function moveFiles(site: Site, checkout: Checkout, options: MoveOptions): Promise<Moved> {
  const { target, from, to, message } = options;
  const backup = await backupOf(site, options);
  await removeLock(site, backup.name);
  if (backup.isNew) await git(["update-ref", backup.name, from, ""], { cwd: site.repo });
  const answer = await mergeIn(checkout, {
    branch: branchRef(target),
    options: ["--ff-only"],
    commit: to,
    env: { GIT_REFLOG_ACTION: message, ...await moveMark(site.common) },
  });
  if (answer.isDone && await isIn(site, options)) return { kind: "moved", backup_ref: backup.name };
  if (backup.isNew) await deleteRef(site, { name: backup.name, commit: from });
  const lost = await whyLost(site, options);
  if (lost !== null) return { kind: "lost_race", reason: lost };
  if (!answer.isDone) return { kind: "refused", reason: answer.reason, files: answer.files };
  return { kind: "refused", reason: `${target} is not checked out in ${checkout.path} any more`, files: [] };
}

/** The ref that the target's old commit is saved under. */
interface Backup {
  name: string;
  isNew: boolean;
}

/** One that has the commit already, or the next that is free. */
async function backupOf(site: Site, { from, task }: MoveOptions): Promise<Backup> {
  const known = new Map(
    (await listRefs(site.repo, `${taskRefs(task)}target-*`)).map(({ name, commit }) => [name, commit]),
  );
  for (let n = 1;; n++) {
    const name = targetRef(task, n);
    const commit = known.get(name);
    if (commit === undefined || commit === from) return { name, isNew: commit === undefined };
  }
}

async function isIn(site: Site, { target, to }: Pick<MoveOptions, "target" | "to">): Promise<boolean> {
  const args = ["merge-base", "--is-ancestor", to, branchRef(target)];
  return (await git(args, { cwd: site.repo, codes: [1, 128] })).code === 0;
}

/** See `Landings.outcomeOf`. */
export async function outcomeOf(
  site: Site,
  options: { target: string; from: string; to: string },
): Promise<"moved" | "not_moved" | "elsewhere"> {
  requireBranchName(options.target);
  await movesEnded(site.common);
  if (await isIn(site, options)) return "moved";
  return await targetCommit(site, options.target) === options.from ? "not_moved" : "elsewhere";
}
