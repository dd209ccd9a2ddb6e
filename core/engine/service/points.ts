// The files of a task by the names of moments, and what changed between two of them.

import { DomainError } from "../../domain/error.ts";
import { ownPoints } from "../../domain/holding.ts";
import type { Task, TaskPlace } from "../../domain/task.ts";
import type { Compared, DiffFrom } from "../../process/git/worktrees.ts";
import type { EngineContext } from "../context.ts";
import type { WorkPlaces } from "../exchange/work_places.ts";
import { targetOf } from "../land/target_of.ts";
import { aboutField } from "./check_spec.ts";
import { filesAt, namesIn } from "./moment_files.ts";
import type { Queries } from "./queries.ts";
import type { DiffQuery, Service } from "./service.ts";

interface FilesParts {
  queries: Queries;
  places: WorkPlaces;
}

/** What of the service shows files. Each throws `not_found` when there is no such task, or it has no worktree yet. */
export type TaskFiles = Pick<Service, "diff" | "file" | "folder" | "patch">;

export function taskFiles(context: EngineContext, { queries, places }: FilesParts): TaskFiles {
  const { worktrees, outgoing } = context;

  async function diff(id: number, query: DiffQuery): Promise<Compared> {
    const { task, place } = await requirePlace({ queries, places }, id);
    const { from = "merge-base", to = "now", at, ignoreSpace } = query;
    const chosen = at === undefined
      ? {
        from: await aboutField("from", () => startOf(context, queries, { task, place, name: from })),
        to: await aboutField("to", () => endOf(context, queries, { task, name: to })),
      }
      : { from: place.base_commit, to: await momentOf(context, task, at) };
    return await worktrees.diff(place, { ...chosen, ignoreSpace });
  }

  async function requireMoment(id: number, at: string): Promise<{ place: TaskPlace; named: string }> {
    const { task, place } = await requirePlace({ queries, places }, id);
    const named = at === "merge-base"
      ? await mergeBase(context, task, place)
      : await aboutField("at", () => endOf(context, queries, { task, name: at }));
    return { place, named };
  }

  return {
    async diff(id, query) {
      try {
        return await diff(id, query);
      } catch (error) {
        // It may have been saved and removed while git looked.
        if (!(error instanceof DomainError && error.code === "not_found")) throw error;
        return await diff(id, query);
      }
    },
    async file(id, { path, at }) {
      const { place, named } = await requireMoment(id, at);
      const bytes = await aboutField("path", () => worktrees.fileAt(place, { at: named, path }));
      if (bytes === null) throw new DomainError("not_found", `There is no file ${path} at ${at}`);
      return bytes;
    },
    async folder(id, { path, at }) {
      const { place, named } = await requireMoment(id, at);
      const content = await aboutField("path", () => worktrees.folderAt(place, { at: named, path }));
      if (content === null) throw new DomainError("not_found", `There is no folder ${path} at ${at}`);
      return content;
    },
    async patch(id) {
      const { task, place } = await requirePlace({ queries, places }, id);
      const { from, to } = await committedRange(context, task, place);
      return await outgoing.patch(place, { from, to });
    },
  };
}

async function requirePlace({ queries, places }: FilesParts, id: number): Promise<{ task: Task; place: TaskPlace }> {
  const task = await places.look(await queries.require(id));
  // After a retry its base is yet to be resolved anew.
  if (!task.place?.base_commit) throw new DomainError("not_found", `Task ${id} has no worktree yet`);
  return { task, place: task.place };
}

/** The commits of the work, as far as they are on its branch or saved. */
async function committedRange(
  context: EngineContext,
  task: Task,
  place: TaskPlace,
): Promise<{ from: DiffFrom; to: string }> {
  const landed = landedRange(task);
  if (landed) return landed;
  const from = await workStart(context, task, place);
  if (!place.present && task.snapshot) {
    const { exchanged, snapshot } = task;
    // What came by the exchange has what was not committed on top.
    return { from, to: exchanged?.content === snapshot.commit ? exchanged.commit : snapshot.commit };
  }
  const { branch } = await context.worktrees.commits(place);
  if (branch === null) throw new DomainError("not_found", `Branch ${place.branch} is gone`);
  return { from, to: branch };
}

/** Of what has landed: from where the target was to where it is since. */
function landedRange({ review, last_landing }: Task): { from: string; to: string } | null {
  if (review !== "landed" || last_landing?.outcome !== "landed") return null;
  const { target_commit, commit } = last_landing;
  return target_commit !== null && commit !== null && commit !== target_commit
    ? { from: target_commit, to: commit }
    : null;
}

