// What is typed after a dialog was asked for and before its code has come: a field that nobody sees takes it, and the dialog's
// first field gets it.

import { notLoaded } from "../parts/lazy.tsx";
import { toast } from "../state/actions.ts";
import { dialogs } from "./overlays.tsx";
import type { Overlay, Store } from "../state/store.ts";

/** Dialogs that begin with a field. */
const withField: readonly Overlay["kind"][] = ["new", "edit", "retry", "palette", "tags", "priority"];

/** Call once. */
export function startTypeAhead(store: Store): void {
  let leave = () => {};
  store.overlay.subscribe((overlay) => {
    leave();
    leave = () => {};
    if (overlay !== null && !dialogs.component()) leave = typeAhead(store, overlay);
  });
}

/** Until the code is there, or the function that it returns is called. */
function typeAhead(store: Store, overlay: Overlay): () => void {
  const before = document.activeElement;
  const area = document.createElement("textarea");
  area.className = "visually-hidden";
  area.setAttribute("aria-label", "On its way");
  area.addEventListener("keydown", ({ key }) => key === "Escape" && (store.overlay.value = null));
  if (withField.includes(overlay.kind)) {
    document.body.append(area);
    area.focus({ preventScroll: true });
  }
  let isOver = false;
  const leave = () => {
    isOver = true;
    // What was in use before is what the dialog gives the focus back to.
    if (document.activeElement === area && before instanceof HTMLElement) before.focus({ preventScroll: true });
    area.remove();
  };
  dialogs.load().then(() => {
    if (isOver) return;
    leave();
    // The dialog is drawn next, and its field takes the focus.
    if (area.value !== "") addEventListener("focusin", ({ target }) => void give(target, area.value), { once: true });
  }, () => {
    if (isOver) return;
    store.overlay.value = null;
    toast(store, { tone: "fail", text: notLoaded, task: null });
  });
  return leave;
}

/** To a field of a dialog alone: an answer to a question that nobody has read is none. */
async function give(field: EventTarget | null, text: string): Promise<void> {
  if (!(field instanceof HTMLInputElement || field instanceof HTMLTextAreaElement) || !field.closest("dialog")) return;
  await drawn();
  if (field instanceof HTMLTextAreaElement) return put(field, text);
  const [line, ...more] = text.split("\n");
  put(field, line!);
  await drawn();
  if (more.length > 0) {
    field.dispatchEvent(new KeyboardEvent("keydown", { key: "Enter", bubbles: true, cancelable: true }));
  }
}

function put(field: HTMLInputElement | HTMLTextAreaElement, text: string): void {
  // A field for numbers has no place for a caret.
  if (field.selectionStart === null) field.value = text;
  else field.setRangeText(text, field.selectionStart, field.selectionEnd ?? field.selectionStart, "end");
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

/** What has changed, a draft say, is drawn; and nothing is typed meanwhile: both are of one task. */
function drawn(): Promise<void> {
  return Promise.resolve();
}
