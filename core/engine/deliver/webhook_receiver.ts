// A webhook as the receiver of a line.

import type { Webhook } from "../../domain/automation.ts";
import { DomainError } from "../../domain/error.ts";
import type { TaskEvent } from "../../domain/event.ts";
import type { Task } from "../../domain/task.ts";
import type { EngineContext } from "../context.ts";
import { handleCommand } from "../handle_command.ts";
import type { Receiver } from "./line.ts";
import { type Subject, webhookRequest, type WebhookSecret } from "./webhook_message.ts";

/** The name of its line. */
export function webhookLine({ id }: Pick<Webhook, "id">): string {
  return `webhook-${id}`;
}

export function webhookReceiver(context: EngineContext, webhook: Webhook, receiver: WebhookSecret): Receiver {
  const { id, after, events, format } = webhook;
  const wanted: ReadonlySet<string> = new Set(events);
  return {
    line: webhookLine(webhook),
    after,
    wants: ({ type }) => wanted.has(type),
    async request(event, { message, at }) {
      const head = event.task === 0 ? null : await context.store.log.head(event.task);
      // What was imported happened at another service, and long ago.
      if (head?.imported) return null;
      const link = linkOf(context, event.task);
      return webhookRequest(subjectOf(event, head), { format, receiver, message, at, link });
    },
    async giveUp(_event, reason) {
      await endWebhook(context, id, reason);
      return "end";
    },
  };
}

/** The event with what is known of its task; null: it is of none. */
export function subjectOf(event: TaskEvent, head: Task | null): Subject {
  return { event, title: head?.title ?? "", repo: head?.repo ?? "" };
}

/** The page of a task; null where nobody said how the service is reached. */
export function linkOf({ settings }: Pick<EngineContext, "settings">, task: number): string | null {
  const url = settings.publicUrl ?? settings.url;
  return url && task > 0 ? `${url}/tasks/${task}` : null;
}

/** Somebody may have deleted it meanwhile. */
async function endWebhook(context: EngineContext, id: number, reason: string): Promise<void> {
  try {
    const { name } = context.worker;
    await handleCommand(context, 0, { type: "end_webhook", webhook: id, reason }, { by: name, until: "answered" });
  } catch (error) {
    if (!(error instanceof DomainError && error.code === "not_found")) throw error;
  }
}
