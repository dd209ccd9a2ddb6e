// The rules of webhooks, and of what GitHub may ask for.

import { type Automation, noAutomation, type Webhook, webhooksAtMost } from "./automation.ts";
import type { Github } from "./automation_choice.ts";
import { DomainError } from "./error.ts";
import type { EventData, NewEvent } from "./event.ts";

export type WebhookCommand =
  | { type: "create_webhook"; webhook: Omit<EventData["webhook.created"], "webhook"> }
  | { type: "change_webhook"; webhook: number; changes: Omit<EventData["webhook.changed"], "webhook"> }
  | { type: "end_webhook"; webhook: number; reason: string }
  | { type: "delete_webhook"; webhook: number }
  | { type: "connect_github"; github: Github }
  | { type: "disconnect_github" };

/**
 * The events of a command about webhooks, for the service's own log. Throws `not_found` for one that is not there, and
 * `conflict` for one too many.
 */
export function decideWebhook(command: WebhookCommand, automation: Automation | null): NewEvent[] {
  const { webhooks, last_webhook, github } = automation ?? noAutomation;
  switch (command.type) {
    case "create_webhook":
      if (webhooks.length >= webhooksAtMost) {
        throw new DomainError("conflict", `There are ${webhooksAtMost} webhooks already; delete one first`);
      }
      return [{ type: "webhook.created", data: { webhook: last_webhook + 1, ...command.webhook } }];
    case "change_webhook": {
      const { id } = requireWebhook(automation, command.webhook);
      return [{ type: "webhook.changed", data: { webhook: id, ...command.changes } }];
    }
    case "end_webhook": {
      const { id, enabled } = requireWebhook(automation, command.webhook);
      return enabled ? [{ type: "webhook.ended", data: { webhook: id, reason: command.reason } }] : [];
    }
    case "delete_webhook":
      return [{ type: "webhook.deleted", data: { webhook: requireWebhook(automation, command.webhook).id } }];
    case "connect_github":
      return [{ type: "github.connected", data: command.github }];
    case "disconnect_github":
      if (!github) throw new DomainError("not_found", "GitHub is not connected");
      return [{ type: "github.disconnected", data: {} }];
  }
}

export function requireWebhook(automation: Automation | null, id: number): Webhook {
  const found = automation?.webhooks.find((one) => one.id === id);
  if (!found) throw new DomainError("not_found", `There is no webhook ${id}`);
  return found;
}
