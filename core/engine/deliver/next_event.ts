// Reading the log on behalf of a receiver: one event after the other, in the order in which they were committed.

import type { TaskEvent } from "../../domain/event.ts";
import type { Store } from "../../kv/store.ts";

/** A place in the log: `done` events of the commit after commit `after` are dealt with. */
export interface LogPlace {
  after: string;
  done: number;
}

const commitsAtOnce = 200;

/**
 * The first event from `place` on that is wanted, and the place after it; null at the end of the log, with the place there.
 * Each commit is read whole and once, in its order: nothing is left out, and events of a task come by their seq.
 */
export async function nextEvent(
  { all, log }: Pick<Store, "all" | "log">,
  place: LogPlace,
  { wants, signal }: { wants(event: TaskEvent): boolean; signal?: AbortSignal },
): Promise<{ event: TaskEvent | null; place: LogPlace }> {
  let { after, done } = place;
  for (;;) {
    const commits = await all.after(after, { limit: commitsAtOnce });
    for (const { versionstamp, ranges } of commits) {
      signal?.throwIfAborted();
      let count = 0;
      for (const [task, from, to] of ranges) {
        // What is dealt with need not be read.
        const first = from + Math.max(0, Math.min(to - from + 1, done - count));
        count = Math.max(count, Math.min(done, count + to - from + 1));
        for await (const event of eventsOf(log, task, { from: first, to })) {
          count++;
          if (wants(event)) return { event, place: { after, done: count } };
        }
      }
      [after, done] = [versionstamp, 0];
    }
    if (commits.length < commitsAtOnce) return { event: null, place: { after, done } };
  }
}

async function* eventsOf(
  log: Store["log"],
  task: number,
  { from, to }: { from: number; to: number },
): AsyncGenerator<TaskEvent> {
  for (let after = from - 1; after < to;) {
    const page = await log.read(task, { after, limit: to - after });
    if (page.length === 0) throw new Error(`Event ${after + 1} of task ${task} is not in the log`);
    for (const { event } of page) yield event;
    after = page.at(-1)!.event.seq;
  }
}
