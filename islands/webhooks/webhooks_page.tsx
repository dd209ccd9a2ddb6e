// The webhooks: who is told of what, what waits, and the buttons that test, stop and renew them; and what this browser tells.

import { ServiceNav } from "../parts/service_nav.tsx";
import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { DeliveryTry, WebhookAnswer, WebhookView } from "../../core/view/automation_view.ts";
import { NotifyChoice } from "../notify/notify_choice.tsx";
import { Time } from "../parts/time.tsx";
import { complain, copy, toast } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { call, json } from "../stream/api.ts";
import { Deliveries } from "./deliveries.tsx";
import { GithubPart } from "./github_part.tsx";
import { WebhookForm } from "./webhook_form.tsx";
import { eventWords, formatWords, webhookState } from "./webhook_words.ts";

const lookMs = 5_000;

export function WebhooksPage() {
  const { page } = useStore();
  const webhooks = useSignal(page.webhooks ?? []);
  const made = useSignal<WebhookAnswer | null>(null);
  const look = async () => {
    try {
      webhooks.value = (await json<{ webhooks: WebhookView[] }>("/api/webhooks")).webhooks;
    } catch { /* the connection's state says it */ }
  };
  const show = (answer: WebhookAnswer) => {
    made.value = answer.secret === undefined ? null : answer;
    void look();
  };
  useEffect(() => {
    const timer = setInterval(() => {
      if (document.visibilityState === "visible") void look();
    }, lookMs);
    return () => clearInterval(timer);
  }, []);
  return (
    <main id="main" class="rules">
      <ServiceNav />
      <h1>Webhooks</h1>
      <p class="muted">
        Events, sent to an address as they happen: each at least once, those of a task in their order, also after days
        of a receiver that is away.
      </p>
      <details class="rule-new" open={webhooks.value.length === 0}>
        <summary class="button">New webhook</summary>
        <WebhookForm onDone={show} />
      </details>
      {made.value && <Secret name={made.value.name} secret={made.value.secret!} />}
      {webhooks.value.map((one) => <Webhook key={one.id} webhook={one} onChange={look} onSecret={show} />)}
      {webhooks.value.length === 0 && <p class="muted">There is none yet.</p>}
      <NotifyChoice />
      <GithubPart />
    </main>
  );
}

/** It is nowhere else to be read. */
export function Secret({ name, secret }: { name: string; secret: string }) {
  const store = useStore();
  return (
    <p class="rule-secret" role="status">
      The secret of <bdi>{name}</bdi>, which is shown this once: <code>{secret}</code>{" "}
      <button type="button" class="small" onClick={() => copy(store, secret)}>Copy</button>
    </p>
  );
}

interface Changing {
  onChange(): Promise<void>;
  onSecret(answer: WebhookAnswer): void;
}

function Webhook({ webhook, onChange, onSecret }: { webhook: WebhookView } & Changing) {
  const { id, name, format, origin, events, ended, obstacle, waiting } = webhook;
  const { tone, word } = webhookState(webhook);
  const isOpen = useSignal(false);
  const heading = `webhook-${id}`;
  return (
    <section class="rule" aria-labelledby={heading}>
      <header>
        <h2 id={heading}>
          <bdi>{name}</bdi>
        </h2>
        <span class={`rule-state tone-${tone}`}>{word}</span>
        <Actions webhook={webhook} onChange={onChange} onSecret={onSecret} />
      </header>
      <dl>
        <dt>To</dt>
        <dd>
          <bdi class="mono">{origin}</bdi> <span class="muted">{formatWords[format]}</span>
        </dd>
        <dt>Events</dt>
        <dd>{eventWords(events)}</dd>
        {waiting && (
          <>
            <dt>Waits</dt>
            <dd>
              <code>{waiting.type}</code> of task {waiting.task}: {waiting.tries[0]?.error}
              {waiting.due_at !== null && (
                <span class="rule-line muted">
                  again at <Time at={waiting.due_at} />
                </span>
              )}
            </dd>
          </>
        )}
      </dl>
      {ended && <p class="tone-fail">{ended.reason}. Turn it on to go on with that message.</p>}
      {obstacle !== null && <p class="tone-need">{obstacle}</p>}
      <details onToggle={(event) => isOpen.value = event.currentTarget.open}>
        <summary class="muted">Deliveries</summary>
        {isOpen.value && <Deliveries webhook={id} seen={JSON.stringify(waiting)} />}
      </details>
    </section>
  );
}

function Actions({ webhook: { id, name, enabled, format }, onChange, onSecret }: { webhook: WebhookView } & Changing) {
  const store = useStore();
  const busy = useSignal(false);
  const path = `/api/webhooks/${id}`;
  const act = async (action: () => Promise<unknown>): Promise<boolean> => {
    busy.value = true;
    try {
      await action();
      await onChange();
      return true;
    } catch (error) {
      complain(store, error);
      return false;
    } finally {
      busy.value = false;
    }
  };
  const test = () =>
    act(async () => {
      const { error, duration_ms } = await json<DeliveryTry>(`${path}/test`, { method: "POST" });
      const text = error === null ? `A test arrived at ${name} in ${duration_ms} ms` : `No test arrived: ${error}`;
      toast(store, { tone: error === null ? "done" : "fail", text, task: null });
    });
  const turn = () => act(() => call(path, { method: "PATCH", body: { enabled: !enabled } }));
  const renew = () =>
    act(async () => onSecret(await json<WebhookAnswer>(path, { method: "PATCH", body: { new_secret: true } })));
  const remove = () => act(() => call(path, { method: "DELETE" }));
  const ask = (title: string, text: string, action: string, run: () => Promise<boolean>) => () =>
    void (store.overlay.value = { kind: "ask", title, text, action, run });
  const off = busy.value || store.asleep.value;
  return (
    <span class="rule-actions">
      <button type="button" aria-label={`Test ${name}`} disabled={off} onClick={test}>Test</button>
      <button type="button" aria-label={`Turn ${enabled ? "off" : "on"} ${name}`} disabled={off} onClick={turn}>
        {enabled ? "Turn off" : "Turn on"}
      </button>
      {format === "standard" && (
        <button
          type="button"
          aria-label={`New secret for ${name}`}
          disabled={off}
          onClick={ask(`A new secret for ${name}?`, "The old one is of no use from then on.", "Make it", renew)}
        >
          New secret
        </button>
      )}
      <button
        type="button"
        class="danger"
        aria-label={`Delete ${name}`}
        disabled={off}
        onClick={ask(`Delete ${name}?`, "What was not sent yet is not sent.", "Delete", remove)}
      >
        Delete
      </button>
    </span>
  );
}
