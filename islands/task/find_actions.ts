// Moves through what was found in a task, and shows each in the transcript, among the events or in the log. Browser only.

import { showMoment, showTab } from "../state/actions.ts";
import type { OpenTask } from "../state/open_task.ts";
import type { Store } from "../state/store.ts";
import { showFound } from "./found_row.ts";

export function openFind(open: OpenTask): void {
  if (!open.isRecorded) open.find.isOpen.value = true;
}

/** False when nothing is looked for. */
export function canStep({ find }: OpenTask): boolean {
  return find.isOpen.peek() && find.q.peek().trim() !== "";
}

export async function stepFind(store: Store, open: OpenTask, by: 1 | -1): Promise<void> {
  const hit = await open.find.step(by);
  // The log goes to its lines by itself.
  if (!hit || hit.type === null) return;
  if (!["transcript", "events"].includes(open.tab.peek())) showTab(store, "transcript");
  // What lies after the moment that is shown is not drawn.
  if (hit.place > open.limit.peek()) showMoment(store, null);
  await open.showEvent(hit.place);
  await reveal(hit.place);
}

/** Frames in which what was drawn is looked for, and in which what holds it may yet open. */
const framesAtMost = 20;
const framesToOpen = 10;

async function reveal(seq: number): Promise<void> {
  for (let frame = 0; frame < framesAtMost; frame++) {
    await new Promise((resolve) => requestAnimationFrame(resolve));
    const row = rowOf(seq) ?? (frame >= framesToOpen ? rowAround(seq) : null);
    if (row) return showFound(row);
  }
}

/** What is drawn of the event itself: a call, the call that it answers, else the innermost row. */
function rowOf(seq: number): HTMLElement | null {
  const rows = document.querySelectorAll<HTMLElement>(`.tab-panel :is([data-seq="${seq}"], [data-answer="${seq}"])`);
  const row = [...rows].at(-1) ?? null;
  // A group whose first call it is has not opened yet.
  return row?.matches(".item-tools") ? null : row;
}

/** The row of a group that began before the event. */
function rowAround(seq: number): HTMLElement | null {
  let found: HTMLElement | null = null;
  for (const row of document.querySelectorAll<HTMLElement>(".tab-panel [data-seq]:not(li)")) {
    const first = Number(row.dataset.seq);
    if (first <= seq && first > Number(found?.dataset.seq ?? 0)) found = row;
  }
  return found;
}