async function startOf(
  context: EngineContext,
  queries: Queries,
  { task, place, name }: { task: Task; place: TaskPlace; name: string },
): Promise<DiffFrom> {
  if (name === "base") return place.base_commit;
  if (name !== "merge-base") return await endOf(context, queries, { task, name });
  return landedRange(task)?.from ?? await workStart(context, task, place);
}

/** Where work and target part; where nothing says what the target is, the base. */
async function workStart(context: EngineContext, task: Task, place: TaskPlace): Promise<DiffFrom> {
  // Its target is another clone's.
  if (task.imported) return place.base_commit;
  try {
    return { mergeBaseWith: await targetOf(context, task) };
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "invalid")) throw error;
    return place.base_commit;
  }
}

/** As a commit. */
async function mergeBase(context: EngineContext, task: Task, place: TaskPlace): Promise<string> {
  const landed = landedRange(task);
  if (landed) return landed.from;
  const from = await workStart(context, task, place);
  if (typeof from === "string") return from;
  const compared = await context.worktrees.diff(place, { from, to: nowOf(task) });
  await compared.stream.cancel();
  return compared.from;
}

/** A commit, or "now" for the worktree as it stands. */
async function endOf(
  context: EngineContext,
  queries: Queries,
  { task, name }: { task: Task; name: string },
): Promise<string> {
  const other = /^task-([1-9]\d{0,14})$/.exec(name)?.[1];
  if (other !== undefined) return await otherTask(queries, task, Number(other));
  switch (name) {
    case "now":
      return landedRange(task)?.to ?? nowOf(task);
    case "base":
      return task.place!.base_commit;
    case "message":
      return beforeMessage(task);
    case "review": {
      const sent = task.comments.map(({ sent }) => sent ?? 0);
      return beforeEvent(task, requireEvent(Math.max(0, ...sent), "no comments were sent"), name);
    }
  }
  const known = task.points.find((point) => point.name === name);
  if (known) return known.commit;
  const event = /^event-([1-9]\d{0,14})$/.exec(name)?.[1];
  if (event !== undefined) return await momentOf(context, task, Number(event));
  const message = /^message-(\d{1,15})$/.exec(name)?.[1];
  if (message !== undefined) return beforeEvent(task, Number(message), name);
  throw unknownPoint(task, name);
}

function nowOf({ place, snapshot }: Task): string {
  if (place!.present) return "now";
  if (snapshot) return snapshot.commit;
  throw new DomainError("not_found", "The task has neither a worktree nor a snapshot");
}

/** Saved when it reached the agent that worked, or as the run before it had left them. */
function beforeMessage({ points }: Task): string {
  const runs = points.filter(({ name }) => name.startsWith("run-"));
  const candidates = [points.findLast(({ name }) => name.startsWith("message-")), runs.at(-2)];
  const [point] = candidates.filter((one) => one !== undefined).sort((a, b) => b.seq - a.seq);
  if (point) return point.commit;
  throw new DomainError("conflict", "There is nothing to compare with: no message was sent");
}

function requireEvent(seq: number, lack: string): number {
  if (seq > 0) return seq;
  throw new DomainError("conflict", `There is nothing to compare with: ${lack}`);
}

/** The files when the words of event `seq` came: saved then, or as the run before had left them. */
function beforeEvent(task: Task, seq: number, name: string): string {
  const { points } = task;
  const own = points.find((point) => point.name === `message-${seq}`);
  const earlier = ownPoints(points).findLast((point) => point.seq < seq);
  const point = own ?? earlier;
  if (point) return point.commit;
  throw unknownPoint(task, name);
}

/** Work of another task, whose commits are in the same repository. */
async function otherTask(queries: Queries, { repo }: Task, id: number): Promise<string> {
  const other = await queries.require(id);
  if (other.repo !== repo) {
    throw new DomainError("conflict", `Cannot compare with task ${id}: it is in another repository, ${other.repo}`);
  }
  const commit = landedRange(other)?.to ?? ownPoints(other.points).at(-1)?.commit ?? other.snapshot?.commit;
  if (commit !== undefined) return commit;
  throw new DomainError("conflict", `Cannot compare with task ${id}: its files were not kept yet`);
}

/** The files right after event `at`. */
async function momentOf(context: EngineContext, task: Task, at: number): Promise<string> {
  return at >= task.seq ? nowOf(task) : (await filesAt(context, task, at)).commit;
}

function unknownPoint({ id, points }: Task, name: string): DomainError {
  const message = `Task ${id} has no moment ${JSON.stringify(name)}; there are base, merge-base, now, ${
    namesIn(points)
  }`;
  return new DomainError("invalid", message);
}
