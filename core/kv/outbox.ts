// What is on its way to a receiver: how far each line of messages has come in the log, its last deliveries, and the addresses
// and secrets that no event may hold. None of it is a fact about a task.
//
// A line's place moves only by a commit that checks it, so that of two workers who both take the line for theirs one learns
// that it is not. Whoever writes here rejects with `DomainError("unavailable")` when it is not known whether it was written:
// to do it again is as good.

import { keys } from "./keys.ts";
import type { Kv, KvCommit, KvKey } from "./kv.ts";
import { explained } from "./steady_commit.ts";

export interface Place {
  /** The commit before the one at hand; empty: the first is. */
  after: string;
  /** How many events of that one are dealt with. */
  done: number;
  /** Who has the line. */
  worker: string | null;
  /** The number of the last delivery. */
  last: number;
  /** The delivery at the head of the line that did not arrive yet. */
  waiting: number | null;
  /** When it is tried again, in ms since 1970. */
  due_at: number | null;
  /** Whether a person wants it tried before that. Absent: no. */
  hurried?: boolean;
}

export interface Try {
  at: string;
  status: number | null;
  error: string | null;
  duration_ms: number;
}

export interface Delivery {
  number: number;
  message: string;
  type: string;
  task: number | null;
  seq: number | null;
  state: "delivered" | "waiting" | "failed";
  tried: number;
  /** How many of these tries came early, because a person wanted them. Absent: none. */
  hurried?: number;
  /** The newest first. */
  tries: Try[];
}

/** A place, and what it was read at. */
export interface KnownPlace {
  place: Place;
  versionstamp: string | null;
}

const deliveriesKept = 100;
const triesKept = 5;
const deletesAtOnce = 100;

/** A line that nobody has begun, from the commit `after` on. */
export function newPlace(after: string): Place {
  return { after, done: 0, worker: null, last: 0, waiting: null, due_at: null };
}

/** The delivery with another try. */
export function withTry(delivery: Delivery, state: Delivery["state"], one: Try): Delivery {
  return { ...delivery, state, tried: delivery.tried + 1, tries: [one, ...delivery.tries].slice(0, triesKept) };
}

export class Outbox {
  readonly #kv: Kv;

  constructor(kv: Kv) {
    this.#kv = kv;
  }

  /** Null: nothing was sent on this line yet. */
  async place(line: string): Promise<KnownPlace | null> {
    const { value, versionstamp } = await this.#kv.get<Place>(keys.outbox(line));
    return value && { place: value, versionstamp };
  }

  /** Moves the line to `place`, with the delivery that this is about; null when it has moved meanwhile. */
  async move(
    line: string,
    place: Place,
    { from, delivery }: { from: string | null; delivery?: Delivery },
  ): Promise<KnownPlace | null> {
    const key = keys.outbox(line);
    const versionstamp = await this.#commit({
      checks: [{ key, versionstamp: from }],
      sets: [{ key, value: place }, ...(delivery ? [this.#set(line, delivery)] : [])],
      deletes: delivery ? [keys.delivery(line, delivery.number - deliveriesKept)] : [],
    });
    return versionstamp === null ? null : { place, versionstamp };
  }

  /** Has what waits on the line tried at once, whenever it is due; the line's place then. */
  async hurry(line: string): Promise<KnownPlace | null> {
    for (;;) {
      const known = await this.place(line);
      if (!known || known.place.waiting === null) return known;
      const moved = await this.move(line, { ...known.place, hurried: true }, { from: known.versionstamp });
      if (moved) return moved;
    }
  }

  /** Leaves the line to the other workers, where `worker` has it. */
  async release(line: string, worker: string): Promise<void> {
    const known = await this.place(line);
    if (known?.place.worker !== worker) return;
    await this.move(line, { ...known.place, worker: null }, { from: known.versionstamp });
  }

  /** Keeps a delivery that is not of the line's order: a test, or one that is sent again. */
  async keep(line: string, delivery: Delivery): Promise<void> {
    await this.#commit({ checks: [], sets: [this.#set(line, delivery)], deletes: [] });
  }

  /** The last deliveries, the newest first. */
  async deliveries(line: string): Promise<Delivery[]> {
    const page = await this.#kv.page<Delivery>({ prefix: keys.deliveries(line) }, {
      limit: deliveriesKept,
      reverse: true,
    });
    return page.map(({ value }) => value);
  }

  async delivery(line: string, number: number): Promise<Delivery | null> {
    return (await this.#kv.get<Delivery>(keys.delivery(line, number))).value;
  }

  /** Forgets the line. */
  async remove(line: string): Promise<void> {
    await this.#commit({ checks: [], sets: [], deletes: [keys.outbox(line)] });
    const found = await this.#kv.page({ prefix: keys.deliveries(line) }, { limit: 1_000 });
    for (let at = 0; at < found.length; at += deletesAtOnce) {
      const deletes = found.slice(at, at + deletesAtOnce).map(({ key }) => key);
      await this.#commit({ checks: [], sets: [], deletes });
    }
  }

  /** What is kept under a name that only events know; null when it is gone. */
  async secret<T>(name: string): Promise<T | null> {
    return (await this.#kv.get<T>(keys.secret(name))).value;
  }

  async keepSecret(name: string, value: unknown): Promise<void> {
    await this.#commit({ checks: [], sets: [{ key: keys.secret(name), value }], deletes: [] });
  }

  async dropSecret(name: string): Promise<void> {
    await this.#commit({ checks: [], sets: [], deletes: [keys.secret(name)] });
  }

  async #commit(commit: KvCommit): Promise<string | null> {
    return await this.#kv.commit(commit).catch((error) => Promise.reject(explained(error)));
  }

  #set(line: string, delivery: Delivery): { key: KvKey; value: Delivery } {
    return { key: keys.delivery(line, delivery.number), value: delivery };
  }
}
