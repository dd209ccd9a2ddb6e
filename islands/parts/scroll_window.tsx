// A scrolling list of which only a window stands in the page. At its edges it asks for more; what the reader looks at
// stays where it is while rows come and go above and below, and at its end it follows.
//
// The box is a column in reverse, so that it stands at its end before any script runs.

import type { ComponentChildren } from "preact";
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import type { OpenTask } from "../state/open_task.ts";

/** How near to an edge, in pixels, the next step is read. */
const nearPx = 800;

interface ScrollWindowProps {
  open: OpenTask;
  label: string;
  class: string;
  children: ComponentChildren;
}

/** Its children's elements carry `data-seq`. */
export function ScrollWindow({ open, label, children, class: name }: ScrollWindowProps) {
  const box = useRef<HTMLDivElement>(null);
  const anchor = useRef<{ seq: string; top: number } | null>(null);
  const busy = useRef(false);

  // Before the change is drawn: what is at the top of the view now. `children` has changed, the page has not yet.
  if (box.current) anchor.current = open.stuck.peek() ? null : firstVisible(box.current);

  useLayoutEffect(() => {
    const element = box.current;
    if (!element) return;
    if (open.stuck.peek()) {
      element.scrollTop = 0;
      return;
    }
    const kept = anchor.current;
    if (!kept) return;
    const row = element.querySelector(`[data-seq="${kept.seq}"]`);
    if (row) element.scrollTop += row.getBoundingClientRect().top - kept.top;
    // A jump: nothing of what was seen is left.
    else element.scrollTop = open.window.peek().from === 1 ? -element.scrollHeight : 0;
  });

  // Folded groups may be lower than the view, and what came since may have folded what was seen: there is room for more.
  useEffect(() => void fill());

  async function step(show: () => Promise<void>): Promise<void> {
    busy.current = true;
    await show();
    requestAnimationFrame(() => {
      busy.current = false;
      void fill();
    });
  }

  async function fill(): Promise<void> {
    const element = box.current;
    if (!element || !isLow(element) || busy.current || open.window.peek().from === 1 || !open.grow()) return;
    await step(() => open.showOlder());
  }

  useEffect(() => {
    const element = box.current;
    if (!element) return;
    const onScroll = () => {
      const toEnd = -element.scrollTop;
      const toStart = element.scrollHeight - element.clientHeight - toEnd;
      const { from, to } = open.window.peek();
      const atEnd = to >= open.limit.peek();
      open.stuck.value = toEnd < 32 && atEnd;
      if (busy.current) return;
      const isNearStart = toStart < nearPx && from > 1;
      const isNearEnd = toEnd < nearPx && !atEnd;
      // What is at one edge would go away while it is looked at.
      if (isNearStart && isNearEnd || (isNearStart || isNearEnd) && isLow(element)) open.grow();
      if (isNearStart) void step(() => open.showOlder());
      else if (isNearEnd) void step(() => open.showNewer());
    };
    element.addEventListener("scroll", onScroll, { passive: true });
    return () => element.removeEventListener("scroll", onScroll);
  }, [open]);

  return (
    <div class={`scroll-window ${name}`} ref={box} tabIndex={0} role="region" aria-label={label}>
      <div class="scroll-content">{children}</div>
    </div>
  );
}

/** Whether both edges are near at once. */
function isLow({ scrollHeight, clientHeight }: HTMLElement): boolean {
  return scrollHeight - clientHeight < nearPx;
}

function firstVisible(box: HTMLElement): { seq: string; top: number } | null {
  const top = box.getBoundingClientRect().top;
  for (const row of box.querySelectorAll<HTMLElement>("[data-seq]")) {
    const rect = row.getBoundingClientRect();
    if (rect.bottom > top + 1) return { seq: row.dataset.seq ?? "", top: rect.top };
  }
  return null;
}
