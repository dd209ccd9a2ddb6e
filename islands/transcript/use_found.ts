// Opens what holds the event that a search in the task has gone to.

import { type Signal, useSignalEffect } from "@preact/signals";
import { useRef } from "preact/hooks";
import { useStore } from "../state/store.ts";

/** Sets `chosen`, what a reader opened or closed, when an event that it `holds` is to be shown. */
export function useFound(chosen: Signal<boolean | null>, holds: (seq: number) => boolean): void {
  const store = useStore();
  const newest = useRef(holds);
  newest.current = holds;
  useSignalEffect(() => {
    const hit = store.open.value?.find.shown.value;
    if (hit && hit.type !== null && newest.current(hit.place)) chosen.value = true;
  });
}
