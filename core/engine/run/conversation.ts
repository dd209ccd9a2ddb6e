// When an agent is done: pure, from what it says. A turn ends with a result, but the run goes on while something works in
// the background, because its end begins another turn, which may need stdin (a permission to ask for, a message to take).
//
//   result, nothing in the background               close stdin, then it has some seconds to exit
//   result, something in the background             wait: for the time limit, if need be
//   result, something ended during this turn        a turn about it may follow: close when none does
//   background empty, no turn open                  the same

import type { BackgroundTask } from "../../domain/event.ts";

export interface Conversation {
  /** Whether the agent works on an answer. */
  isTurnOpen: boolean;
  living: readonly BackgroundTask[];
  /** Background work came or went since the last result. */
  isUnsettled: boolean;
  isInputClosed: boolean;
}

export type Heard =
  | { type: "turn" }
  /** Words, thoughts or a tool call of the agent itself. */
  | { type: "said" }
  /** Any other line. */
  | { type: "noise" }
  | { type: "result" }
  | { type: "background"; tasks: readonly BackgroundTask[] };

/**
 * What to do then: `go_on` ends every wait for the agent's end; `close`: close stdin, and end the agent if it does not exit;
 * `close_soon`: do so unless it goes on; `keep`: nothing new.
 */
export type Next = "go_on" | "close" | "close_soon" | "keep";

export const newConversation: Conversation = { isTurnOpen: true, living: [], isUnsettled: false, isInputClosed: false };

export function hear(before: Conversation, heard: Heard): { after: Conversation; next: Next } {
  switch (heard.type) {
    case "turn":
    case "said":
      return { after: { ...before, isTurnOpen: true }, next: "go_on" };
    case "noise":
      return { after: before, next: before.isTurnOpen ? "keep" : restOf(before) };
    case "result":
      return closing({ ...before, isTurnOpen: false, isUnsettled: false }, before.isUnsettled);
    case "background": {
      const after = { ...before, living: heard.tasks, isUnsettled: before.isTurnOpen };
      return before.isTurnOpen ? { after, next: "keep" } : closing(after, true);
    }
  }
}

/** Nothing more is expected of the agent but its exit. */
export function isAtRest({ isTurnOpen, living }: Conversation): boolean {
  return !isTurnOpen && living.length === 0;
}

function closing(after: Conversation, mayGoOn: boolean): { after: Conversation; next: Next } {
  if (after.living.length > 0) return { after, next: "go_on" };
  if (mayGoOn && !after.isInputClosed) return { after, next: "close_soon" };
  return { after: { ...after, isInputClosed: true }, next: "close" };
}

/** The wait that begins anew with a line that says nothing about the agent's work. */
function restOf(conversation: Conversation): Next {
  if (conversation.living.length > 0) return "keep";
  return conversation.isInputClosed ? "close" : "close_soon";
}
