// The choice before a landing, over what it would do as things stand now.

import { type Signal, useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { landingMethods } from "../../core/domain/event.ts";
import type { LandingPreviewView } from "../../core/view/review_view.ts";
import type { OpenTask } from "../state/open_task.ts";
import { useStore } from "../state/store.ts";
import {
  canResolve,
  choiceOf,
  emptyLanding,
  hasMessage,
  type LandingDraft,
  obstacleOf,
  reasonsOf,
  requestOf,
} from "./landing_draft.ts";
import { Findings } from "./landing_findings.tsx";
import { post, resolveConflicts, wordsOf } from "./review_actions.ts";
import { reviewApi } from "./review_api.ts";
import { methodNames } from "../../core/view/review_words.ts";

/** The preview for what is chosen, read anew when that changes or the task does. */
function usePreview(open: OpenTask, draft: LandingDraft) {
  const preview = useSignal<LandingPreviewView | null>(null);
  const error = useSignal<string | null>(null);
  const reading = useSignal(true);
  const asked = useSignal(0);
  useEffect(() => {
    const stop = new AbortController();
    reading.value = true;
    const timer = setTimeout(async () => {
      try {
        preview.value = await reviewApi.landing(open.id, choiceOf(draft), stop.signal);
        error.value = null;
      } catch (cause) {
        if (stop.signal.aborted) return;
        error.value = wordsOf(cause);
      }
      reading.value = false;
    }, preview.peek() === null ? 0 : 200);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [open, draft.target, draft.method, open.task.value.seq, asked.value]);
  return { preview, error, reading, lookAgain: () => asked.value++ };
}

export function LandingForm({ open, onClose }: { open: OpenTask; onClose(): void }) {
  const store = useStore();
  const draft = useSignal<LandingDraft>(emptyLanding);
  const { preview, error, reading, lookAgain } = usePreview(open, draft.value);
  const failure = useSignal<string | null>(null);
  const busy = useSignal(false);
  const seen = preview.value;
  const obstacle = seen && obstacleOf(draft.value, seen);
  /** What the service refuses stands in the form. */
  const act = async (work: () => Promise<unknown>): Promise<boolean> => {
    busy.value = true;
    failure.value = null;
    try {
      await work();
      return true;
    } catch (cause) {
      failure.value = wordsOf(cause);
      return false;
    } finally {
      busy.value = false;
    }
  };
  const solve = async (what: LandingPreviewView) => {
    const { target, method } = what;
    if (await act(() => resolveConflicts(store, open.id, { target, method }))) onClose();
  };
  const disabled = busy.value || reading.value || error.value !== null || store.asleep.value;
  return (
    <form
      class="landing"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (seen && !disabled && obstacle === null) {
          void act(() => post(store, open.id, "land", requestOf(draft.value, seen)));
        }
      }}
    >
      {failure.value && <p class="form-error tone-fail" role="alert">{failure.value}</p>}
      <Choices draft={draft} preview={seen} error={error.value} />
      {seen === null && error.value === null && <p class="muted" role="status">Looking at what it would do</p>}
      {seen && <Findings draft={draft} preview={seen} />}
      {seen && !canResolve(seen) && <Message draft={draft} preview={seen} />}
      <div class="form-actions">
        <span class="muted form-note">{seen && !canResolve(seen) && obstacle}</span>
        <button type="button" disabled={reading.value} onClick={lookAgain}>Look again</button>
        {seen && canResolve(seen) && (
          <button
            type="button"
            class="primary"
            disabled={disabled}
            onClick={() => solve(seen)}
          >
            Let the agent solve the conflicts
          </button>
        )}
        {(!seen || !canResolve(seen) || obstacle === null) && (
          <button type="submit" class="primary" disabled={disabled || seen === null || obstacle !== null}>Land</button>
        )}
      </div>
    </form>
  );
}

interface PartProps {
  draft: Signal<LandingDraft>;
  preview: LandingPreviewView;
}

function Choices({ draft, preview, error }: Omit<PartProps, "preview"> & {
  preview: LandingPreviewView | null;
  error: string | null;
}) {
  const set = (changes: Partial<LandingDraft>) => draft.value = { ...draft.peek(), ...changes };
  const method = draft.value.method ?? preview?.method;
  return (
    <>
      <div class="field-row">
        <div class="field">
          <label for="landing-target">Land in</label>
          <input
            id="landing-target"
            class="mono"
            autocomplete="off"
            value={draft.value.target ?? preview?.target ?? ""}
            aria-invalid={error ? true : undefined}
            aria-describedby={error ? "landing-error" : undefined}
            onInput={(event) => set({ target: event.currentTarget.value })}
          />
        </div>
        <div class="field">
          <span class="landing-label" id="landing-method">By</span>
          <span class="segmented" role="group" aria-labelledby="landing-method">
            {landingMethods.map((one) => (
              <button
                key={one}
                type="button"
                aria-pressed={one === method}
                disabled={preview !== null && preview.methods[one] !== null && one !== method}
                onClick={() => set({ method: one })}
              >
                {methodNames[one]}
              </button>
            ))}
          </span>
        </div>
      </div>
      {error && <p class="field-error tone-fail" id="landing-error" role="alert">{error}</p>}
      {preview && reasonsOf(preview).length > 0 && (
        <ul class="landing-reasons muted">
          {reasonsOf(preview).map(({ names, why }) => (
            <li key={why}>
              {names}: <bdi>{why}</bdi>
            </li>
          ))}
        </ul>
      )}
    </>
  );
}

function Message({ draft, preview }: PartProps) {
  if (!hasMessage(draft.value.method ?? preview.method)) return null;
  const text = draft.value.message ?? preview.message;
  return (
    <div class="field">
      <label for="landing-message">Message of the commit</label>
      <textarea
        id="landing-message"
        class="mono"
        rows={Math.min(10, Math.max(4, text.split("\n").length))}
        value={text}
        onInput={(event) => draft.value = { ...draft.peek(), message: event.currentTarget.value }}
      />
    </div>
  );
}
