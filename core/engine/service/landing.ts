// What becomes of finished work: it lands, is accepted or discarded; and where else it goes.

import { DomainError, nullIfExpected } from "../../domain/error.ts";
import type { LandingMethod } from "../../domain/event.ts";
import type { Task, TaskPlace } from "../../domain/task.ts";
import type { LandingPreviewView } from "../../view/review_view.ts";
import type { EngineContext } from "../context.ts";
import { conflictWords, landingMessage } from "../land/landing_words.ts";
import type { WorkPlaces } from "../exchange/work_places.ts";
import { methodOf, settingsOf, targetOf } from "../land/target_of.ts";
import { requirePlace } from "../run/restore_place.ts";
import { wholeOutput } from "../whole_output.ts";
import { aboutField, invalid } from "./check_spec.ts";
import type { Commands } from "./commands.ts";
import type { Queries } from "./queries.ts";
import type { LandingChoice, Service } from "./service.ts";

export type TaskLanding = Pick<Service, "previewLanding" | "land" | "resolveConflicts" | "accept" | "discard">;

export function taskLanding(
  context: EngineContext,
  { queries, commands, places }: { queries: Queries; commands: Commands; places: WorkPlaces },
): TaskLanding {
  const { landings } = context;
  const view = async (given: Promise<Task>) => queries.summary(await given);

  async function choose(
    task: Task,
    { target, method }: LandingChoice,
  ): Promise<{ target: string; method: LandingMethod }> {
    return {
      target: target ?? await aboutField("target", () => targetOf(context, task)),
      method: method ?? await methodOf(context, task),
    };
  }

  return {
    async previewLanding(id, choice) {
      const asked = await queries.require(id);
      const task = await places.look(asked);
      // What came by the exchange has no worktree.
      const work = task === asked ? await standingWork(context, task) : await givenWork(context, task);
      return await previewOf(context, task, { ...await choose(task, choice), work });
    },
    async land(id, { message, leave_uncommitted, ...choice }, caller) {
      const asked = await queries.require(id);
      // A worker that lives lands what it has.
      const leaveUncommitted = leave_uncommitted === true;
      const task = places.isAway(asked) ? await places.adopt(asked, { ...caller, leaveUncommitted }) : asked;
      const { target, method } = await choose(task, choice);
      await requireBranch(context, task, target);
      const request = {
        method,
        target,
        message: message ?? null,
        ...(leave_uncommitted && { leave_uncommitted: true as const }),
      };
      return await view(commands.give(id, { type: "land", request }, caller));
    },
    async resolveConflicts(id, choice, caller) {
      const task = await places.adopt(await queries.require(id), caller);
      const { target, method } = await choose(task, choice);
      await requirePlace(context, task);
      const place = requireStanding(task);
      const { branch } = await context.worktrees.commits(place);
      if (branch === null) throw new DomainError("conflict", `Branch ${place.branch} is gone`);
      const { conflicts, target_commit, methods } = await aboutField(
        "target",
        () => landings.preview(task.repo, { target, commit: branch }),
      );
      if (conflicts.length === 0 && (method !== "rebase" || methods.rebase === null)) {
        throw new DomainError("conflict", `Nothing of task ${id} conflicts with ${target}`);
      }
      const resolve = { target, commit: target_commit, method };
      const command = { type: "add_message", text: conflictWords(resolve, conflicts), resolve } as const;
      return await view(commands.give(id, command, caller));
    },
    accept: (id, caller) => view(commands.give(id, { type: "accept" }, caller)),
    discard: (id, caller) => view(commands.give(id, { type: "discard" }, caller)),
  };
}

/** The place of work that is still there. Throws `DomainError("conflict")` else. */
export function requireStanding({ id, place }: Task): TaskPlace {
  if (place?.present && place.base_commit) return place;
  throw new DomainError("conflict", `Task ${id} has no worktree: its work was put away, or it never ran`);
}

async function requireBranch(
  { worktrees, settings }: EngineContext,
  { repo, place }: Task,
  target: string,
): Promise<void> {
  if (target === place?.branch) throw invalid("target", `${target} is the task's own branch`);
  // On another worker's disk, that one knows.
  if (!settings.repos.includes(repo)) return;
  const found = await worktrees.requireBase(repo, `refs/heads/${target}`).catch(nullIfExpected);
  if (found === null) throw invalid("target", `There is no branch ${target} in repository ${repo}`);
}

/** What would land, and the names of what is not committed. */
interface Work {
  commit: string;
  uncommitted: { count: number; files: string[] };
}

async function standingWork({ worktrees }: EngineContext, task: Task): Promise<Work> {
  const place = requireStanding(task);
  const [{ branch }, uncommitted] = await Promise.all([worktrees.commits(place), worktrees.uncommitted(place)]);
  if (branch === null) throw new DomainError("conflict", `Branch ${place.branch} is gone`);
  return { commit: branch, uncommitted };
}

async function givenWork({ worktrees }: EngineContext, { repo, exchanged, snapshot }: Task): Promise<Work> {
  const { commit, content } = exchanged ?? { commit: snapshot!.commit, content: snapshot!.commit };
  const files = content === commit ? [] : await worktrees.changedNames(repo, { from: commit, to: content });
  return { commit, uncommitted: { count: files.length, files: files.slice(0, 50) } };
}

async function previewOf(
  context: EngineContext,
  task: Task,
  { target, method, work }: { target: string; method: LandingMethod; work: Work },
): Promise<LandingPreviewView> {
  const { landings, store } = context;
  await requireBranch(context, task, target);
  const [preview, settings, summary] = await Promise.all([
    aboutField("target", () => landings.preview(task.repo, { target, commit: work.commit })),
    settingsOf(context, task),
    wholeOutput(store.log, task),
  ]);
  return {
    ...preview,
    method,
    uncommitted: work.uncommitted,
    message: landingMessage(task, { method, branch: task.place!.branch, target, summary }),
    check: task.check === undefined ? settings?.check ?? null : task.check,
  };
}
