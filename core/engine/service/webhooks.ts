// What can be asked of webhooks. Addresses and secrets are kept apart from events (core/kv/outbox.ts), under names that only
// events know; a secret is shown once, in the answer to what made it.

import { noAutomation, type Webhook } from "../../domain/automation.ts";
import { requireWebhook } from "../../domain/decide_webhook.ts";
import { DomainError } from "../../domain/error.ts";
import { type Delivery, type KnownPlace, withTry } from "../../kv/outbox.ts";
import type { DeliveryView, WebhookView } from "../../view/automation_view.ts";
import type { EngineContext } from "../context.ts";
import type { Deliveries } from "../deliver/deliveries.ts";
import { failureOf } from "../deliver/line.ts";
import { hasTopic, newSecret, webhookRequest, type WebhookSecret } from "../deliver/webhook_message.ts";
import { linkOf, subjectOf, webhookLine } from "../deliver/webhook_receiver.ts";
import { handleCommand } from "../handle_command.ts";
import { invalid } from "./check_spec.ts";
import type { Service } from "./service.ts";

export type WebhookService = Pick<
  Service,
  | "webhooks"
  | "createWebhook"
  | "changeWebhook"
  | "deleteWebhook"
  | "testWebhook"
  | "deliveries"
  | "sendAgain"
>;

const goneWords = "Its address is not in the store any more: set it again";

