// The events of one task that the browser holds, in pages; pages used longest ago are let go.

import type { TaskEvent } from "../../core/domain/event.ts";

export const pageSize = 200;
const pagesMax = 24;

/** Reads events after a seq, at most `limit`; the answer may be shorter than asked for. */
export type ReadEvents = (after: number, limit: number) => Promise<TaskEvent[]>;

export class EventCache {
  readonly #pages = new Map<number, Map<number, TaskEvent>>();
  readonly #reading = new Map<number, Promise<void>>();
  readonly #read: ReadEvents;

  constructor(read: ReadEvents) {
    this.#read = read;
  }

  get(seq: number): TaskEvent | undefined {
    return this.#pages.get(pageOf(seq))?.get(seq);
  }

  put(events: Iterable<TaskEvent>): void {
    for (const event of events) this.#page(pageOf(event.seq)).set(event.seq, event);
    this.#trim();
  }

  /** The events from..to, as far as they are held. */
  slice(from: number, to: number): TaskEvent[] {
    const events: TaskEvent[] = [];
    for (let seq = from; seq <= to; seq++) {
      const event = this.get(seq);
      if (event) events.push(event);
    }
    return events;
  }

  has(from: number, to: number): boolean {
    for (let seq = from; seq <= to; seq++) if (!this.get(seq)) return false;
    return true;
  }

  /** Resolves when all of from..to are held; rejects when they cannot be read. */
  async load(from: number, to: number): Promise<void> {
    const reads: Promise<void>[] = [];
    for (let page = pageOf(from); page <= pageOf(to); page++) {
      const first = Math.max(from, page * pageSize + 1);
      const last = Math.min(to, (page + 1) * pageSize);
      if (this.has(first, last)) this.#touch(page);
      else reads.push(this.#readPage(page, last));
    }
    await Promise.all(reads);
  }

  async #readPage(page: number, to: number): Promise<void> {
    const running = this.#reading.get(page);
    if (running) await running;
    let after = page * pageSize;
    while (after < to && this.get(after + 1)) after++;
    if (after >= to) return;
    const reading = this.#readFrom(page, { after, to });
    this.#reading.set(page, reading);
    try {
      await reading;
    } finally {
      this.#reading.delete(page);
    }
  }

  /** A page of the API also ends at a size, so one page here may take several. */
  async #readFrom(page: number, { after, to }: { after: number; to: number }): Promise<void> {
    let reached = after;
    while (reached < to) {
      const events = await this.#read(reached, (page + 1) * pageSize - reached);
      const last = events.at(-1);
      if (!last || last.seq <= reached) return;
      this.put(events);
      reached = last.seq;
    }
  }

  #page(page: number): Map<number, TaskEvent> {
    let events = this.#pages.get(page);
    if (!events) events = new Map();
    else this.#pages.delete(page);
    this.#pages.set(page, events);
    return events;
  }

  #touch(page: number): void {
    if (this.#pages.has(page)) this.#page(page);
  }

  #trim(): void {
    for (const page of this.#pages.keys()) {
      if (this.#pages.size <= pagesMax) return;
      this.#pages.delete(page);
    }
  }
}

function pageOf(seq: number): number {
  return Math.floor((seq - 1) / pageSize);
}
