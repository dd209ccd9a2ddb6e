// What is chosen in the landing dialog, before it is a request. Pure.

import type { LandingMethod } from "../../core/domain/event.ts";
import { landingMethods } from "../../core/domain/event.ts";
import type { LandingPreviewView } from "../../core/view/review_view.ts";
import { plural } from "../../core/view/format.ts";
import type { LandingChoice, LandingRequest } from "./review_api.ts";
import { methodNames } from "../../core/view/review_words.ts";

/** Null: as the service says. */
export interface LandingDraft {
  target: string | null;
  method: LandingMethod | null;
  message: string | null;
  /** What is not committed stays behind. */
  leave: boolean;
}

export const emptyLanding: LandingDraft = { target: null, method: null, message: null, leave: false };

/** What the preview is asked for. */
export function choiceOf({ target, method }: LandingDraft): LandingChoice {
  return {
    ...(target !== null && target.trim() !== "" && { target: target.trim() }),
    ...(method !== null && { method }),
  };
}

/** Whether the method makes a commit of its own, which needs a message. */
export function hasMessage(method: LandingMethod): boolean {
  return method === "merge" || method === "squash";
}

/** What was seen is what is asked for: method and target always, a message where it was changed. */
export function requestOf(draft: LandingDraft, preview: LandingPreviewView): LandingRequest {
  const { method, target, message, uncommitted } = preview;
  const isWritten = draft.message !== null && draft.message.trim() !== "" && draft.message !== message;
  return {
    method,
    target,
    ...(hasMessage(method) && isWritten && { message: draft.message! }),
    ...(uncommitted.count > 0 && draft.leave && { leave_uncommitted: true as const }),
  };
}

/** Why it cannot be landed as it stands; null: it can. */
export function obstacleOf(draft: LandingDraft, preview: LandingPreviewView): string | null {
  const { is_landed, target, methods, method, uncommitted } = preview;
  if (is_landed) return `${target} has all of it already`;
  if (methods[method] !== null) return `${methodNames[method]} is not possible: ${methods[method]}`;
  if (uncommitted.count > 0 && !draft.leave) return "Something is not committed";
  return null;
}

/** Whether the agent can be asked to solve what is in the way. */
export function canResolve({ conflicts }: LandingPreviewView): boolean {
  return conflicts.length > 0;
}

/** `2 commits; main is 3 ahead`. */
export function distanceWords({ ahead, behind, target }: LandingPreviewView): string {
  const moved = behind === 0 ? `${target} has not moved` : `${target} is ${behind} ahead`;
  return `${plural(ahead, "commit")}, ${moved}`;
}

/** Why each method that is not possible is not; those with one reason together. */
export function reasonsOf({ methods }: LandingPreviewView): { names: string; why: string }[] {
  const byReason = new Map<string, string[]>();
  for (const method of landingMethods) {
    const why = methods[method];
    if (why !== null) byReason.set(why, [...byReason.get(why) ?? [], methodNames[method]]);
  }
  return [...byReason].map(([why, names]) => ({ names: names.join(", "), why }));
}
