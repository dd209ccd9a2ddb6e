// Which stretch of a long history is drawn. Pure: at most `windowMax` events stand in the page at once, however long the
// history is; scrolling towards an edge moves the window one step.

export const windowMax = 400;
export const windowStep = 150;

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

/** One step towards the past. */
export function older({ from, to }: EventWindow): EventWindow {
  const start = Math.max(1, from - windowStep);
  return { from: start, to: Math.min(to, start + windowMax - 1) };
}

/** One step towards `head`. */
export function newer({ from, to }: EventWindow, head: number): EventWindow {
  const end = Math.min(head, to + windowStep);
  return { from: Math.max(from, end - windowMax + 1), to: end };
}

/**
 * The window after the head moved. One that showed the end goes on showing it, and lets go of its oldest events in steps,
 * so that what is drawn does not shift with every event.
 */
export function followed(window: EventWindow, head: number, options: { stuck: boolean }): EventWindow {
  if (head < window.to) {
    if (head < window.from) return windowAtEnd(head);
    return { from: Math.min(window.from, Math.max(1, head - windowStep + 1)), to: head };
  }
  if (!options.stuck) return window;
  if (head - window.to > windowMax) return windowAtEnd(head);
  const from = head - window.from + 1 > windowMax + windowStep ? head - windowMax + 1 : window.from;
  return { from, to: head };
}
