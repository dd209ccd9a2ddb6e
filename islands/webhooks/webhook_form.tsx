// A new webhook.

import { useSignal } from "@preact/signals";
import type { EventType } from "../../core/domain/event.ts";
import type { WebhookAnswer, WebhookView } from "../../core/view/automation_view.ts";
import { complain } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { json, Problem } from "../stream/api.ts";
import { formatWords, usualEvents } from "./webhook_words.ts";

const formats = Object.keys(formatWords) as WebhookView["format"][];
const addresses: Record<WebhookView["format"], string> = {
  standard: "https://example.org/hooks/coder",
  ntfy: "https://ntfy.sh/my-topic",
  slack: "https://hooks.slack.com/services/...",
};

export function WebhookForm({ onDone }: { onDone(made: WebhookAnswer): void }) {
  const store = useStore();
  const busy = useSignal(false);
  const errors = useSignal<Problem["errors"]>([]);
  const name = useSignal("");
  const url = useSignal("");
  const format = useSignal<WebhookView["format"]>("standard");
  const events = useSignal<readonly EventType[]>(["task.completed", "task.failed", "plan.proposed"]);
  const save = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    errors.value = [];
    try {
      const body = { name: name.value, url: url.value, format: format.value, events: events.value };
      onDone(await json<WebhookAnswer>("/api/webhooks", { method: "POST", body }));
      name.value = url.value = "";
    } catch (error) {
      if (error instanceof Problem && error.errors.length > 0) errors.value = error.errors;
      else complain(store, error);
    }
    busy.value = false;
  };
  const toggle = (type: EventType) => {
    const without = events.value.filter((one) => one !== type);
    events.value = without.length < events.value.length ? without : [...without, type];
  };
  const errorOf = (path: string) => {
    const found = errors.value.find((one) => one.path === path);
    return found && <span class="field-error tone-fail" role="alert">{found.message}</span>;
  };
  return (
    <form class="rule-form" onSubmit={save} aria-label="New webhook">
      <div class="field-row">
        <div class="field">
          <label for="webhook-name">Name</label>
          <input
            id="webhook-name"
            required
            maxLength={64}
            value={name.value}
            onInput={(event) => name.value = event.currentTarget.value}
          />
          {errorOf("name")}
        </div>
        <div class="field">
          <label for="webhook-format">Form</label>
          <select
            id="webhook-format"
            value={format.value}
            onChange={(event) => format.value = event.currentTarget.value as WebhookView["format"]}
          >
            {formats.map((one) => <option key={one} value={one}>{formatWords[one]}</option>)}
          </select>
        </div>
      </div>
      <div class="field">
        <label for="webhook-url">
          Address <span class="muted">kept like a secret</span>
        </label>
        <input
          id="webhook-url"
          type="url"
          required
          placeholder={addresses[format.value]}
          value={url.value}
          onInput={(event) => url.value = event.currentTarget.value}
        />
        {errorOf("url")}
      </div>
      <fieldset>
        <legend>Tell of tasks and of the service</legend>
        {usualEvents.map(({ type, word }) => (
          <label key={type} class="rule-choice" title={type}>
            <input type="checkbox" checked={events.value.includes(type)} onChange={() => toggle(type)} />
            {word}
          </label>
        ))}
        {errorOf("events")}
      </fieldset>
      <div class="form-actions">
        <button type="submit" class="primary" disabled={busy.value || store.asleep.value}>Create webhook</button>
      </div>
    </form>
  );
}
