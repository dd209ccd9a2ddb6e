// The choice whether this browser tells of what needs a person.

import { useSignal } from "@preact/signals";
import { useStore } from "../state/store.ts";
import { chooseNotifications, isWanted } from "./notifications.ts";

export function NotifyChoice() {
  const store = useStore();
  const said = useSignal<string | null>(null);
  const choose = async (wanted: boolean) => {
    if (!("Notification" in globalThis)) {
      said.value = "This browser has no notifications";
      return;
    }
    const became = await chooseNotifications(wanted);
    said.value = became === "refused"
      ? "The browser refused: allow notifications for this address in its settings"
      : null;
  };
  return (
    <>
      <h2>This browser</h2>
      <p class="muted">
        Tells when a task needs you, fails, or the last one is done, while the board is open in a tab in the background.
      </p>
      <label class="rule-choice">
        <input
          type="checkbox"
          checked={isWanted.value}
          disabled={store.asleep}
          onChange={(event) => choose(event.currentTarget.checked)}
        />
        Notify me
      </label>
      {said.value !== null && <span class="tone-need" role="status">{said.value}</span>}
    </>
  );
}
