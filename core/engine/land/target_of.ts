// Where the work of a task lands when nobody says.

import type { LandingMethod } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";
import type { ProjectSettings } from "../../process/project/project_settings.ts";
import type { EngineContext } from "../context.ts";

/** By default in a few words: one commit per task reads well. */
export const defaultMethod: LandingMethod = "squash";

/** The branch. Throws `DomainError("invalid")` when nothing says which. */
export async function targetOf(context: EngineContext, task: Task): Promise<string> {
  const { landing, last_landing, merge, repo, place, base } = task;
  const known = landing?.target ?? last_landing?.target ?? merge?.target ?? (await settingsOf(context, task))?.target;
  return known ?? place?.target ?? await context.landings.defaultTarget(repo, place?.base ?? base ?? "HEAD");
}

/** How it lands there. */
export async function methodOf(context: EngineContext, task: Task): Promise<LandingMethod> {
  const { landing, last_landing } = task;
  return landing?.method ?? last_landing?.method ?? (await settingsOf(context, task))?.method ?? defaultMethod;
}

/** What the repository says about work from the task's base; null while that is not resolved. */
export async function settingsOf({ projects }: EngineContext, { repo, place }: Task): Promise<ProjectSettings | null> {
  return place?.base_commit ? (await projects.settings(repo, place.base_commit)).settings : null;
}