export function webhookService(
  context: EngineContext,
  { deliveries: lines }: { deliveries: Pick<Deliveries, "wakeLine"> },
): WebhookService {
  const { store, clock, random, poster } = context;
  const { outbox } = store;

  async function find(id: number): Promise<Webhook> {
    return requireWebhook((await store.log.head(0))?.automation ?? null, id);
  }

  async function view(webhook: Webhook): Promise<WebhookView> {
    const { secret: name, after: _, ...shown } = webhook;
    const secret = await outbox.secret<WebhookSecret>(name);
    const known = await outbox.place(webhookLine(webhook));
    const waiting = known?.place.waiting ?? null;
    const delivery = waiting === null ? null : await outbox.delivery(webhookLine(webhook), waiting);
    return {
      ...shown,
      obstacle: secret ? poster.obstacle(secret.url) : goneWords,
      waiting: delivery && deliveryView(delivery, known),
    };
  }

  function requireAddress(url: string, { format }: Pick<Webhook, "format">): string {
    const obstacle = poster.obstacle(url);
    if (obstacle !== null) throw invalid("url", obstacle);
    const { origin, username, password } = new URL(url);
    if (username !== "" || password !== "") throw invalid("url", "Leave out the user name: nothing is sent of it");
    if (format === "ntfy" && !hasTopic(url)) {
      throw invalid("url", "It must end with a topic of ntfy: 64 letters, digits, - and _ at most");
    }
    return origin;
  }

  async function secretOf(webhook: Webhook): Promise<WebhookSecret> {
    const secret = await outbox.secret<WebhookSecret>(webhook.secret);
    if (!secret) throw new DomainError("conflict", `Cannot send to webhook ${webhook.id}: ${goneWords}`);
    return secret;
  }

  /** Kept before the event that refers to it: one without an event harms nobody. */
  async function keep(secret: WebhookSecret): Promise<string> {
    const name = random.uuid();
    await outbox.keepSecret(name, secret);
    return name;
  }

  /** Whoever has the line sends what waits, and then what waits behind it. */
  async function hurry(line: string): Promise<KnownPlace | null> {
    const known = await outbox.hurry(line);
    lines.wakeLine(line);
    return known;
  }

  return {
    async webhooks() {
      const { webhooks } = (await store.log.head(0))?.automation ?? noAutomation;
      return await Promise.all(webhooks.map(view));
    },
    async createWebhook({ url, ...chosen }, { by }) {
      const origin = requireAddress(url, chosen);
      const secret = newSecret();
      const webhook = { ...chosen, origin, secret: await keep({ url, secret }), after: await store.all.last() };
      const { head } = await handleCommand(context, 0, { type: "create_webhook", webhook }, { by, until: "answered" });
      const created = await view(head.automation!.webhooks.at(-1)!);
      return chosen.format === "standard" ? { ...created, secret } : created;
    },
    async changeWebhook(id, { url, new_secret, ...changes }, { by }) {
      const before = await find(id);
      const change = async (more: { origin?: string; secret?: string }) => {
        const command = { type: "change_webhook", webhook: id, changes: { ...changes, ...more } } as const;
        const { head } = await handleCommand(context, 0, command, { by, until: "answered" });
        // What waits may be what it is changed for.
        if (more.origin !== undefined || changes.enabled) await hurry(webhookLine(before));
        return await view(requireWebhook(head.automation, id));
      };
      if (url === undefined && !new_secret) return await change({});
      const old = await outbox.secret<WebhookSecret>(before.secret);
      const address = url ?? old?.url;
      if (address === undefined) throw invalid("url", goneWords);
      const origin = requireAddress(address, before);
      const isNew = new_secret || !old;
      const secret = isNew ? newSecret() : old.secret;
      const changed = await change({ origin, secret: await keep({ url: address, secret }) });
      await outbox.dropSecret(before.secret);
      return isNew && before.format === "standard" ? { ...changed, secret } : changed;
    },
    async deleteWebhook(id, { by }) {
      const webhook = await find(id);
      await handleCommand(context, 0, { type: "delete_webhook", webhook: id }, { by, until: "answered" });
      await outbox.dropSecret(webhook.secret);
      await outbox.remove(webhookLine(webhook));
    },
    async testWebhook(id) {
      const webhook = await find(id);
      const message = `msg_${store.id.replaceAll("-", "").slice(0, 12)}_test_${random.uuid().slice(0, 8)}`;
      const [at, started] = [clock.now(), clock.monotonic()];
      const receiver = await secretOf(webhook);
      const request = webhookRequest(null, { format: webhook.format, receiver, message, at, link: linkOf(context, 0) });
      const answer = await poster.post(request, { signal: neverAborted });
      return {
        ...{ at: new Date(at).toISOString(), status: answer.status, error: failureOf(answer) },
        duration_ms: Math.round(clock.monotonic() - started),
      };
    },
    async deliveries(id) {
      const line = webhookLine(await find(id));
      const known = await outbox.place(line);
      return (await outbox.deliveries(line)).map((delivery) => deliveryView(delivery, known));
    },
    async sendAgain(id, number) {
      const webhook = await find(id);
      const line = webhookLine(webhook);
      const delivery = await outbox.delivery(line, number);
      if (!delivery) throw new DomainError("not_found", `Webhook ${id} has no delivery ${number} any more`);
      if (!webhook.enabled) {
        throw new DomainError("conflict", `Cannot send again to webhook ${id}: it is off; turn it on first`);
      }
      const known = await outbox.place(line);
      if (known?.place.waiting === number) return deliveryView(delivery, await hurry(line));
      const event = await store.log.event(delivery.task!, delivery.seq!);
      const receiver = await secretOf(webhook);
      const { message, task } = delivery;
      const [at, started] = [clock.now(), clock.monotonic()];
      const link = linkOf(context, task!);
      const options = { format: webhook.format, receiver, message, at, link };
      const request = webhookRequest(subjectOf(event!, await store.log.head(task!)), options);
      const answer = await poster.post(request, { signal: neverAborted });
      const error = failureOf(answer);
      const again = withTry(delivery, error === null ? "delivered" : delivery.state, {
        ...{ at: new Date(at).toISOString(), status: answer.status, error },
        duration_ms: Math.round(clock.monotonic() - started),
      });
      await outbox.keep(line, again);
      return deliveryView(again, known);
    },
  };
}

const neverAborted = new AbortController().signal;

function deliveryView({ hurried: _, ...delivery }: Delivery, known: KnownPlace | null): DeliveryView {
  const isWaiting = known?.place.waiting === delivery.number && !known.place.hurried;
  const due = isWaiting ? known.place.due_at : null;
  return { ...delivery, due_at: due === null ? null : new Date(due).toISOString() };
}
