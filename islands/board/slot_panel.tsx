// What the slot meter opens: pause and resume, more or fewer slots, until when, what today cost, and the way to the workers.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import type { Spending } from "../../core/view/api_view.ts";
import { drainWords } from "../../core/view/waiting.ts";
import { basedCost, dateTime, plural } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import { Popover } from "../parts/popover.tsx";
import { complain, resumeDispatch } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { askToDrain } from "../workers/worker_actions.ts";
import { setSlots } from "./queue_actions.ts";
import { queueApi } from "./queue_api.ts";

/** What the service takes without another configuration. */
const slotsAtMost = 16;

export function SlotPanel({ anchor, onClose }: { anchor: () => HTMLElement | null; onClose(): void }) {
  const store = useStore();
  const busy = useSignal(false);
  const { slots, worker } = store.health.value;
  const act = (run: () => Promise<unknown>) => async () => {
    busy.value = true;
    await run();
    busy.value = false;
  };
  const most = Math.max(slotsAtMost, slots.configured);
  return (
    <Popover anchor={anchor} label="Slots" role="dialog" class="slot-panel" onClose={onClose}>
      <h2>
        <bdi>{worker.name}</bdi>
        <span class="muted num">{slots.busy} of {slots.total} busy</span>
      </h2>
      <Dispatch busy={busy.value} act={act} />
      {slots.configured > 0 && (
        <div class="slot-count" role="group" aria-label="Slots">
          <span>Agents at once</span>
          <button
            type="button"
            class="icon-only"
            aria-label="One slot fewer"
            disabled={busy.value || slots.total <= 1}
            onClick={act(() => setSlots(store, slots.total - 1))}
          >
            <Icon name="minus" />
          </button>
          <output class="num">{slots.total}</output>
          <button
            type="button"
            class="icon-only"
            aria-label="One slot more"
            disabled={busy.value || slots.total >= most}
            onClick={act(() => setSlots(store, slots.total + 1))}
          >
            <Icon name="plus" />
          </button>
        </div>
      )}
      {slots.total !== slots.configured && (
        <p class="muted">
          {slots.configured} as configured.{" "}
          <button type="button" class="small" disabled={busy.value} onClick={act(() => setSlots(store, null))}>
            Back to {slots.configured}
          </button>
        </p>
      )}
      {slots.busy > slots.total && (
        <p class="muted">{plural(slots.busy, "agent")} run: none is ended, and none begins before there are fewer.</p>
      )}
      <Today />
      <p class="slot-links">
        <a href="/workers">All workers</a>
      </p>
    </Popover>
  );
}

/** Whether anything is started, until when not, and the button that changes it. */
function Dispatch({ busy, act }: { busy: boolean; act: (run: () => Promise<unknown>) => () => Promise<void> }) {
  const store = useStore();
  const { pause, draining } = store.health.value;
  if (draining) {
    return (
      <p class="slot-state">
        <span class="tone-need">Paused</span>
        <span class="muted">{drainWords}</span>
        <button type="button" disabled={busy} onClick={act(() => askToDrain(store, "self", false))}>
          <Icon name="play" />Resume
        </button>
      </p>
    );
  }
  return (
    <div class="slot-state">
      {pause
        ? (
          <p>
            <span class="tone-need">Paused</span> <bdi>{pause.reason}</bdi>
            {pause.until && (
              <span class="muted num">
                until <time dateTime={pause.until}>{dateTime(pause.until, store.locale)}</time>
              </span>
            )}
          </p>
        )
        : <span class="tone-done">Tasks start as slots are free</span>}
      {pause && (
        <button type="button" disabled={busy} onClick={act(() => resumeDispatch(store))}>
          <Icon name="play" />Resume now
        </button>
      )}
      <button type="button" disabled={busy} onClick={act(() => askToDrain(store, "self", true))}>
        <Icon name="pause" />Pause
      </button>
      <span class="muted">Pausing ends no run: what runs is finished, and nothing new starts until it is resumed.</span>
    </div>
  );
}

/** From midnight where the reader is. */
function Today() {
  const store = useStore();
  const spending = useSignal<Spending | null>(null);
  useEffect(() => {
    const midnight = new Date(store.now.peek());
    midnight.setHours(0, 0, 0, 0);
    queueApi.spending(midnight.toISOString()).then(
      (found) => spending.value = found,
      (error) => complain(store, error),
    );
  }, []);
  const today = spending.value;
  return (
    <p class="slot-today" role="status">
      <span>Today</span>
      {today === null ? <span class="muted">adding up</span> : (
        <span class="num">
          {today.whole ? "" : "at least "}
          {basedCost(today.cost_usd, today.cost_basis)} <span class="muted">in {plural(today.tasks, "task")}</span>
          {today.running_usd > 0 && <span class="muted">, running ~${today.running_usd.toFixed(2)}</span>}
        </span>
      )}
    </p>
  );
}
