// The last messages of a webhook, and the button that sends one again.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { DeliveryView } from "../../core/view/automation_view.ts";
import { Ago, Time } from "../parts/time.tsx";
import { complain } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { json } from "../stream/api.ts";
import { deliveryWord } from "./webhook_words.ts";

/** `seen`: read anew whenever this changes. */
export function Deliveries({ webhook, seen }: { webhook: number; seen: unknown }) {
  const store = useStore();
  const deliveries = useSignal<DeliveryView[] | null>(null);
  const path = `/api/webhooks/${webhook}/deliveries`;
  const look = async () => {
    try {
      deliveries.value = (await json<{ deliveries: DeliveryView[] }>(path)).deliveries;
    } catch (error) {
      complain(store, error);
    }
  };
  useEffect(() => void look(), [seen]);
  const again = async (number: number) => {
    try {
      await json(`${path}/${number}/send`, { method: "POST" });
    } catch (error) {
      complain(store, error);
    }
    await look();
  };
  if (deliveries.value === null) return <p class="muted">Reading...</p>;
  if (deliveries.value.length === 0) return <p class="muted">Nothing was sent yet.</p>;
  return (
    <table class="rule-deliveries">
      <caption class="visually-hidden">The last messages</caption>
      <tbody>
        {deliveries.value.map((delivery) => (
          <Delivery
            key={delivery.number}
            delivery={delivery}
            onAgain={() => again(delivery.number)}
          />
        ))}
      </tbody>
    </table>
  );
}

function Delivery({ delivery, onAgain }: { delivery: DeliveryView; onAgain(): Promise<void> }) {
  const { number, type, task, seq, tries: [last], due_at } = delivery;
  const { tone, word } = deliveryWord(delivery);
  const busy = useSignal(false);
  const send = async () => {
    busy.value = true;
    await onAgain();
    busy.value = false;
  };
  return (
    <tr>
      <td class="num muted">{number}</td>
      <th scope="row">
        <code>{type}</code> {task !== null && task > 0 && <a class="num" href={`/tasks/${task}?at=${seq}`}>#{task}</a>}
      </th>
      <td>
        <span class={`tone-${tone}`}>{word}</span>
        {last && (
          <span class="muted">
            {" "}
            <Ago at={last.at} />
          </span>
        )}
        {last?.error && <span class="rule-line">{last.error}</span>}
        {due_at !== null && (
          <span class="rule-line muted">
            again at <Time at={due_at} />
          </span>
        )}
      </td>
      <td>
        <button
          type="button"
          class="small"
          aria-label={`Send again: message ${number}`}
          disabled={busy.value}
          onClick={send}
        >
          Send again
        </button>
      </td>
    </tr>
  );
}
