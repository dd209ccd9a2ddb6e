// Under the bar of every page while nothing is started: why, until when, and the button that ends it. A drain comes first:
// whoever asked for it knows what else is in the way.

import { useSignal } from "@preact/signals";
import { askToDrain } from "../workers/worker_actions.ts";
import { resumeDispatch } from "../state/actions.ts";
import { drainWords } from "../../core/view/waiting.ts";
import { dateTime } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { useStore } from "../state/store.ts";

export function PauseBanner() {
  const store = useStore();
  const busy = useSignal(false);
  const { pause, draining, status } = store.health.value;
  if ((!pause && !draining) || status === "stopping") return null;
  const resume = async () => {
    busy.value = true;
    await (draining ? askToDrain(store, "self", false) : resumeDispatch(store));
    busy.value = false;
  };
  const until = draining ? null : pause?.until;
  return (
    <section class="pause-banner" aria-label="The queue is paused">
      <Icon name="need" />
      <p>
        <strong>Nothing is started:</strong> <bdi>{draining ? drainWords : pause?.reason}</bdi>
        {until && (
          <span class="muted num">
            until <time dateTime={until}>{dateTime(until, store.locale)}</time>
          </span>
        )}
      </p>
      <button type="button" disabled={busy.value || store.asleep.value} onClick={resume}>
        <Icon name="play" />Resume now
      </button>
    </section>
  );
}
