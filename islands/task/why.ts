// Why the task runs or waits at the moment shown, from the decisions that its history holds.

import { useSignal } from "@preact/signals";
import { useEffect } from "preact/hooks";
import { api } from "../stream/api.ts";
import type { OpenTask } from "../state/open_task.ts";

/** A scrubbing player passes many moments; only one it rests on is asked about. */
const restMs = 200;

/** Asked once, wherever it is shown. */
export function useWhy(open: OpenTask): string | null {
  const reason = useSignal<string | null>(null);
  const task = open.shown.value;
  const at = open.at.value;
  // The answer changes with the state, not with every line of output.
  const moment = `${open.id}/${at ?? ""}/${task.status}/${task.runs}/${task.waiting ?? ""}`;
  useEffect(() => {
    if (open.isRecorded) return;
    const stop = new AbortController();
    const timer = setTimeout(async () => {
      try {
        reason.value = (await api.why(open.id, at, stop.signal)).reason;
      } catch { /* the connection's state says it */ }
    }, restMs);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [moment]);
  return reason.value ?? task.waiting;
}
