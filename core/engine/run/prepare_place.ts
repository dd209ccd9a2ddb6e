// The place of a run before its agent starts: the worktree in which its task goes on, whole or put back, or a new one. What
// was done is in the log before the agent is there.

import { DomainError } from "../../domain/error.ts";
import type { NewEvent } from "../../domain/event.ts";
import { isFollowUp } from "../../domain/holding.ts";
import { taskInBase } from "../../domain/plan.ts";
import { branchName, branchPrefix } from "../../domain/slug.ts";
import { isOver, type Task, type TaskPlace } from "../../domain/task.ts";
import type { AddedPlace } from "../../process/git/worktrees.ts";
import { portsPerTask } from "../../process/project/task_ports.ts";
import { type EngineContext, isOurs } from "../context.ts";
import { fetchWork, isToTake, type TakenWork, takeWork } from "../exchange/take_work.ts";
import { holderName, type Takeover, takeoverNotice } from "../exchange/takeover_words.ts";
import { cleanUp } from "./clean_up.ts";
import { placeToGoOnIn } from "./restore_place.ts";
import type { RunScope } from "./run_scope.ts";

export interface PreparedPlace {
  place: TaskPlace;
  /** The first of its ports; null: none are to be had. */
  port: number | null;
  /** It is another worktree than the one that the task's session knows. */
  isNew: boolean;
  /** It is the same, put back from its branch or from where its work was saved. */
  isRestored: boolean;
  /** What became of the work that another worker had begun; null: none had. */
  takeover: Takeover | null;
}

export interface PrepareOptions {
  /** Called before a new worktree's files are written, mostly: for a while git alone has something to do. */
  onWait(): void;
}

/**
 * Makes or finds the worktree of a run. Throws `DomainError("fenced")` when the run was taken over meanwhile, `invalid` when the
 * task cannot have a worktree (a base that does not exist), and whatever git says when it fails.
 */
export async function preparePlace(scope: RunScope, options: PrepareOptions): Promise<PreparedPlace> {
  const { context, task, control, log } = scope;
  if (context.store.shared) await requireOpen(scope);
  if (task.cancel_requested) control.stop("cancelled");
  const earlier = await placeToGoOnIn(context, task);
  const port = await reservePorts(scope);
  if (!earlier && task.place?.present) await cleanUpStanding(scope, task.place);
  if (!earlier) {
    const { place, takeover } = await placeElsewhere(scope, port, options) ??
      { place: await addPlace(scope, port, options), takeover: null };
    return { place, port, isNew: true, isRestored: false, takeover };
  }
  const { place, restored, movedFrom } = earlier;
  const { branch, path, base, base_commit, worker } = place;
  if (restored) {
    const { commit, kept } = restored;
    await log.record({
      type: "worktree.added",
      data: { branch, path, base, base_commit, worker, ...(kept.length > 0 && { kept }), restored: commit },
    });
  }
  if (port !== null && port !== task.port) {
    await log.record({ type: "ports.reserved", data: { first: port, count: portsPerTask } });
  }
  if (movedFrom) await log.record({ type: "worktree.moved", data: { branch, from: movedFrom, path, worker } });
  return { place, port, isNew: false, isRestored: restored !== null, takeover: null };
}

/**
 * A new worktree for a task that goes on where another worker began: with its work, as far as the exchange has it, or without;
 * and what is to be said of that. Null when no other one began.
 */
async function placeElsewhere(
  scope: RunScope,
  port: number | null,
  options: PrepareOptions,
): Promise<{ place: TaskPlace; takeover: Takeover } | null> {
  const { context, task, log } = scope;
  if (task.next.kind !== "resume" || !task.place || isOurs(context, task.place.worker)) return null;
  const from = holderName(task);
  const taken = isToTake(context, task) ? await takeWork(context, task) : null;
  if (!taken && isFollowUp(task)) {
    throw new DomainError("unavailable", `Cannot go on with task ${task.id}: its work is on ${from} only`);
  }
  const takeover: Takeover = taken
    ? { kind: "taken", from, commit: taken.commit, lacking: taken.lacking }
    : { kind: "anew", from, commits: task.committed?.commits ?? 0 };
  const place = taken
    ? await recordTaken(scope, taken, { before: task.place, port })
    : await addPlace(scope, port, options);
  await log.record({ type: "output.notice", data: { kind: "takeover", text: takeoverNotice(takeover) } });
  return { place, takeover };
}

/** The place of work that came from the exchange: it began where it began. */
async function recordTaken(
  { context: { worker }, log }: RunScope,
  { added: { kept, branch, path } }: TakenWork,
  { before, port }: { before: TaskPlace; port: number | null },
): Promise<TaskPlace> {
  const { base, base_commit, worker: from, target } = before;
  await log.record({
    type: "worktree.added",
    data: {
      ...{ branch, path, base, base_commit, worker: worker.id, worker_name: worker.name, from },
      ...(kept.length > 0 && { kept }),
      ...(port !== null && { port }),
    },
  });
  return {
    ...{ repo: before.repo, branch, path, base, base_commit, worker: worker.id, present: true },
    ...(target !== undefined && { target }),
  };
}

