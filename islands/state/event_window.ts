// Which stretch of a long history is drawn. Pure: at most `windowMax` events stand in the page at once, however long the
// history is; scrolling towards an edge moves the window one step. Many calls fold into one line, so that a window may be
// lower than the view: then it grows, up to `grownMax`. `size`: what it has grown to.

export const windowMax = 400;
export const windowStep = 150;
export const grownMax = 1_600;

export interface EventWindow {
  /** Seqs, both included; `to < from` when nothing is drawn. */
  from: number;
  to: number;
}

/** The newest events up to `head`. */
export function windowAtEnd(head: number): EventWindow {
  return { from: Math.max(1, head - windowMax + 1), to: head };
}

export function windowAtStart(head: number): EventWindow {
  return { from: 1, to: Math.min(head, windowMax) };
}

/** An event with as many before it as after it. */
export function windowAround(seq: number, head: number): EventWindow {
  const to = Math.min(head, Math.max(1, seq - windowMax / 2) + windowMax - 1);
  return { from: Math.max(1, to - windowMax + 1), to };
}

/** One step towards the past. */
export function older({ from, to }: EventWindow, size = windowMax): EventWindow {
  const start = Math.max(1, from - windowStep);
  return { from: start, to: Math.min(to, start + size - 1) };
}

/** One step towards `head`. */
export function newer({ from, to }: EventWindow, head: number, size = windowMax): EventWindow {
  const end = Math.min(head, to + windowStep);
  return { from: Math.max(from, end - size + 1), to: end };
}

/** The size that lets one more step in; as it is when that is the most there may be. */
export function grown(size: number): number {
  return Math.min(grownMax, size + windowStep);
}

/**
 * The window after the head moved. One that showed the end goes on showing it, and lets go of its oldest events in steps,
 * so that what is drawn does not shift with every event.
 */
export function followed(
  window: EventWindow,
  head: number,
  { stuck, size = windowMax }: { stuck: boolean; size?: number },
): EventWindow {
  if (head < window.to) {
    if (head < window.from) return windowAtEnd(head);
    return { from: Math.min(window.from, Math.max(1, head - windowStep + 1)), to: head };
  }
  if (!stuck) return window;
  if (head - window.to > size) return windowAtEnd(head);
  const from = head - window.from + 1 > size + windowStep ? head - size + 1 : window.from;
  return { from, to: head };
}
