// Old events as the present program understands them. Applied on read; the log itself is never rewritten.
//
// One pure function per type and version that was ever written and is no longer: `tests/fixtures/events.ndjson` keeps an
// example of each for ever.

import { type EventType, type TaskEvent, versionOf } from "./event.ts";

type Upcaster = (event: TaskEvent) => TaskEvent;

/** Keyed by `type@v`; each lifts its event by one version. */
const upcasters: Record<string, Upcaster> = {};

/** The event at the version this program writes. An unknown type or a newer version comes back as it is. */
export function upcast(event: TaskEvent): TaskEvent {
  let current = event;
  while (current.v < versionOf(current.type as EventType)) {
    const lift = upcasters[`${current.type}@${current.v}`];
    if (!lift) return current;
    current = lift(current);
  }
  return current;
}
