// Moves through what was found in a task, and shows each in the transcript or among the events. Browser only.

import { showMoment } from "../state/actions.ts";
import type { OpenTask } from "../state/open_task.ts";
import type { Store } from "../state/store.ts";

export function openFind(open: OpenTask): void {
  if (!open.isRecorded) open.find.isOpen.value = true;
}

/** False when nothing is looked for. */
export function canStep({ find }: OpenTask): boolean {
  return find.isOpen.peek() && find.q.peek().trim() !== "";
}

export async function stepFind(store: Store, open: OpenTask, by: 1 | -1): Promise<void> {
  const hit = await open.find.step(by);
  if (!hit || hit.type === null || open.tab.peek() === "changes") return;
  // What lies after the moment that is shown is not drawn.
  if (hit.place > open.limit.peek()) showMoment(store, null);
  await open.showEvent(hit.place);
  await reveal(hit.place);
}

/** Frames in which what was drawn is looked for. */
const framesAtMost = 20;

async function reveal(seq: number): Promise<void> {
  for (let frame = 0; frame < framesAtMost; frame++) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const row = rowOf(seq);
    if (!row) continue;
    for (const marked of document.querySelectorAll("[data-found]")) marked.removeAttribute("data-found");
    row.setAttribute("data-found", "");
    // What is folded opens as far as it can be opened at once.
    for (const details of row.querySelectorAll("details")) details.open = true;
    return row.scrollIntoView({ block: "center" });
  }
}

/** The row of the event: it may be part of a group that began before it. */
function rowOf(seq: number): HTMLElement | null {
  let found: HTMLElement | null = null;
  for (const row of document.querySelectorAll<HTMLElement>(".tab-panel [data-seq]")) {
    const first = Number(row.dataset.seq);
    if (first <= seq && first > Number(found?.dataset.seq ?? 0)) found = row;
  }
  return found;
}
