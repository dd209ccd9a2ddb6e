// Whether a task lands by itself once it is good, and how.

import type { LandingRequest } from "../../domain/command.ts";
import { DomainError } from "../../domain/error.ts";
import type { TaskPlace } from "../../domain/task.ts";
import { defaultMethod } from "../land/target_of.ts";
import type { RunScope } from "./run_scope.ts";

/**
 * Null when it does not. When nothing says where to, it asks for HEAD, which is refused: who depends on it waits, and the log
 * says why.
 */
export async function ownLanding(
  { context: { projects, landings }, task, log }: RunScope,
  place: TaskPlace,
): Promise<LandingRequest | null> {
  try {
    const { settings } = await projects.settings(task.repo, place.base_commit);
    const land = task.land === undefined ? settings.land : task.land;
    if (land !== "auto" || task.trial) return null;
    const target = settings.target ?? place.target ??
      await landings.defaultTarget(task.repo, place.base).catch(headIfUnknown);
    return { method: settings.method ?? defaultMethod, target, message: null, auto: true };
  } catch (error) {
    if (!(error instanceof DomainError && error.code !== "fenced")) throw error;
    const text = `It does not land by itself: ${error.message}`;
    await log.record({ type: "output.notice", data: { kind: "landing", text } });
    return null;
  }
}

function headIfUnknown(error: unknown): string {
  if (error instanceof DomainError && error.code === "invalid") return "HEAD";
  throw error;
}
