// Under the bar of every page while nothing is started: why, until when, and the button that ends it.

import { useSignal } from "@preact/signals";
import { resumeDispatch } from "../state/actions.ts";
import { dateTime } from "../parts/format.ts";
import { Icon } from "../parts/icon.tsx";
import { useStore } from "../state/store.ts";

export function PauseBanner() {
  const store = useStore();
  const busy = useSignal(false);
  const { pause, status } = store.health.value;
  if (!pause || status === "stopping") return null;
  const resume = async () => {
    busy.value = true;
    await resumeDispatch(store);
    busy.value = false;
  };
  return (
    <section class="pause-banner" aria-label="The queue is paused">
      <Icon name="need" />
      <p>
        <strong>Nothing is started:</strong> <bdi>{pause.reason}</bdi>
        {pause.until && (
          <span class="muted num">
            until <time dateTime={pause.until}>{dateTime(pause.until, store.locale)}</time>
          </span>
        )}
      </p>
      <button type="button" disabled={busy.value || !store.alive.value} onClick={resume}>
        <Icon name="play" />Resume now
      </button>
    </section>
  );
}
