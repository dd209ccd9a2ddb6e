// What becomes of finished work: it lands, is accepted or discarded; and where else it goes.

import { DomainError, nullIfExpected } from "../../domain/error.ts";
import type { LandingMethod } from "../../domain/event.ts";
import type { Task, TaskPlace } from "../../domain/task.ts";
import type { LandingPreviewView } from "../../view/review_view.ts";
import type { EngineContext } from "../context.ts";
import { conflictWords, landingMessage } from "../land/landing_words.ts";
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
  { queries, commands }: { queries: Queries; commands: Commands },
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
      const task = await queries.require(id);
      return await previewOf(context, task, await choose(task, choice));
    },
    async land(id, { message, leave_uncommitted, ...choice }, caller) {
      const task = await queries.require(id);
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
      const task = await queries.require(id);
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

async function previewOf(
  context: EngineContext,
  task: Task,
  { target, method }: { target: string; method: LandingMethod },
): Promise<LandingPreviewView> {
  const { landings, worktrees, store } = context;
  const place = requireStanding(task);
  await requireBranch(context, task, target);
  const { branch } = await worktrees.commits(place);
  if (branch === null) throw new DomainError("conflict", `Branch ${place.branch} is gone`);
  const [preview, uncommitted, settings, summary] = await Promise.all([
    aboutField("target", () => landings.preview(task.repo, { target, commit: branch })),
    worktrees.uncommitted(place),
    settingsOf(context, task),
    wholeOutput(store.log, task),
  ]);
  return {
    ...preview,
    method,
    uncommitted,
    message: landingMessage(task, { method, branch: place.branch, target, summary }),
    check: task.check === undefined ? settings?.check ?? null : task.check,
  };
}