/** The claim may have been answered so late that the run was taken over since, and the tail said so before we listened. */
async function requireOpen({ log, options, control }: RunScope): Promise<void> {
  await log.record();
  if (options.isSure()) return;
  control.stop("lost", "The lease could not be kept");
  throw new DomainError("fenced", "The run may have been taken over");
}

/** A retry makes its worktree anew: the one that stands goes, and what was started outside for it ends first. */
async function cleanUpStanding({ context, task, control, log }: RunScope, place: TaskPlace): Promise<void> {
  if (!isOurs(context, place.worker) || !await context.worktrees.isWhole(place)) return;
  // Of a retry the base is yet to be resolved anew.
  const standing = { ...place, base_commit: place.base_commit || "HEAD" };
  const write = (events: NewEvent[]) => log.record(...events);
  if (await cleanUp(context, task, standing, { write, signal: control.stopped })) return;
  throw new DomainError("unavailable", "The run was stopped before its worktree could be made");
}

/** Its earlier ports where they are free; none where none are to be had, which is told. */
async function reservePorts({ context, task, log, ports }: RunScope): Promise<number | null> {
  try {
    const first = await context.ports.reserve({ task: task.id, wanted: task.port });
    ports.add(first);
    return first;
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "unavailable")) throw error;
    await log.record({ type: "output.notice", data: { kind: "ports", text: error.message } });
    return null;
  }
}

async function addPlace(
  { context, task, log }: RunScope,
  port: number | null,
  options: PrepareOptions,
): Promise<TaskPlace> {
  const { worktrees, worker } = context;
  // It was cut short before its place was known, and may have another name since.
  if (!task.place && task.epoch > 1) {
    await worktrees.sweep(task.repo, { task: task.id, prefix: branchPrefix(task.id) });
  }
  const [{ kept, ...place }, target] = await Promise.all([addFrom(context, task, options), targetOf(context, task)]);
  const { branch, path, base, base_commit } = place;
  await log.record({
    type: "worktree.added",
    data: {
      branch,
      path,
      base,
      base_commit,
      worker: worker.id,
      worker_name: worker.name,
      ...(kept.length > 0 && { kept }),
      ...(port !== null && { port }),
      ...(target !== undefined && { target }),
    },
  });
  return { ...place, worker: worker.id, present: true, ...(target !== undefined && { target }) };
}

async function addFrom(context: EngineContext, task: Task, { onWait }: PrepareOptions): Promise<AddedPlace> {
  const add = (base: string) =>
    context.worktrees.add({
      repo: task.repo,
      task: task.id,
      branch: task.place?.branch ?? branchName(task.id, task.title),
      base,
      baseCommit: task.place?.base_commit || null,
      onClaimed: onWait,
    });
  const base = await baseOf(context, task);
  try {
    return await add(base);
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "invalid")) throw error;
    // The branch of another task may have been put away meanwhile; what it held was saved before.
    const now = await baseOf(context, task);
    if (now !== base) return await add(now);
    // Another worker may have made it.
    const wanted = task.place?.base_commit || base;
    const commit = context.exchange.has(task.repo) ? await context.exchange.takeBase(task.repo, wanted) : null;
    if (commit === null) throw error;
    return { ...await add(commit), base };
  }
}

/**
 * The branch that a task without a base begins on: the person may have another one checked out when it ends. Of another task's
 * work, that task's. Undefined where the base says it, or nobody can.
 */
async function targetOf({ store, landings }: EngineContext, task: Task): Promise<string | undefined> {
  const other = taskInBase(task.base);
  if (other !== null) return (await store.log.head(other))?.place?.target;
  if (task.base !== null) return undefined;
  return await landings.defaultTarget(task.repo, "HEAD").catch(() => undefined);
}

/** `task:12` means what task 12 made: its snapshot, where its branch is to go or gone; else its branch. */
async function baseOf(context: EngineContext, task: Task): Promise<string> {
  const base = task.base ?? "HEAD";
  const other = taskInBase(task.base);
  if (other === null) return base;
  const source = await context.store.log.head(other);
  if (source && isToTake(context, source)) {
    const commit = await fetchWork(context, source);
    if (commit !== null) return commit;
    throw new DomainError("unavailable", `Cannot start from ${base}: that work is on ${holderName(source)} only`);
  }
  if (source?.snapshot && isOver(source.status)) return source.snapshot.commit;
  if (source?.place?.present) return `refs/heads/${source.place.branch}`;
  if (source?.snapshot) return source.snapshot.commit;
  throw new DomainError("invalid", `Cannot start from ${base}: that task has neither a branch nor a snapshot`);
}
