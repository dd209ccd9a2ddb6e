// What lies over a page: dialogs and short messages.

import { dismiss, openTask } from "../state/actions.ts";
import { Icon } from "../parts/icon.tsx";
import { lazy } from "../parts/lazy.tsx";
import { useStore } from "../state/store.ts";

export const dialogs = lazy("Dialogs", () => import("../loaded/dialogs.ts"));

export function Overlays() {
  return (
    <>
      {useStore().overlay.value && <dialogs.View />}
      <Toasts />
    </>
  );
}

function Toasts() {
  const store = useStore();
  return (
    <div class="toasts" role="status" aria-live="polite">
      {store.toasts.value.map((toast) => (
        <p key={toast.id} class={`toast tone-${toast.tone}`}>
          <Icon name={toast.tone} />
          <span class="toast-text">{toast.text}</span>
          {toast.task !== null && (
            <button
              type="button"
              class="quiet small"
              onClick={() => openTask(store, toast.task ?? 0)}
            >
              Open
            </button>
          )}
          {toast.action && (
            <button
              type="button"
              class="small"
              onClick={() => {
                dismiss(store, toast.id);
                void toast.action?.run();
              }}
            >
              {toast.action.word}
            </button>
          )}
          <button
            type="button"
            class="quiet icon-only tiny"
            aria-label="Dismiss"
            onClick={() => dismiss(store, toast.id)}
          >
            <Icon name="close" />
          </button>
        </p>
      ))}
    </div>
  );
}
