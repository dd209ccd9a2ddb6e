// What is typed after a dialog was asked for and before its code has come: its first field gets it, in order.

import { dialogs } from "./overlays.tsx";
import type { Store } from "../state/store.ts";

type Field = HTMLInputElement | HTMLTextAreaElement;

/** Call once. */
export function startTypeAhead(store: Store): void {
  const ahead = new TypeAhead(store);
  // Before a field gets the key, and the page.
  addEventListener("keydown", (event) => {
    if (!event.isTrusted || !ahead.keep(event)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  }, { capture: true });
  // The dialog has come: its field has the focus.
  addEventListener("focusin", ({ target }) => void ahead.give(target));
}

class TypeAhead {
  readonly #store: Store;
  /** As `KeyboardEvent.key`. */
  #keys: string[] = [];
  #isGiving = false;

  constructor(store: Store) {
    this.#store = store;
    store.overlay.subscribe(() => this.#keys = []);
  }

  /** Keeps a key that cannot be where it belongs yet; false: it is where it belongs. */
  keep({ key, metaKey, ctrlKey, altKey }: KeyboardEvent): boolean {
    const isComing = this.#store.overlay.peek() !== null && !dialogs.component();
    if (!isComing && !this.#isGiving || metaKey || ctrlKey || altKey) return false;
    if (key === "Escape") this.#store.overlay.value = null;
    else if (key === "Backspace") this.#keys.pop();
    else if (key === "Enter" || [...key].length === 1) this.#keys.push(key);
    else return false;
    return true;
  }

  /** Nothing but a field: an answer to a question that nobody has read is none. */
  async give(target: EventTarget | null): Promise<void> {
    if (this.#isGiving || this.#keys.length === 0) return;
    if (!(target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement)) return void (this.#keys = []);
    this.#isGiving = true;
    try {
      for (let key = this.#keys.shift(); key !== undefined; key = this.#keys.shift()) {
        press(target, key);
        // Each is a task of its own, as it is when it is typed: what it changes is drawn before the next.
        await new Promise((resolve) => setTimeout(resolve));
      }
    } finally {
      this.#isGiving = false;
    }
  }
}

function press(field: Field, key: string): void {
  if (key === "Enter") {
    const isNew = field.dispatchEvent(new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true }));
    if (!isNew || !(field instanceof HTMLTextAreaElement)) return;
  }
  const text = key === "Enter" ? "\n" : key;
  // A field for numbers has no place for a caret.
  if (field.selectionStart === null) field.value += text;
  else field.setRangeText(text, field.selectionStart, field.selectionEnd ?? field.selectionStart, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}
