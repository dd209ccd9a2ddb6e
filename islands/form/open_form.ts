// Opens the form over the page. What it begins with is read anew: the board and the stream carry long texts as excerpts, and
// a form that began with one would send it back as the whole.

import { complain } from "../state/actions.ts";
import { api } from "../stream/api.ts";
import type { Store } from "../state/store.ts";

/** For a new task from that one, to edit it, or to try it again with changes. */
export async function openForm(store: Store, kind: "new" | "edit" | "retry", id: number): Promise<void> {
  const before = store.overlay.peek();
  try {
    const task = await api.task(id);
    // What was opened meanwhile is what is wanted now.
    if (store.overlay.peek() !== before) return;
    store.overlay.value = kind === "new" ? { kind, from: task } : { kind, task };
  } catch (error) {
    complain(store, error);
  }
}
