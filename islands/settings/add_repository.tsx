// The form that adds a repository by its path. What is wrong with it, the service says.

import { useSignal } from "@preact/signals";
import { useStore } from "../state/store.ts";
import { Problem } from "../stream/api.ts";
import { addRepository } from "./settings_actions.ts";

export function AddRepository({ onAdded }: { onAdded: () => Promise<void> }) {
  const store = useStore();
  const path = useSignal("");
  const name = useSignal("");
  const error = useSignal<string | null>(null);
  const busy = useSignal(false);
  const submit = async (event: Event) => {
    event.preventDefault();
    busy.value = true;
    try {
      await addRepository(store, { path: path.value.trim(), name: name.value.trim() });
      path.value = name.value = "";
      error.value = null;
      await onAdded();
    } catch (problem) {
      if (!(problem instanceof Problem)) throw problem;
      error.value = problem.message;
    } finally {
      busy.value = false;
    }
  };
  return (
    <form class="settings-add" onSubmit={submit}>
      <label class="field">
        <span>Path of a git repository on this machine</span>
        <input
          required
          autocomplete="off"
          spellcheck={false}
          placeholder="/home/me/src/shop"
          value={path.value}
          aria-invalid={error.value === null ? undefined : "true"}
          aria-describedby={error.value === null ? undefined : "settings-add-error"}
          onInput={(event) => path.value = event.currentTarget.value}
        />
      </label>
      <label class="field">
        <span>Name, if not as its folder</span>
        <input
          autocomplete="off"
          spellcheck={false}
          maxLength={64}
          value={name.value}
          onInput={(event) => name.value = event.currentTarget.value}
        />
      </label>
      <button type="submit" disabled={busy.value || store.asleep.value}>Add repository</button>
      {error.value !== null && <p id="settings-add-error" class="field-error" role="alert">{error.value}</p>}
    </form>
  );
}
