// What the page of the webhooks says, in words. Pure.

import type { EventType } from "../../core/domain/event.ts";
import type { DeliveryView, WebhookView } from "../../core/view/automation_view.ts";
import type { Tone } from "../../core/view/task_state.ts";

/** What people ask to be told of; any other type can be named by the API. */
export const usualEvents: readonly { type: EventType; word: string }[] = [
  { type: "task.completed", word: "completed" },
  { type: "task.failed", word: "failed" },
  { type: "plan.proposed", word: "plan to approve" },
  { type: "landing.finished", word: "landed, or could not" },
  { type: "run.silent", word: "agent silent" },
  { type: "task.created", word: "created" },
  { type: "service.paused", word: "queue rests" },
  { type: "service.noticed", word: "service needs a look" },
];

export const formatWords: Record<WebhookView["format"], string> = {
  standard: "Standard Webhooks",
  ntfy: "ntfy",
  slack: "Slack-compatible",
};

export function webhookState({ enabled, ended, obstacle, waiting }: WebhookView): { tone: Tone; word: string } {
  if (ended) return { tone: "fail", word: "Ended" };
  if (!enabled) return { tone: "off", word: "Off" };
  if (obstacle !== null) return { tone: "need", word: "Cannot send" };
  return waiting ? { tone: "wait", word: "Tries again" } : { tone: "done", word: "On" };
}

/** `completed, failed`; the type itself where it is no usual one. */
export function eventWords(events: readonly string[]): string {
  return events.map((type) => usualEvents.find((one) => one.type === type)?.word ?? type).join(", ");
}

export function deliveryWord({ state, tried }: Pick<DeliveryView, "state" | "tried">): { tone: Tone; word: string } {
  const tries = tried === 1 ? "" : ` after ${tried} tries`;
  if (state === "delivered") return { tone: "done", word: `arrived${tries}` };
  return state === "waiting" ? { tone: "wait", word: `waits${tries}` } : { tone: "fail", word: `failed${tries}` };
}
