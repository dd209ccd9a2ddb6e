// What the agent said last, whole.

import type { Task } from "../domain/task.ts";
import type { EventLog } from "../kv/event_log.ts";

/** Empty when it said nothing. */
export async function wholeOutput(log: Pick<EventLog, "event">, { id, output }: Task): Promise<string> {
  if (!output || output.whole) return output?.text ?? "";
  const event = await log.event(id, output.seq);
  return event?.type === "task.completed" ? event.data.output : output.text;
}
