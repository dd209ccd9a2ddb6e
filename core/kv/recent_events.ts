// The newest events of each task in memory, so that who keeps up costs no read. What it gives has no gap.

import type { Published } from "./event_record.ts";

interface Recent {
  events: Published[];
  chars: number;
}

/** Per task; older ones are read from the log. */
const recentEvents = 2_000;
const recentChars = 1_000_000;

/** The newest events of the `tasks` tasks that were heard of last. */
export class RecentEvents {
  readonly #tasks: number;
  readonly #recent = new Map<number, Recent>();

  constructor({ tasks }: { tasks: number }) {
    this.#tasks = tasks;
  }

  /** Takes the next event of its task; where one was missed, all before it are forgotten. */
  keep(published: Published): void {
    const { task, seq } = published.event;
    let kept = this.#recent.get(task);
    if (!kept || kept.events.at(-1)!.event.seq !== seq - 1) kept = { events: [], chars: 0 };
    this.#recent.delete(task);
    this.#recent.set(task, kept);
    kept.events.push(published);
    kept.chars += published.json.length;
    while (kept.events.length > recentEvents || kept.chars > recentChars) {
      const dropped = kept.events.splice(0, Math.ceil(kept.events.length / 2));
      for (const { json } of dropped) kept.chars -= json.length;
    }
    if (kept.events.length === 0) this.#recent.delete(task);
    if (this.#recent.size > this.#tasks) this.#recent.delete(this.#recent.keys().next().value!);
  }

  /** The events of `task` after seq `after`, when all of them are here; else null. */
  since(task: number, after: number): Published[] | null {
    const events = this.#recent.get(task)?.events;
    if (!events || events.length === 0) return null;
    const first = events[0]!.event.seq;
    if (after < first - 1 || after > events.at(-1)!.event.seq) return null;
    return events.slice(after - first + 1);
  }
}
