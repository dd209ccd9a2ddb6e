// Under the head of a task whose work is to be judged: what can be said about it, how far its landing is, what became of it.

import { useSignal } from "@preact/signals";
import type { LandingView } from "../../core/view/task_view.ts";
import { duration } from "../../core/view/format.ts";
import { Icon } from "../parts/icon.tsx";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import { complain } from "../state/actions.ts";
import { askDiscard, give, resolveConflicts } from "./review_actions.ts";
import { byMethod, landingEndWords, offersOf, phaseNames, verdictWords } from "../../core/view/review_words.ts";

export function ReviewBar({ open }: { open: OpenTask }) {
  const task = open.task.value;
  if (open.at.value !== null || open.isRecorded) return null;
  const verdict = verdictWords(task);
  const failed = task.review === "open" && task.last_landing !== null ? landingEndWords(task) : null;
  const said = verdict ?? failed;
  if (task.review === null && task.landing === null) return null;
  return (
    <section class="review-bar" aria-label="Review">
      {task.landing ? <UnderWay open={open} landing={task.landing} /> : (
        <>
          {said && (
            <p class="review-said" role="status">
              <span class={`tone-${said.tone}`}>
                <Icon name={said.tone} />
              </span>
              <span>
                <bdi>{said.text}</bdi> {said.advice && <bdi class="muted">{said.advice}</bdi>}
              </span>
            </p>
          )}
          <Offers open={open} />
        </>
      )}
    </section>
  );
}

function Offers({ open }: { open: OpenTask }) {
  const store = useStore();
  const busy = useSignal(false);
  const task = open.task.value;
  const offers = offersOf(task);
  const disabled = busy.value || store.asleep.value;
  if (!offers.land && !offers.accept && !offers.discard) return null;
  const accept = async () => {
    busy.value = true;
    await give(store, task.id, "accept");
    busy.value = false;
  };
  const isConflict = task.review === "open" && task.last_landing?.outcome === "conflict";
  const solve = async () => {
    busy.value = true;
    const { target, method } = task.last_landing!;
    await resolveConflicts(store, task.id, { target, method }).catch((error) => complain(store, error));
    busy.value = false;
  };
  return (
    <span class="actions">
      {isConflict && (
        <button type="button" class="primary" disabled={disabled} onClick={solve}>
          <Icon name="run" />Let the agent solve it
        </button>
      )}
      {offers.land && (
        <button
          type="button"
          class={task.review === "open" && !isConflict ? "primary" : ""}
          disabled={disabled}
          onClick={() => store.overlay.value = { kind: "landing", open }}
        >
          <Icon name="branch" />Land
        </button>
      )}
      {offers.accept && (
        <button type="button" disabled={disabled} onClick={accept}>
          <Icon name="done" />Accept <span class="muted">taken elsewhere</span>
        </button>
      )}
      {offers.discard && (
        <button type="button" disabled={disabled} onClick={() => askDiscard(store, task)}>
          <Icon name="fail" />Discard
        </button>
      )}
    </span>
  );
}

function UnderWay({ open, landing }: { open: OpenTask; landing: LandingView }) {
  const store = useStore();
  return (
    <>
      <p class="review-said" role="status">
        <span class="tone-run">
          <Icon name="run" />
        </span>
        <span>
          Landing in <bdi>{landing.target}</bdi> by {byMethod[landing.method]}:{" "}
          {phaseNames[landing.phase].toLowerCase()}
        </span>
      </p>
      <span class="num muted">{duration(store.now.value - Date.parse(landing.at))}</span>
      <CancelLanding open={open} />
    </>
  );
}

/** Nothing once the target may have moved. */
export function CancelLanding({ open }: { open: OpenTask }) {
  const store = useStore();
  const busy = useSignal(false);
  if (!offersOf(open.task.value).cancelLanding) return null;
  const cancel = async () => {
    busy.value = true;
    await give(store, open.id, "cancel");
    busy.value = false;
  };
  return (
    <button type="button" disabled={busy.value || store.asleep.value} onClick={cancel}>
      <Icon name="fail" />Cancel the landing
    </button>
  );
}
