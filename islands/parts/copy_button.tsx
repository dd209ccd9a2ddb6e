// Puts a text on the clipboard.

import { copy } from "../state/actions.ts";
import { useStore } from "../state/store.ts";
import { Icon } from "./icon.tsx";

/** `what`: what it does, such as "Copy the code". `text`: also a way to it, where making it takes time. */
export function CopyButton({ text, what }: { text: string | (() => string); what: string }) {
  const store = useStore();
  return (
    <button
      type="button"
      class="quiet icon-only tiny"
      aria-label={what}
      title={what}
      disabled={store.asleep}
      onClick={() => copy(store, typeof text === "string" ? text : text())}
    >
      <Icon name="copy" />
    </button>
  );
}
